"""How often a study says "beats" or "is worse than" where two arms are alike, and where one is ahead by five points.

python -m benchmarks.verdicts                          seeds that differ by 0 to 4 points, three to five of them
python -m benchmarks.verdicts --repeats 4000 --seeds 3 --spreads 4

A seed's training moves accuracy by the true difference and by what is the seed's own (normal, with the spread as its
standard deviation). Two arms then answer questions in six languages; most of their answers are the same draws. Seeds
are asked questions of their own, as the tests of rotations are, or all the same ones, as other evaluations are. Beside
each verdict stands that of an interval over questions alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import save, table
from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.seeds import over_seeds, together
from calm_harness.metrics.sums import Statistic, mean

LANGUAGES = 6
ACCURACY = 0.45
EASE = 0.25  # how far the share of right answers to a question lies from the mean at most
ALIKE = 0.6  # of two arms' answers come from the same draw
TOGETHER = 0.5  # of the others are the same in all seeds
AHEAD = 0.05
BATCH = 100


@dataclass(frozen=True)
class World:
    """How two arms' answers come about.

    Attributes:
        seeds: how many.
        questions: of each seed.
        spread: standard deviation of a seed's true difference.
        same: whether all seeds are asked the same questions.
        ahead: the true difference.
    """

    seeds: int
    questions: int
    spread: float
    same: bool
    ahead: float = 0.0

    def differences(self, rng: np.random.Generator) -> list[NDArray[np.float64]]:
        """Draw, for each seed, how far the arms are apart on each question: [Q]."""
        shape = self.questions, LANGUAGES
        true = rng.normal(self.ahead, self.spread, self.seeds)
        found = []
        for seed, apart in enumerate(true):
            if seed == 0 or not self.same:
                ease = rng.uniform(-EASE, EASE, (self.questions, 1))
                base, common = rng.random(shape), rng.random(shape)
                alike, joint = rng.random(shape) < ALIKE, rng.random(shape) < TOGETHER
            before = np.where(rng.random(shape) < TOGETHER, base, rng.random(shape))
            after = np.where(alike, before, np.where(joint, common, rng.random(shape)))
            level = ACCURACY + ease
            found.append(((after < level + apart).astype(float) - (before < level)).mean(axis=1))
        return found

    def sample(self, rng: np.random.Generator) -> tuple[Statistic, list[float]]:
        """Draw a study: the difference of all seeds together, and each seed's."""
        seeds = self.differences(rng)
        ids = [
            [f"{0 if self.same else number}/{question:04}" for question in range(self.questions)]
            for number in range(self.seeds)
        ]
        return together([mean(seed, -1, 1) for seed in seeds], ids), [float(seed.mean()) for seed in seeds]


def verdicts(world: World, repeats: int, seed: int = 0) -> dict[str, float]:
    """Return how often the interval, and that over questions alone, lies to one side of 0."""
    rng = np.random.default_rng(seed)
    said = {"verdicts": 0, "over questions alone": 0}
    for start in range(0, repeats, BATCH):
        samples = {str(number): world.sample(rng) for number in range(start, min(start + BATCH, repeats))}
        for name, found in estimate({name: pooled for name, (pooled, _) in samples.items()}).items():
            pooled, values = samples[name]
            widened = over_seeds(found, values, pooled.limits)
            said["verdicts"] += widened.low > 0 or widened.high < 0
            said["over questions alone"] += found.low > 0 or found.high < 0
    return {name: count / repeats for name, count in said.items()}


def worlds(seeds: Sequence[int], questions: Sequence[int], spreads: Sequence[float]) -> Iterator[World]:
    """Lay out the worlds of alike arms; spreads are in points."""
    for same in (False, True):
        for count in seeds:
            for asked in questions:
                for points in spreads:
                    yield World(count, asked, points / 100, same)


def simulate(arguments: tuple[World, int]) -> dict[str, Any]:
    """Simulate a world of alike arms, and the same where one is ahead."""
    world, repeats = arguments
    false, power = verdicts(world, repeats), verdicts(replace(world, ahead=AHEAD), repeats)
    return {
        "questions": f"{world.questions} {'the same' if world.same else 'of its own'}",
        "seeds": world.seeds,
        "spread": world.spread * 100,
        "false": false["verdicts"],
        "false, over questions alone": false["over questions alone"],
        "true, of five points": power["verdicts"],
    }


def main() -> None:
    """Run the simulation, print a line a world, and write all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 4, 5])
    parser.add_argument("--questions", type=int, nargs="+", default=[100, 200])
    parser.add_argument("--spreads", type=float, nargs="+", default=[0, 1, 2, 3, 4], help="between seeds, in points")
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    tasks = [(world, args.repeats) for world in worlds(args.seeds, args.questions, args.spreads)]
    with ProcessPoolExecutor(args.processes) as pool:
        rows = list(pool.map(simulate, tasks))
    print(table(rows))
    print(f"false at most {max(row['false'] for row in rows):.3f}")
    print(save("verdicts", vars(args), rows))


if __name__ == "__main__":
    main()
