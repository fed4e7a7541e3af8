"""Whether the languages of a question were asked alike, so that their answers can be put together (pure)."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from calm_harness.errors import CalmError
from calm_harness.predictions.prediction import Prediction
from calm_harness.questions.align import more_than_slips


class _Way(NamedTuple):
    """How a question was asked in a language: what is not known is None or empty, and goes with anything."""

    language: str
    gold: int
    order: tuple[int, ...]
    scored: str | None
    score: str | None


class Alike:
    """Sees, row by row, that a question's languages are told apart by nothing but the language.

    A position is one option in all languages only where options stand in one order; and likelihoods of letters, of
    texts, or of texts in another way (`pmi`, `bytes`) are no measure of each other.

    Args:
        scores: whether the rows' own scores are put together.
    """

    def __init__(self, *, scores: bool) -> None:
        self._scores = scores
        self._firsts: dict[str, _Way] = {}
        self._ways: dict[_Way, _Way] = {}  # each once, as questions are many and ways few
        self._labelled, self._disputed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()

    def check(self, row: Prediction) -> None:
        """Hold a row against the first of its question.

        Raises:
            CalmError: it was asked in another way.
        """
        scored = ("letters" if row.lettered else "texts") if row.continuations else None
        way = _Way(row.language, row.gold, row.order, scored, row.score if self._scores else None)
        first = self._firsts.setdefault(str(row.question_id), self._ways.setdefault(way, way))
        if first.language != way.language and first.gold >= 0 and way.gold >= 0:
            self._labelled[first.language, way.language] += 1
            self._disputed[first.language, way.language] += first.gold != way.gold
        where = f"question {row.question_id} in {first.language} and in {way.language}"
        if first.order and way.order and first.order != way.order:
            raise CalmError(f"{where}: its options stand in another order; take runs of one option_seed")
        if first.scored and way.scored and first.scored != way.scored:
            raise CalmError(f"{where}: options' {first.scored} were scored, and {way.scored}; take runs of one task")
        if first.score and way.score and first.score != way.score:
            raise CalmError(
                f"{where}: its options were scored by {first.score} and by {way.score}; take runs of one score, or, "
                "for pairs, name one that both logged (--score)"
            )

    def finish(self) -> None:
        """See, when all rows were checked, that the languages' labels agree, which decide nothing else.

        Raises:
            CalmError: they differ more than those of translations do: one id is of several questions.
        """
        for (first, other), disputed in self._disputed.items():
            labelled = self._labelled[first, other]
            if more_than_slips(disputed, labelled):
                raise CalmError(
                    f"of {labelled} questions {disputed} have another right option in {other} than in {first}, more "
                    "than translations show: one id is of several questions; take runs of one set"
                )
