"""What a model answered to one question in one language."""

from __future__ import annotations

from dataclasses import dataclass

from calm_harness.errors import CalmError


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered to one question in one language.

    Attributes:
        question_id: the same in all languages.
        language: BCP 47 tag.
        choice: 0-based position of the option in the order that was shown, None for no answer.
        gold: position of the right option, -1 where it is hidden.
        twins: for each option the first option with the same text in this language; `(0, 1, 2)` where all differ.
        scores: the options' scores, where the model was asked for likelihoods.
        totals: the options' log-likelihoods, where they are known beside scores that are something else.
        own_language: whether the option is named in the language that was asked for; None where options were shown.
        truncated: whether the response was cut at the token limit, None where that cannot be known.
        unfinished: whether the response's thoughts never end, None where there is no response.

    Raises:
        CalmError: choice, gold or scores do not fit the number of options.
    """

    question_id: str
    language: str
    choice: int | None
    gold: int
    twins: tuple[int, ...]
    scores: tuple[float, ...] | None = None
    truncated: bool | None = None
    unfinished: bool | None = None
    totals: tuple[float, ...] | None = None
    own_language: bool | None = None

    def __post_init__(self) -> None:
        size = len(self.twins)
        fits = (self.choice is None or 0 <= self.choice < size) and -1 <= self.gold < size
        if not fits or any(part is not None and len(part) != size for part in (self.scores, self.totals)):
            raise CalmError(
                f"question {self.question_id} in {self.language}: "
                f"choice {self.choice}, gold {self.gold} or the scores do not fit its {size} options"
            )

    @property
    def options(self) -> int:
        """Return the 64-bit set of the options that this answer may stand for, 0 for no answer."""
        if self.choice is None:
            return 0
        return sum(1 << i for i, twin in enumerate(self.twins) if twin == self.twins[self.choice])

    @property
    def right(self) -> bool:
        """Return whether one of the options that the answer may stand for is gold."""
        return self.gold >= 0 and bool(self.options >> self.gold & 1)

    def __str__(self) -> str:
        """Return the answer's letter, "-" for no answer (what a sample log shows)."""
        return "-" if self.choice is None else chr(ord("A") + self.choice)
