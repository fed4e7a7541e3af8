"""Which facts are edited, which stay, and what is asked after which edit (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from calm_harness.errors import CalmError
from calm_harness.questions.facts import NEW, OLD, Fact, FactSet, Question
from calm_harness.questions.schema import normalise

KEPT = 5  # facts that are asked for after every edit, and never edited


@dataclass(frozen=True)
class Asked:
    """A question that is asked: of which fact, in which language; its own (None), or the n-th of its two-hop ones."""

    fact_id: str
    language: str
    hop: int | None
    question: Question


@dataclass(frozen=True)
class Plan:
    """What a run does.

    Attributes:
        languages: in which facts are told, and asked for.
        edits: facts that are edited, one at a time.
        kept: facts that never are.
        control: of a fact that is edited the one under whose edit it is asked for as well: another fact, of which
            nothing that is told is an answer to this one's question. Facts without any are not in it.
    """

    languages: tuple[str, ...]
    edits: tuple[Fact, ...]
    kept: tuple[Fact, ...]
    control: Mapping[str, str]

    def before(self) -> Iterator[Asked]:
        """Yield what is asked of the model as it is."""
        yield from self._questions(self.edits, hops=True)
        yield from self._questions(self.kept, hops=False)

    def after(self, edited: Fact) -> Iterator[Asked]:
        """Yield what is asked after an edit: the fact, those whose control it is, and those that are kept."""
        yield from self._questions([edited], hops=True)
        yield from self._questions(
            [fact for fact in self.edits if self.control.get(fact.fact_id) == edited.fact_id], hops=True
        )
        yield from self._questions(self.kept, hops=False)

    def _questions(self, facts: Sequence[Fact], *, hops: bool) -> Iterator[Asked]:
        for fact in facts:
            for tag in self.languages:
                yield Asked(fact.fact_id, tag, None, fact.questions[tag])
                for number, question in enumerate(fact.hops.get(tag, ()) if hops else ()):
                    yield Asked(fact.fact_id, tag, number, question)


def plan(fact_set: FactSet, edits: int, seed: int) -> Plan:
    """Draw, by seed and facts alone, which facts are edited and which are kept.

    Of facts that a language asks for by one question the first that is drawn takes part: editing one would edit all.

    Args:
        fact_set: the facts.
        edits: how many are edited.
        seed: of the draw.

    Raises:
        CalmError: there are too few facts.
    """
    if edits < 2:
        raise CalmError(f"--edits {edits}: a fact is compared with what another one's edit does; give 2 or more")
    drawn = _distinct(
        sorted(fact_set.facts, key=lambda fact: hashlib.sha256(f"{seed}/{fact.fact_id}".encode()).hexdigest())
    )
    if edits + KEPT > len(drawn):
        raise CalmError(
            f"--edits {edits}: {fact_set.name} has {len(drawn)} facts, of which {KEPT} are never edited; give "
            f"{len(drawn) - KEPT} or fewer"
        )
    edited, kept = drawn[:edits], drawn[edits : edits + KEPT]
    control = {}
    for number, fact in enumerate(edited):
        following = [*edited[number + 1 :], *edited[:number]]
        other = next((one for one in following if _apart(fact, one)), None)
        if other is not None:
            control[fact.fact_id] = other.fact_id
    return Plan(fact_set.languages, tuple(edited), tuple(kept), control)


def _distinct(facts: Sequence[Fact]) -> list[Fact]:
    """Leave out facts that are asked for, in any language, by the question of an earlier one."""
    seen: set[tuple[str, str]] = set()
    found = []
    for fact in facts:
        asked = {(tag, normalise(question.prompt)) for tag, question in fact.questions.items()}
        if seen.isdisjoint(asked):
            found.append(fact)
            seen |= asked
    return found


def _apart(fact: Fact, other: Fact) -> bool:
    """Tell whether neither the new nor the old answer of a fact is the new one of another, in any language."""
    return all(
        other.questions[tag].options[NEW] not in (question.options[NEW], question.options[OLD])
        for tag, question in fact.questions.items()
    )
