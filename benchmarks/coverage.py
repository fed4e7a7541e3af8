"""How often 95% intervals hold the true value, of simulated runs whose true values are known.

python -m benchmarks.coverage                               all worlds, 400 samples of 20, 60 and 200 questions
python -m benchmarks.coverage --worlds accuracy --repeats 2000 --questions 60

A world draws a difficulty for each question, and from it answers in all languages, of one run or of two that are alike.
The true value is that of very many questions. Beside each coverage stands that of the percentile bootstrap, and how
many times as wide the interval is.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import save, table
from calm_harness import metrics
from calm_harness.metrics import Answers, Statistic
from calm_harness.metrics.bootstrap import difference, estimate, resampled

TAGS = ("en", "zh", "fr", "de", "it", "ja", "es", "ar")
MEANS = (0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.998)
LARGE = 200_000  # questions of which a value is taken for the true one
LEAST = 0.002  # true values nearer to an end of the range are not looked at
BATCH = 100


@dataclass(frozen=True)
class World:
    """How answers come about.

    Attributes:
        languages: how many.
        mean: the share of answers that follow the question's own one, over all questions.
        spread: standard deviation of a question's log odds of being followed.
        names: the metrics that are looked at.
        options: of each question.
        knowing: how often the question's own answer is right; otherwise it is drawn by position.
        strays: what answers do that do not follow it: `wrong` options, `any` by position, or the ranking `backwards`.
        first: share of answers at the first position, where they go by position; the others share the rest.
        ahead: how much more often English follows.
        invalid: share of answers that cannot be read.
        step: None for one run; for two, how much more often the second follows.
        alike: share of answers that are drawn for both runs together.
    """

    languages: int
    mean: float
    spread: float
    names: tuple[str, ...]
    options: int = 4
    knowing: float = 1.0
    strays: Literal["wrong", "any", "backwards"] = "wrong"
    first: float | None = None
    ahead: float = 0.0
    invalid: float = 0.0
    step: float | None = None
    alike: float = 1.0

    def runs(self, questions: int, draw: np.random.Generator) -> list[Answers]:
        """Draw a run's answers, or two runs', the later first."""
        return self.several(questions, draw, (0.0,) if self.step is None else (0.0, self.step))[::-1]

    def several(self, questions: int, draw: np.random.Generator, steps: Sequence[float]) -> list[Answers]:
        """Draw the answers of a run for each of these steps, all others alike to the first."""
        shape = questions, self.languages
        ease, clarity = draw.normal(size=(2, questions, 1))
        by_position = self._positions()
        gold = draw.choice(self.options, questions, p=by_position)
        guess = draw.choice(self.options, questions, p=by_position)
        belief = np.where(draw.random(questions) < self.knowing, gold, guess)
        liking = draw.normal(size=(questions, self.options))
        arguments = ease, clarity, gold, belief, liking
        first = self._chance(draw, shape)
        runs = [self._run(steps[0], *arguments, first)]
        for step in steps[1:]:
            again, shared = self._chance(draw, shape), draw.random(shape) < self.alike
            chance = [
                np.where(shared[..., None] if old.ndim == 3 else shared, old, new)
                for old, new in zip(first, again, strict=True)
            ]
            runs.append(self._run(step, *arguments, chance))
        return runs

    def _positions(self) -> NDArray[np.float64]:
        even = np.full(self.options, 1 / self.options)
        if self.first is None:
            return even
        even[1:] = (1 - self.first) / (self.options - 1)
        even[0] = self.first
        return even

    def _chance(self, draw: np.random.Generator, shape: tuple[int, int]) -> list[NDArray[Any]]:
        return [
            draw.random(shape),
            draw.choice(self.options, shape, p=self._positions()),
            draw.integers(1, self.options, shape),
            draw.random(shape),
            draw.normal(size=(*shape, self.options if "rankc" in self.names else 1)),
        ]

    def _run(  # noqa: PLR0917
        self,
        step: float,
        ease: NDArray[np.float64],
        clarity: NDArray[np.float64],
        gold: NDArray[np.int64],
        belief: NDArray[np.int64],
        liking: NDArray[np.float64],
        chance: Sequence[NDArray[Any]],
    ) -> Answers:
        follow, by_position, other, cut, noise = chance
        means = [self.mean + step + (self.ahead if tag == "en" else 0) for tag in TAGS[: self.languages]]
        limit = np.concatenate([_share(center(mean, self.spread) + self.spread * ease) for mean in means], axis=1)
        follows = follow < limit
        stray = by_position if self.strays == "any" else (gold[:, None] + other) % self.options
        position = np.where(follows, belief[:, None], stray)
        ranking = np.broadcast_to(liking[:, None, : noise.shape[2]], noise.shape)
        scores = np.where(follows[..., None], ranking, -ranking if self.strays == "backwards" else noise)
        if self.invalid:
            unread = cut < _share(center(self.invalid, self.spread) + self.spread * clarity)
            position = np.where(unread, -1, position)
        return Answers(
            question_ids=tuple(map(str, range(len(gold)))),
            languages=TAGS[: self.languages],
            chosen=np.where(position >= 0, 1 << np.maximum(position, 0), 0),
            position=position,
            gold=gold,
            size=np.full(len(gold), self.options),
            scores=scores,
        )

    def statistics(self, questions: int, draw: np.random.Generator) -> dict[str, Statistic]:
        """Draw answers, and return the metrics that are looked at, or their differences."""
        runs = self.runs(questions, draw)
        values = [{name: metrics.statistic(name, run) for name in self.names} for run in runs]
        return (
            values[0]
            if self.step is None
            else {name: difference(*(run[name] for run in values)) for name in self.names}
        )


def _share(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-log_odds))


@functools.cache
def center(mean: float, spread: float) -> float:
    """Return the log odds around which a normal spread has this mean share."""
    steps = np.linspace(-8, 8, 4001)
    weights = np.exp(-(steps**2) / 2)
    low, high = -60.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        if (weights * _share(middle + spread * steps)).sum() / weights.sum() < mean:
            low = middle
        else:
            high = middle
    return low


def worlds() -> dict[str, list[World]]:
    """Lay out the worlds by what they are to show."""
    accuracy = ("acc", "acc_en", "correct_all", "correct_any", "majority_acc", "tied", "consistency")
    agreement = (
        *("consistency", "consistency_strict", "consistency_all", "alpha", "kappa_strict", "rankc"),
        *("majority_acc", "tied"),
    )
    compared = ("acc", "acc_en", "correct_all", "correct_any", "consistency", "alpha")
    belief = {"knowing": 0.5, "strays": "any"}
    return {
        "accuracy": [World(count, mean, 2.0, accuracy) for count in (4, 8) for mean in MEANS]
        + [World(8, mean, 5.0, accuracy) for mean in MEANS],
        "agreement": [World(count, mean, 2.0, agreement, **belief) for count in (2, 8) for mean in MEANS[3:]],
        "few pairs": [World(2, mean, 2.0, ("consistency", "alpha"), options=40, **belief) for mean in MEANS[::2]],
        "backwards": [World(2, mean, 2.0, ("rankc",), strays="backwards") for mean in MEANS[::2]],
        "english": [
            World(8, mean, 2.0, ("pivot_gap",), ahead=ahead)
            for mean in (0.001, 0.4, 0.88)
            for ahead in (0.0, 0.01, 0.1)
        ]
        + [World(8, 0.001, 2.0, ("pivot_gap",), ahead=0.997)],
        "positions": [
            World(count, 0.6, 2.0, names, first=first, **belief)
            for count, names in ((1, ("position_entropy",)), (4, ("position_entropy", "alpha")))
            for first in (None, 0.5, 0.7, 0.9, 0.97, 0.998)
        ],
        "invalid": [
            World(8, 0.6, spread, ("invalid", "consistency", "alpha", "kappa_strict"), invalid=share, **belief)
            for share in MEANS[:4]
            for spread in (2.0, 5.0)
        ],
        "differences": [
            World(count, mean, 2.0, names, step=step, alike=alike)
            for count, names in ((1, ("acc",)), (4, compared))
            for mean in (0.05, 0.5, 0.95, 0.978)
            for step in (0.0, 0.02)
            for alike in (0.8, 1.0)
        ],
    }


def coverage(world: World, questions: int, repeats: int, truth: dict[str, float]) -> Iterator[dict[str, Any]]:
    """Simulate: for each metric how often the interval, and the percentile bootstrap's, hold the true value."""
    draw = np.random.default_rng(questions)
    ends: dict[str, list[tuple[float, ...]]] = {name: [] for name in world.names}
    for start in range(0, repeats, BATCH):
        samples = {
            (number, name): metric
            for number in range(start, min(start + BATCH, repeats))
            for name, metric in world.statistics(questions, draw).items()
        }
        draws = resampled(samples)  # type: ignore[type-var]
        for key, found in estimate(samples).items():  # type: ignore[type-var]
            defined = draws[key].resamples[~np.isnan(draws[key].resamples)]
            if len(defined) > 1 and not np.isnan(found.low):
                assert found.low <= found.value <= found.high, (world, key, found)
                ends[key[1]].append((found.low, found.high, *np.quantile(defined, [0.025, 0.975])))
    for name, pairs in ends.items():
        if len(pairs) < repeats / 2:
            continue  # mostly undefined
        low, high, percentile_low, percentile_high = np.array(pairs).T
        value = truth[name]
        yield {
            "metric": name,
            "questions": questions,
            "true": value,
            "holds": float(((low <= value + 1e-9) & (value - 1e-9 <= high)).mean()),
            "width": float((high - low).mean()),
            "percentile_holds": float(((percentile_low <= value) & (value <= percentile_high)).mean()),
            "percentile_width": float((percentile_high - percentile_low).mean()),
        }


def simulate(arguments: tuple[str, World, Sequence[int], int]) -> list[dict[str, Any]]:
    """Simulate a world, of each number of questions."""
    kind, world, counts, repeats = arguments
    truth = {name: float(metric) for name, metric in world.statistics(LARGE, np.random.default_rng(1)).items()}
    if world.step == 0:
        truth = dict.fromkeys(truth, 0.0)
    if world.step is None:
        truth = {
            name: value
            for name, value in truth.items()
            if name == "pivot_gap" or LEAST * 0.95 <= value <= 1 - LEAST * 0.95 or (name == "alpha" and value < 1)
        }
    world = replace(world, names=tuple(truth))
    return [
        {"kind": kind, "world": repr(world), **row}
        for questions in counts
        for row in coverage(world, questions, repeats, truth)
    ]


def main() -> None:
    """Run the simulation, print a line a metric and number of questions, and write all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", nargs="+", choices=list(worlds()), default=list(worlds()))
    parser.add_argument("--questions", type=int, nargs="+", default=[20, 60, 200])
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    tasks = [(kind, world, args.questions, args.repeats) for kind in args.worlds for world in worlds()[kind]]
    with ProcessPoolExecutor(args.processes) as pool:
        rows = [row for found in pool.map(simulate, tasks) for row in found]
    summaries = together(rows)
    print(table(summaries))
    print(save("coverage", vars(args), summaries))


def together(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put together what is of the same kind of world, metric and number of questions."""
    groups: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["kind"], row["metric"], row["questions"]), []).append(row)
    return [summary(*key, group) for key, group in sorted(groups.items())]


def summary(kind: str, metric: str, questions: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Put a metric's worlds together: the least coverage, and the width where the percentile bootstrap's holds."""
    worst = min(rows, key=lambda row: row["holds"])
    sound = [
        row["width"] / row["percentile_width"]
        for row in rows
        if row["percentile_holds"] >= 0.93 and row["percentile_width"]
    ]
    return {
        "world": kind,
        "metric": metric,
        "questions": questions,
        "cases": len(rows),
        "least": worst["holds"],
        "true": worst["true"],
        "mean": float(np.mean([row["holds"] for row in rows])),
        "percentile, least": min(row["percentile_holds"] for row in rows),
        "times as wide": float(np.mean(sound)) if sound else None,
        "at most": max(sound) if sound else None,
    }


if __name__ == "__main__":
    main()
