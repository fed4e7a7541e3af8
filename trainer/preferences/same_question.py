"""Whether what is trained on asks a question that is held out: by its id, by its stem, or by its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from rapidfuzz.distance import LCSseq

from calm_harness.models.trained import OF_SET
from calm_harness.passages.leaks import Leaks, Question
from calm_harness.questions.schema import fingerprint, normalise
from retrieval.corpus.split import Passage

Rule = Literal["id", "stem", "words", "options"]
"""What tells that two questions are one: the set's own id, the same stem but for case and marks, that what is trained
on holds nine of ten words of what is held out, in their order (`calm_harness.passages.leaks`), or that it has the very
same options and three of four words. In a stem of fewer than ten words one other word is another question ("the capital
of Italy", "of China"), and tells nothing where the options are others, or not known."""

LONG = 20  # words of a stem in which one changed word makes no other question
OPTIONS = 2  # of a shorter one that have to stand beside it
BUILT_IN = re.compile(r"mini-\d{3}")
ALIKE = 0.75  # share of its words, in their order, that a stem with the very same options has at least


@dataclass(frozen=True)
class Asked:
    """A question that is trained on, in one language.

    Attributes:
        name: its id, or where it stands.
        question_id: None where it has none.
        language: BCP 47 tag, "" where it is not known.
        text: its stem; the whole prompt where that is all there is.
        beside: the text and the options; prompt and completions, where the pair does not name its options.
        options: of the question, where the pair names them.
    """

    name: str
    question_id: str | None
    language: str
    text: str
    beside: str
    options: tuple[str, ...] = ()

    @classmethod
    def read(cls, row: Mapping[str, Any], number: int) -> Asked:
        """Read a preference pair; `number` is its place in the file."""
        prompt = said(row.get("prompt"))
        text, options = str(row.get("stem") or prompt), list(map(str, row.get("options") or ()))
        question_id = row.get("question_id")
        return cls(
            name=f"row {number}" if question_id is None else str(question_id),
            question_id=None if question_id is None else str(question_id),
            language=str(row.get("language") or ""),
            text=text,
            beside="\n".join(
                [text, *options] if options else [prompt, said(row.get("chosen")), said(row.get("rejected"))]
            ),
            options=tuple(options),
        )


def asked_in(row: Mapping[str, Any], number: int) -> Iterator[Asked]:
    """Read all that a row asks: a pair its question; a row of another format whatever is read and learned of it.

    Args:
        row: a pair; or a completion or a text, which name their stems (`stem`, of a translation `source_stem`), or not.
        number: its place in the file.
    """
    asked = Asked.read(row, number)
    if row.get("chosen") and row.get("rejected"):
        yield asked
        return
    texts = {name: said(row.get(name)) for name in ("stem", "source_stem", "prompt", "completion", "text")}
    beside = "\n".join(texts.values())
    source = str(row.get("source_language") or asked.language)
    languages = {"stem": asked.language, "source_stem": source, "prompt": source, "completion": asked.language}
    for name, language in {**languages, "text": ""}.items():
        if texts[name]:
            yield replace(asked, language=language, text=texts[name], beside=beside)


@dataclass(frozen=True)
class Hit:
    """A question that is trained on and held out, and what tells."""

    asked: Asked
    held_out: Question
    rule: Rule

    def __str__(self) -> str:
        """Name question, language and rule."""
        other = f", which is {self.held_out.question_id}" if self.held_out.question_id != self.asked.name else ""
        return f"{self.asked.name} in {self.asked.language or 'an unnamed language'} (by {self.rule}{other})"


class HeldOut:
    """The questions of an evaluation, to be found in whatever is trained on."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._ids: dict[str, Question] = {}
        self._stems: dict[str, Question] = {}
        self._by_cell: dict[tuple[str, str], Question] = {}
        self._by_options: dict[frozenset[str], list[Question]] = {}
        for question in questions:
            if OF_SET.fullmatch(question.question_id):
                self._ids.setdefault(question.question_id, question)
            self._stems.setdefault(fingerprint(question.stem), question)
            self._by_cell.setdefault((question.question_id, question.language), question)
            if question.options:
                self._by_options.setdefault(folded(question.options), []).append(question)
        self.languages = tuple(dict.fromkeys(language for _, language in self._by_cell))
        self.count = len({question_id for question_id, _ in self._by_cell})
        self._leaks = Leaks(self._by_cell.values())

    def hit(self, asked: Asked) -> Hit | None:
        """Find the question that is asked among those held out."""
        same = self._ids.get(asked.question_id or "")
        if same is not None:
            return Hit(asked, same, "id")
        for text in _readings(asked.text):
            if (same := self._stems.get(fingerprint(text))) is not None:
                return Hit(asked, same, "stem")
        (leak,) = self._leaks.scan([Passage("", asked.language, "", asked.text, "")])
        if leak is not None:
            same = self._by_cell[leak.question_id, leak.language]
            tells = leak.similarity == 1 or len(self._leaks.words(same.stem, same.language)) >= LONG
            if tells or shown(same.options, asked.beside) >= OPTIONS:
                return Hit(asked, same, "words")
        same_options = self._by_options.get(folded(asked.options), ()) if asked.options else ()
        return next((Hit(asked, same, "options") for same in same_options if self._alike(asked, same)), None)

    def _alike(self, asked: Asked, held_out: Question) -> bool:
        """Whether two questions with the very same options are one; the built-in set's are told apart by their ids."""
        if BUILT_IN.fullmatch(asked.question_id or "") and BUILT_IN.fullmatch(held_out.question_id):
            return False
        words = [self._leaks.words(stem, held_out.language) for stem in (held_out.stem, asked.text)]
        return LCSseq.normalized_similarity(*words) >= ALIKE


def folded(options: Iterable[str]) -> frozenset[str]:
    """Return the options' words, whatever their order, case and marks."""
    return frozenset(map(normalise, options))


def said(value: Any) -> str:
    """Return the text of a prompt or completion: a text, or the contents of messages."""
    if isinstance(value, list):
        return "\n".join(str(message.get("content") or "") for message in value if isinstance(message, Mapping))
    return str(value or "")


def _readings(text: str) -> Iterator[str]:
    """Yield what may be the question in a text: all of it, and each line, with and without a word such as Question."""
    yield text
    lines = text.splitlines()
    for line in lines if len(lines) > 1 else ():
        if line.strip():
            yield line
    for line in lines:
        label, colon, rest = line.replace("：", ":").partition(":")
        if colon and rest.strip() and len(label.split()) <= 2:
            yield rest


def shown(options: Iterable[str], text: str) -> int:
    """Count the options whose words stand in a text."""
    folded = f" {normalise(text)} "
    dense = folded.replace(" ", "")
    return sum(
        f" {normalise(option)} " in folded or (not option.isascii() and normalise(option).replace(" ", "") in dense)
        for option in options
        if normalise(option)
    )
