"""What a needle and its haystack are told (no heavy import)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from calm_harness.errors import CalmError
from calm_harness.metadata import check, is_whole

Kind = Literal["near", "random"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PLACES = {"start": 0.0, "middle": 0.5, "end": 1.0}
SAME, MIXED = "same", "mixed"


@dataclass(frozen=True)
class Needle:
    """How the passage that answers a question is laid among others.

    Attributes:
        shown: whether it is there; where it is not, the haystack is the same without it.
        position: share of the haystack's tokens that stand before it; None where it is not shown.
        language: its language, a BCP 47 tag or `same` as the question's; None where it is not shown.
        haystack_language: of the passages around it: a tag, `same`, or `mixed`, drawn for each by hash.
        tokens: the most that the haystack has, of the model's; None where passages are counted.
        passages: how many the haystack has; None where tokens are counted.
        kind: `near`, the passages that are nearest to the question, or `random`.
        seed: of all that hashes draw.
    """

    shown: bool
    position: float | None
    language: str | None
    haystack_language: str
    tokens: int | None
    passages: int | None
    kind: Kind
    seed: int

    def __str__(self) -> str:
        size = f"{self.tokens} tokens" if self.passages is None else f"{self.passages} passages"
        seed = f", seed {self.seed}" if self.seed else ""
        haystack = f"haystack {self.haystack_language} {self.kind} {size}{seed}"
        return f"needle {self.language} at {self.position:g}, {haystack}" if self.shown else f"no needle, {haystack}"


def read(told: dict[str, Any]) -> Needle | None:
    """Read the options of a task that are about a needle.

    Args:
        told: `needle`, `needle_position`, `needle_language`, `haystack`, `haystack_language`, `haystack_tokens`,
            `haystack_passages` and `haystack_seed`; None of each that is not given.

    Returns:
        None where nothing is asked of a needle.

    Raises:
        CalmError: a value is none, or does not go with the others.
    """
    given = {name: value for name, value in told.items() if value is not None}
    if "needle" not in given:
        if given:
            raise CalmError(f"--metadata: {next(iter(given))} is for a needle; give needle, too, or leave it out")
        return None
    shown = given["needle"]
    check("needle", isinstance(shown, bool), "true, or false for the haystack alone")
    for name in ("needle_position", "needle_language"):
        if not shown and name in given:
            raise CalmError(f"--metadata: needle is false, so that {name} says nothing; leave it out")
    for name in ("needle_language", "haystack_language"):
        check(name, isinstance(given.get(name, SAME), str) and given.get(name, SAME) != "", "same or a tag: en")
    if given.get("needle_language") == MIXED:
        raise CalmError("--metadata: needle_language must be same or a tag: en; only haystack_language may be mixed")
    check("haystack", given.get("haystack", KINDS[0]) in KINDS, f"one of {', '.join(KINDS)}")
    check("haystack_seed", is_whole(given.get("haystack_seed", 0)), "a whole number")
    tokens, passages = given.get("haystack_tokens"), given.get("haystack_passages")
    if (tokens is None) == (passages is None):
        raise CalmError("--metadata: needle needs one of haystack_tokens and haystack_passages (0: the needle alone)")
    check("haystack_tokens", tokens is None or (is_whole(tokens) and tokens >= 1), "a whole number from 1")
    check("haystack_passages", passages is None or (is_whole(passages) and passages >= 0), "a whole number from 0")
    if passages == 0 and not shown:
        raise CalmError("--metadata: neither needle nor haystack is shown; ask the task without _rag instead")
    return Needle(
        shown=shown,
        position=position(given.get("needle_position", "middle")) if shown else None,
        language=given.get("needle_language", SAME) if shown else None,
        haystack_language=given.get("haystack_language", SAME),
        tokens=tokens,
        passages=passages,
        kind=given.get("haystack", KINDS[0]),
        seed=given.get("haystack_seed", 0),
    )


def position(value: object) -> float:
    """Read a place in a haystack: start, middle, end, or a number from 0 to 1.

    Raises:
        CalmError: it is none.
    """
    if isinstance(value, str) and value in PLACES:
        return PLACES[value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    check("needle_position", is_number and 0 <= value <= 1, f"{', '.join(PLACES)}, or a number from 0 to 1")  # type: ignore[operator]
    return float(value)  # type: ignore[arg-type]
