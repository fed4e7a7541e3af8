"""What a parallel multiple-choice set is, once it has been read (pure Python, no third-party import)."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.prompts.languages import Language

Source = str | Path | None  # where a set is read from: a folder, a Hub data set, a YAML file; None: its usual place


@dataclass(frozen=True)
class Row:
    """One question in one language.

    Attributes:
        question_id: the same for a question in all languages and from every source.
        language: BCP 47 tag.
        stem: the question alone, without any "Question:" or "Answer:" word. A cloze sentence has `<mask>`.
        options: option texts, in an order that is the same in all languages.
        answer: 0-based index of the gold option, -1 where it is hidden.
        prompt: the source's own complete prompt, where it has one (the CALM release's `instruction` and `input`) and
            the options stand in its order.
        order: for each shown position the option's place in the source, so that runs with different option seeds can
            be compared; the identity unless the options were permuted.
        gold_passages: ids, the same in all languages, of the passages that answer it, where the set names any.
        rationale: why the gold option is right, in the row's language, where the set says so; for few-shot examples.
        aliases: texts that are as right as the gold option's, in the row's language, for answers to `_open` tasks.
        languages: BCP 47 tags of the stem and of each option, in a set whose languages were mixed; else empty.
    """

    question_id: str
    language: str
    stem: str
    options: tuple[str, ...]
    answer: int
    prompt: str | None = None
    order: tuple[int, ...] = ()
    gold_passages: tuple[str, ...] = ()
    rationale: str | None = None
    aliases: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.order:
            object.__setattr__(self, "order", tuple(range(len(self.options))))


@dataclass(frozen=True)
class Mix:
    """How the languages of a set's questions are mixed (`calm_harness.questions.mixing`).

    Attributes:
        kind: what stands in the row's own language.
        language: BCP 47 tag of the rest.
        seed: of what is drawn.
        note: whether prompts say that a question may be in several languages.
    """

    kind: str
    language: str
    seed: int = 0
    note: bool = False

    def __str__(self) -> str:
        return f"{self.kind} with {self.language}" + (", and a note that says so" if self.note else "")


@dataclass(frozen=True)
class Finding:
    """Something about a source that a careful user wants to know.

    Attributes:
        kind: `repaired`, `unparsed`, `unaligned`, `few_options` (too few that stand apart), `gold_text` (the source's
            gold text is not the text of the option its letter names), `gold_disagrees`, `identical_options`,
            `option_marks` (some rows' options carry marks of their own), `untranslated`, `no_words` (prompts need words
            of the language, and there are none), `aligned` (how a file without ids was aligned, with the test of it),
            or `unmixed` (languages are mixed, and a row reads as in one of them alone).
        message: what was found, and what was done about it.
        language: BCP 47 tag, or "" where the whole question is meant.
        source: file (or Hub data set) and row, as in `all_test_en2cn.json row 298`, rows counted from 0.
        question_id: "" where the row has not become a question.
    """

    kind: str
    message: str
    language: str = ""
    source: str = ""
    question_id: str = ""


@dataclass
class QuestionSet:
    """A split of a parallel set: all languages of a question adjacent, in the set's language order.

    Attributes:
        name: `medqa`, `xcsqa`, `bmlama`, `mini`, or what a custom YAML says.
        split: the split's name.
        languages: BCP 47 tags, in the set's order.
        rows: `len(questions) * len(languages)` rows.
        read: rows read from each language's source, before anything was repaired or left out.
        findings: what was repaired, left out, or looks wrong.
        words: of prompts, by language, where the set brings some of its own.
        mix: how the languages of its questions were mixed; None where they were not.
    """

    name: str
    split: str
    languages: tuple[str, ...]
    rows: list[Row]
    read: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    words: dict[str, Language] = field(default_factory=dict)
    mix: Mix | None = None

    def __post_init__(self) -> None:
        width = len(self.languages)
        seen: set[str] = set()
        for start in range(0, len(self.rows), width):
            group = self.rows[start : start + width]
            ids = {row.question_id for row in group}
            if tuple(row.language for row in group) != self.languages or len(ids) != 1:
                raise CalmError(
                    f"{self.name}: rows {start} to {start + width - 1} are not one question in all languages"
                )
            if ids & seen:
                raise CalmError(f"{self.name}: question id {group[0].question_id} stands twice; ids must be unique")
            seen |= ids
            sizes = {len(row.options) for row in group}
            if len(sizes) != 1 or min(sizes) < 2:
                raise CalmError(f"{self.name}: question {group[0].question_id} has {sorted(sizes)} options by language")
            for row in group:
                if not -1 <= row.answer < len(row.options):
                    raise CalmError(f"{self.name}: question {row.question_id} ({row.language}): answer {row.answer}")

    def questions(self) -> Iterator[list[Row]]:
        """Yield each question as its rows, one a language, in the set's language order."""
        width = len(self.languages)
        for start in range(0, len(self.rows), width):
            yield self.rows[start : start + width]

    def answering(self) -> dict[str, frozenset[str]]:
        """Map each question to the ids of all passages that answer it, whichever of its languages names them."""
        return {
            question[0].question_id: frozenset(identity for row in question for identity in row.gold_passages)
            for question in self.questions()
        }


def normalise(text: str) -> str:
    """Fold case, compatibility forms, punctuation and white space away: what is then equal is close to the same.

    For leaks and splits, which must not miss a question in another guise. It cannot tell `12 - 4` from `12 + 4`: where
    two questions are one, `as_written` decides.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    chars = (char if char.isalnum() or unicodedata.category(char).startswith("M") else " " for char in folded)
    return " ".join("".join(chars).split())


def fingerprint(*texts: str) -> str:
    """A short, stable hash (12 hexadecimal digits) of the normalised texts."""
    joined = "\x1f".join(normalise(text) for text in texts)
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def as_written(text: str) -> str:
    """Compose a text's characters and fold its white space: what is then equal reads the same, to the last sign."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def digest(*texts: str) -> str:
    """A short, stable hash (16 hexadecimal digits) of texts as they stand: every character counts."""
    return hashlib.sha256("\x1f".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
