"""How files and folders may be called, and which of those that are found are whole."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

PART = ".part"  # how the names of files and folders end that are not whole yet
LONGEST = 255  # bytes of a file's name, on all usual file systems
_REFUSED = re.compile(r"""[<>:"/\\|?*\x00-\x1f\x7f]""")  # in names, by Windows
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # what Windows has under these names


def is_portable(name: str) -> bool:
    """Tell whether a file or folder may be called so on every system."""
    refused = _REFUSED.search(name) or _DEVICES.fullmatch(name) or name != name.strip() or name.endswith(".")
    return name != "" and not refused and len(name.encode("utf-8", "surrogatepass")) <= LONGEST


def folded(name: str) -> str:
    """Return a name as systems compare it that know no case, nor how an accent is composed (macOS, Windows)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def below(folder: Path, pattern: str) -> list[Path]:
    """List files below a folder, in the order of their paths, but for those that are not whole yet (`whole`)."""
    return sorted(
        path
        for path in folder.rglob(pattern)
        if not any(parent.suffix == PART for parent in path.relative_to(folder).parents)
    )
