"""Check what is asked for against what a set has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from calm_harness.errors import CalmError


def choose(kind: str, name: str, choices: Iterable[str]) -> str:
    """Return `name` if it is one of the choices.

    Raises:
        CalmError: it is not; the message lists the choices, and the nearest one.
    """
    names = list(choices)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise CalmError(f"there is no {kind} {name!r} (known: {', '.join(names)}){hint}")


def choose_languages(owner: str, languages: Sequence[str] | None, choices: Sequence[str]) -> tuple[str, ...]:
    """Return the requested languages in the order of the choices, all of them by default.

    Raises:
        CalmError: the set has no such language, or none is requested.
    """
    if languages is None:
        return tuple(choices)
    if not languages:
        raise CalmError(f"{owner}: no language is asked for; name some of: {', '.join(choices)}")
    for language in languages:
        choose(f"language of {owner}", language, choices)
    return tuple(language for language in choices if language in set(languages))


def check_tags(owner: str, tags: Iterable[str]) -> None:
    """See that no language is there by two tags that differ by case alone, which BCP 47 takes for one.

    Raises:
        CalmError: one is.
    """
    first: dict[str, str] = {}
    for tag in tags:
        if first.setdefault(tag.lower(), tag) != tag:
            raise CalmError(f"{owner}: {first[tag.lower()]} and {tag} are the same language; write its tag one way")
