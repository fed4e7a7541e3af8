"""Facts to edit, each with a statement of what is new and questions for it, in all its languages.

facts = load("mini", languages=["en", "de"])
print(facts.facts[0].statements["de"])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from calm_harness.errors import CalmError
from calm_harness.questions.facts import bmike, mlake, of_sets
from calm_harness.questions.facts.fact import NEW, OLD, RIGHT, Fact, FactSet, Question
from calm_harness.questions.schema import Source
from calm_harness.questions.selection import choose

__all__ = ["FACTS", "NEW", "OLD", "RIGHT", "Fact", "FactSet", "Question", "load"]

Reader = Callable[[str | None, Sequence[str] | None, Source, int], FactSet]

FACTS: dict[str, Reader] = {
    "mini": partial(of_sets.read, "mini"),
    "bmlama": partial(of_sets.read, "bmlama"),
    "mlake": mlake.read,
    "bmike": bmike.read,
}


def load(name: str, *, languages: Sequence[str] | None = None, seed: int = 0) -> FactSet:
    """Read facts.

    Args:
        name: one of `FACTS`, perhaps with a split and a place: `mini:train`, `bmlama@FOLDER`, `mlake@FOLDER`.
        languages: BCP 47 tags; all of the set's where it is None.
        seed: of the new answers and other options that are drawn.

    Raises:
        CalmError: there is no such set, split or language, or files are missing or damaged.
    """
    head, _, source = name.partition("@")
    kind, _, split = head.partition(":")
    reader = FACTS[choose("set of facts", kind, FACTS)]
    fact_set = reader(split or None, languages, source or None, seed)
    if not fact_set.facts:
        raise CalmError(f"{name}: no fact is whole in {', '.join(fact_set.languages)}; name fewer languages")
    return fact_set
