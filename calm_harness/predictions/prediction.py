"""What a model answered to a question in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

from calm_harness.answers import Spoken, spoken


@dataclass(frozen=True)
class Origin:
    """Where a row of somebody else's lm-eval log stands, and what in it tells which question it is of.

    Attributes:
        path: the log.
        row: the row's number in it, from 0.
        doc_id: lm-eval's number of the document, "" where there is none.
        fields: the document's short texts and whole numbers, as text.
        shown: the texts of the options, which may have been scored as letters.
    """

    path: str
    row: int
    doc_id: str
    fields: Mapping[str, str]
    shown: tuple[str, ...]

    def __str__(self) -> str:
        """Return file and row, for messages."""
        return f"{self.path} row {self.row}"


@dataclass(frozen=True)
class Prediction:
    """What a model answered to a question in one language.

    Attributes:
        language: BCP 47 tag.
        stem: the question; "" where only its id is known.
        options: option texts in the order that was shown.
        gold: position of the right option, -1 where it is hidden.
        choices: the answers, one a sample; None is no answer.
        question_id: the same in all languages; None where rows have to be aligned.
        scores: the options' scores.
        score: in which way (`sum`, `bytes`, `pmi`) they are; None where the file does not say.
        truncated: whether the first response was cut at the token limit; None where it is not known.
        cut: whether each response was cut at the token limit, None where it is not known; empty where it is of none.
        unfinished: whether the thoughts of the first response never end; None where there are no responses.
        own_language: whether the first response names its option in the row's language; None where options were shown.
        thinking: what opens and what closes thoughts, where the task was told.
        in_thoughts: whether each response begins within thoughts that the prompt opened; empty where none does, or the
            file does not say.
        prompt: what the model read, to the last character; None where the file does not say.
        messages: the turns that a chat template or a server made the prompt of; empty where there are none, or the file
            does not say.
        served: whether a server made the prompt of `messages`, so that `prompt` is no more than these as JSON.
        user: the question as the task or the file asks it, without chat template and examples.
        responses: the texts that `choices` were read from; empty where options were scored.
        continuations: the options as they were scored, in their order; empty where responses were written.
        likelihoods: the options' scores in each way (`sum`, `bytes`, `pmi`) that the run logged.
        digest: lm-eval's hash of the row's document; None where the file has none.
        order: for each option its place in the set's own order; empty where the file does not say.
        passages: what was retrieved for the question, as the task logs it.
        words: of the row's language, where its set brought some (`calm_harness.prompts.languages`).
        mix: how the languages of its set were mixed (`kind`, `language`, ...) and `languages`, of stem and options;
            empty where they were not.
        needle: where the passage that answers stands among others (`calm_harness.passages.needle`), or that it was left
            out; empty where no needle was asked for.
        origin: of a row of somebody else's task; None of our own tasks and other formats.
    """

    language: str
    stem: str
    options: tuple[str, ...]
    gold: int
    choices: tuple[int | None, ...]
    question_id: str | None = None
    scores: tuple[float, ...] | None = None
    truncated: bool | None = None
    cut: tuple[bool | None, ...] = ()
    unfinished: bool | None = None
    own_language: bool | None = None
    thinking: tuple[str, ...] = ()
    in_thoughts: tuple[bool, ...] = ()
    prompt: str | None = None
    messages: tuple[Mapping[str, str], ...] = ()
    served: bool = False
    user: str | None = None
    responses: tuple[str, ...] = ()
    continuations: tuple[str, ...] = ()
    likelihoods: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    score: str | None = None
    digest: str | None = None
    order: tuple[int, ...] = ()
    passages: tuple[Mapping[str, Any], ...] = ()
    words: Mapping[str, Any] = field(default_factory=dict)
    mix: Mapping[str, Any] = field(default_factory=dict)
    needle: Mapping[str, Any] = field(default_factory=dict)
    origin: Origin | None = None

    @property
    def lettered(self) -> bool:
        """Whether letters were scored, and not the options' texts."""
        return [text.strip() for text in self.continuations] == list(ascii_uppercase[: len(self.options)])

    @property
    def cuts(self) -> tuple[bool | None, ...]:
        """Whether each response was cut at the token limit; None where it is not known."""
        known = self.cut or (self.truncated,)
        return (*known, *[None] * (len(self.responses) - len(known)))

    @property
    def begun(self) -> tuple[bool, ...]:
        """Whether each response begins within thoughts; not, where that is not known."""
        return tuple(
            number < len(self.in_thoughts) and self.in_thoughts[number] for number in range(len(self.responses))
        )

    def spoken(self, number: int) -> Spoken:
        """Leave the thoughts of a response out."""
        in_thoughts = number < len(self.in_thoughts) and self.in_thoughts[number]
        return spoken(self.responses[number], self.thinking, in_thoughts=in_thoughts)
