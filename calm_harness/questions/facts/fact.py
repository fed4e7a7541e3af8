"""What a fact is that an edit changes: a statement of the new one, and questions to which old and new answer differ."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from calm_harness.prompts import cloze_choices, cloze_null, cloze_text
from calm_harness.questions.schema import normalise

OLD, NEW = 0, 1  # places among a question's options
RIGHT = 0  # place of the new answer among a two-hop question's options
OTHERS = 3  # wrong options that are drawn where a set has none

Score = Literal["bytes", "pmi"]  # of `calm_harness.task.option_scores`


@dataclass(frozen=True)
class Question:
    """A question in one language.

    Attributes:
        prompt: what a model reads.
        null: the context in which an option shows only how likely its words are.
        options: as they follow the prompt, white space included. Of a fact the old answer, the new one, and others;
            of a two-hop question the answer that follows from the new fact, and others.
    """

    prompt: str
    null: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """A fact and what is put in its place, by language (BCP 47 tags).

    Attributes:
        fact_id: the same in all languages.
        statements: what states the new fact.
        questions: what asks for it.
        hops: questions whose answer follows from the new fact and another one, where a set has any.
    """

    fact_id: str
    statements: Mapping[str, str]
    questions: Mapping[str, Question]
    hops: Mapping[str, tuple[Question, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for question in self.questions.values():
            assert question.options[OLD] != question.options[NEW], self.fact_id


@dataclass(frozen=True)
class FactSet:
    """Facts that can be edited.

    Attributes:
        name: as it was asked for.
        languages: BCP 47 tags, in the set's order.
        facts: each in all the languages.
        score: how options are scored.
        notes: what was left out, and why.
    """

    name: str
    languages: tuple[str, ...]
    facts: tuple[Fact, ...]
    score: Score
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Hash all that a model can be told and asked (16 hexadecimal digits)."""
        content = [self.languages, self.score, [asdict(fact) for fact in self.facts]]
        return hashlib.sha256(json.dumps(content).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def question(language: str, stem: str, options: Sequence[str]) -> Question:
    """Render a question as the `_cloze` tasks do.

    Raises:
        CalmError: there are no words for prompts in the language.
    """
    doc = {"language": language, "stem": stem, "options": list(options)}
    return Question(cloze_text(doc), cloze_null(doc), tuple(cloze_choices(doc)))


def others(draw: str, count: int, texts: Callable[[int], Sequence[str]], taken: Sequence[Iterable[str]]) -> list[int]:
    """Draw rows whose texts are wrong answers, the same rows in all languages.

    Args:
        draw: what decides the draw.
        count: of the rows that there are.
        texts: of a row its texts, one a language.
        taken: for each language what is no wrong answer.

    Returns:
        At most `OTHERS` rows, of which no two read alike in any language; letters' case and punctuation do not count.
    """
    seen = [{normalise(text) for text in each} for each in taken]
    found: list[int] = []
    for row in _shuffled(draw, count):
        folded = [normalise(text) for text in texts(row)]
        if all(text and text not in known for text, known in zip(folded, seen, strict=True)):
            found.append(row)
            for text, known in zip(folded, seen, strict=True):
                known.add(text)
        if len(found) == OTHERS:
            break
    return found


def _shuffled(draw: str, count: int) -> Iterator[int]:
    return iter(random.Random(draw).sample(range(count), count))
