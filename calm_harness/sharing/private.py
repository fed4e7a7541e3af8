"""Keep at home what is of this machine and its user: paths in rows are cut to their last part, secrets refused."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.report.shared.public import last_part

_SECRET = re.compile(r"(TOKEN|KEY|SECRET|PASSWORD)S?$", re.IGNORECASE)
_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{30,}")
_ABSOLUTE = re.compile(r"(/|~/|[A-Za-z]:[/\\]|\\\\)[^\s/\\][^\n]*")
SHORTEST = 8  # characters of a secret; a shorter one is in many a text by chance


def strings(value: Any) -> Iterator[str]:
    """Yield all text in lists and tables."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)


class Paths:
    """Paths of this machine: those that a run's settings name, and whatever lies below home and the current folder.

    Nothing else that looks like a path is touched: a question may be about one.

    Args:
        named: settings, of whatever shape.
    """

    def __init__(self, named: Any) -> None:
        roots = {str(folder) for folder in (Path.home(), Path.cwd()) if len(folder.parts) > 1}
        whole = {text.rstrip("/\\") for text in strings(named) if _ABSOLUTE.fullmatch(text)}
        ends = r"(?![\w])"
        below = r"[/\\][^\s\"'<>|]*"
        parts = [rf"{re.escape(path)}(?:{below}|{ends})" for path in sorted(whole, key=len, reverse=True)]
        parts += [rf"{re.escape(root)}{below}" for root in sorted(roots, key=len, reverse=True)]
        self._pattern = re.compile(rf"(?<![\w/.~])(?:{'|'.join(parts)})") if parts else None

    def cut(self, value: Any) -> Any:
        """Return the same without the folders of these paths."""
        if self._pattern is None:
            return value
        if isinstance(value, str):
            return self._pattern.sub(lambda found: last_part(found[0]), value)
        if isinstance(value, dict):
            return {name: self.cut(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.cut(one) for one in value]
        return value


def secrets(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Name the secrets that the environment holds: value -> variable."""
    return {
        value: name for name, value in environment.items() if _SECRET.search(name) and len(value.strip()) >= SHORTEST
    }


def check(rows: Iterable[dict[str, Any]], file: Path, known: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Pass rows on that hold no secret.

    Raises:
        CalmError: a row holds a secret of the environment, or what looks like a token of the Hub.
    """
    for number, row in enumerate(rows):
        text = json.dumps(row, ensure_ascii=False)
        found = next((name for value, name in known.items() if value in text), None)
        if found or _TOKEN.search(text):
            what = f"the value of {found}" if found else "what looks like a token of the Hub"
            raise CalmError(f"{file} row {number} holds {what}; take it out before it is pushed")
        yield row
