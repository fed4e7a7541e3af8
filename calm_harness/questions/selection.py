"""Check what is asked for against what a set has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from calm_harness.errors import CalmError


def choose(kind: str, name: str, known: Iterable[str]) -> str:
    """Return `name` if it is known.

    Raises:
        CalmError: it is not; the message lists what is known, and the nearest name.
    """
    names = list(known)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise CalmError(f"there is no {kind} {name!r} (known: {', '.join(names)}){hint}")


def choose_languages(owner: str, wanted: Sequence[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    """Return the wanted languages in the set's order, all of them by default.

    Raises:
        CalmError: the set has no such language, or none is wanted.
    """
    if wanted is None:
        return tuple(known)
    if not wanted:
        raise CalmError(f"{owner}: no language is asked for; name some of: {', '.join(known)}")
    for language in wanted:
        choose(f"language of {owner}", language, known)
    return tuple(language for language in known if language in set(wanted))
