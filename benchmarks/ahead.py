"""How often ★ is given among runs that are equally good, and how often to one that is better, by simulation.

python -m benchmarks.ahead                      all worlds, 1000 groups of 10, 30, 100 and 300 questions
python -m benchmarks.ahead --questions 1000 --repeats 200

A group is two or three runs that answered the same questions; all metrics are made from one table of answers, and go
together as they do in life. Beside the share of groups with any ★ stands that of the leads whose own 95% interval
leaves out zero, without a correction.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.coverage import World
from benchmarks.record import save, table
from calm_harness import metrics
from calm_harness.metrics import Answers
from calm_harness.metrics.ahead import ahead
from calm_harness.metrics.bootstrap import resampled
from calm_harness.metrics.intervals import Draws
from calm_harness.report.sheets import RANKED

NAMES = tuple(  # of runs that are shown options
    name for name in RANKED if metrics.HIGHER_IS_BETTER[name] is not None and "free" not in metrics.METRICS[name].needs
)
WORLDS = {
    "half right": World(4, 0.5, 2.0, NAMES, knowing=0.7, strays="any", invalid=0.05, alike=0.6),
    "eight languages, far apart": World(8, 0.6, 2.0, NAMES, invalid=0.02, alike=0.3),
    "almost the same model": World(4, 0.5, 2.0, NAMES, invalid=0.02, alike=0.9),
    "nearly all right": World(4, 0.97, 2.0, NAMES, invalid=0.01, alike=0.6),
    "many answers unread": World(8, 0.3, 2.0, NAMES, invalid=0.3, alike=0.3),
}
BETTER = 0.08  # how much more often the better run follows a question's own answer; half as often as not, at most


def simulate(world: World, steps: Sequence[float], questions: int, repeats: int) -> dict[str, float]:
    """Draw groups of runs of a world; return the share with any ★, with one for the last run, and uncorrected."""
    draw = np.random.default_rng(questions)
    any_run = last_run = uncorrected = 0
    for _ in range(repeats):
        group = [measured(run, draw) for run in world.several(questions, draw, steps)]
        found = ahead(group)
        any_run += any(found)
        last_run += bool(found[-1])
        uncorrected += any(leads(group, name) for name in NAMES)
    return {
        "any ★": any_run / repeats,
        "★ of the last": last_run / repeats,
        "uncorrected": uncorrected / repeats,
    }


def measured(run: Answers, draw: np.random.Generator) -> dict[str, Draws]:
    """Return the metrics of a run in resamples; of its answers that cannot be read half are thoughts without end."""
    unfinished = (run.position < 0) & (draw.random(run.position.shape) < 0.5)
    told = replace(run, unfinished=unfinished)
    return resampled({name: metrics.statistic(name, told) for name in NAMES})


def leads(group: Sequence[dict[str, Draws]], name: str) -> bool:
    """Whether the run with the greatest value is ahead by the 95% intervals, or the one with the least."""
    draws = sorted((run[name] for run in group), key=lambda each: each.value)
    best, rivals = (draws[-1], draws[:-1]) if metrics.HIGHER_IS_BETTER[name] else (draws[0], draws[1:])
    return all((best - rival).chance() < 0.05 for rival in rivals)


def row(arguments: tuple[str, Sequence[float], int, int]) -> dict[str, Any]:
    """Simulate a world, and say which."""
    world, steps, questions, repeats = arguments
    shown = " ".join(f"+{step:g}" for step in steps)
    return {
        "world": world,
        "runs": shown,
        "questions": questions,
        **simulate(WORLDS[world], steps, questions, repeats),
    }


def main() -> None:
    """Run the simulation, print a line a world, group and number of questions, and write all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, nargs="+", default=[10, 30, 100, 300])
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    tasks = [
        (name, steps, questions, args.repeats)
        for name, world in WORLDS.items()
        for steps in ((0.0, 0.0), (0.0, 0.0, 0.0), (0.0, min(BETTER, (1 - world.mean) / 2)))
        for questions in args.questions
    ]
    with ProcessPoolExecutor(args.processes) as pool:
        rows = list(pool.map(row, tasks))
    print(table(rows))
    print(save("ahead", vars(args), rows))


if __name__ == "__main__":
    main()
