"""How often the stopping rule keeps a round that is better, equal or worse, of simulated answers to dev questions.

python -m benchmarks.stopping                          two and six languages, 400 pairs of models each
python -m benchmarks.stopping --repeats 2000 --questions 300

A question is easy or hard for all, and has a wrong option that draws more answers than the others. A model has an
answer of its own to it, which some of its languages follow, right or wrong; the others answer by themselves. A later
round is another draw of a model, or shares most of its draws with the base model, as one that was trained from it does.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import save, table
from calm_harness.metrics import Answers
from trainer.rounds.stopping import Signal, judge, signal
from trainer.votes.ballots import Ballots
from trainer.votes.policies import vote_of_others

TAGS = ("en", "zh", "fr", "de", "it", "ja")
ACCURACY = 0.4  # of the base model
EASE = 0.3  # how far the share of right answers to a question lies from the mean at most
LATER = {  # how far its accuracy, and the share of answers that follow its own one, lie from the base model's
    "better": (0.1, 0.1),
    "agreeing more, no better": (0.0, 0.1),
    "equal": (0.0, 0.0),
    "worse": (-0.1, 0.0),
}
MIN_ENTROPY = 0.8


@dataclass(frozen=True)
class World:
    """How answers come about.

    Attributes:
        languages: how many.
        options: of each question.
        following: share of answers that follow what the model answers of its own.
        alike: share of draws that the later round has in common with the base model.
        questions: on dev.
    """

    languages: int
    options: int = 5
    following: float = 0.0
    alike: float = 0.0
    questions: int = 100

    def draws(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """[4, Q, L + 1]: what decides a model's answers; the last column is its own."""
        return rng.random((4, self.questions, self.languages + 1))

    def answer(
        self,
        draws: NDArray[np.float64],
        accuracy: float,
        following: float,
        ease: NDArray[np.float64],
        order: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """[Q, L]: positions of the answers; `order` [Q, K] is where each option stands, the right one first."""
        hits, drawn, which, follows = draws
        other = 1 + (which * (self.options - 1)).astype(np.int64)
        options = np.where(hits < accuracy + ease, 0, np.where(drawn < 0.5, 1, other))
        answered = np.where(follows < following, options[:, -1:], options)[:, :-1]
        positions: NDArray[np.int64] = np.take_along_axis(order, answered, axis=1)
        return positions

    def signals(self, later: tuple[float, float], rng: np.random.Generator) -> list[Signal]:
        """Draw the base model's and a later round's answers to the same questions, and measure both."""
        ease = rng.uniform(-EASE, EASE, (self.questions, 1))
        order = rng.random((self.questions, self.options)).argsort(axis=1)
        base, fresh = self.draws(rng), self.draws(rng)
        mixed = np.where(rng.random(base.shape[1:]) < self.alike, base, fresh)
        answered = (
            self.answer(base, ACCURACY, self.following, ease, order),
            self.answer(mixed, ACCURACY + later[0], self.following + later[1], ease, order),
        )
        tables = [self.table(positions, order) for positions in answered]
        others = vote_of_others(self.ballots(answered[0], order))
        return [signal(table, others, table.question_ids, table.languages) for table in tables]

    def table(self, positions: NDArray[np.int64], order: NDArray[np.int64]) -> Answers:
        """Lay positions out as a table."""
        return Answers(
            question_ids=tuple(f"{number:05}" for number in range(self.questions)),
            languages=TAGS[: self.languages],
            chosen=1 << positions,
            position=positions,
            gold=order[:, 0],
            size=np.full(self.questions, self.options),
        )

    def ballots(self, positions: NDArray[np.int64], order: NDArray[np.int64]) -> Ballots:
        """Lay positions out as ballots."""
        mass = (positions[:, :, None] == np.arange(self.options)).astype(np.float64)
        twins = np.broadcast_to(np.arange(self.options), mass.shape)
        ids = tuple(f"{number:05}" for number in range(self.questions))
        return Ballots(ids, TAGS[: self.languages], mass, twins, np.full(self.questions, self.options), order[:, 0])


def worlds(questions: int) -> Iterator[World]:
    """Lay out the worlds.

    Another draw of a model whose languages answer by themselves, and a round that was trained from a model; then both
    of a model whose languages err together.
    """
    for languages in (2, 6):
        for options in (4, 5):
            yield World(languages, options, questions=questions)
            yield World(languages, options, following=0.3, alike=0.9, questions=questions)
        yield World(languages, following=0.6, questions=questions)
        yield World(languages, following=0.6, alike=0.9, questions=questions)


def kept(world: World, later: tuple[float, float], repeats: int, seed: int = 0) -> float:
    """Return how often the later round is kept."""
    rng = np.random.default_rng(seed)
    return float(np.mean([judge(world.signals(later, rng), MIN_ENTROPY).best == 1 for _ in range(repeats)]))


def main() -> None:
    """Run the simulation, print a line a world, and write all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, nargs="+", default=[100], help="dev questions")
    parser.add_argument("--repeats", type=int, default=400)
    args = parser.parse_args()
    rows: list[dict[str, Any]] = [
        {
            **{"questions": questions, "languages": world.languages, "options": world.options},
            **{"following": world.following, "alike": world.alike},
            **{name: kept(world, later, args.repeats) for name, later in LATER.items()},
        }
        for questions in args.questions
        for world in worlds(questions)
    ]
    print(table(rows))
    print(save("stopping", vars(args), rows))


if __name__ == "__main__":
    main()
