"""JSON as compressed text that a page can hold and a browser can read (pure)."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import orjson


def pack(content: Any) -> str:
    """Return JSON, deflated (zlib), in base 64: nothing in it can end a script or be taken for markup."""
    try:
        text = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # half a character (a lone surrogate), which models do write
        text = json.dumps(content).encode("ascii")
    return base64.b64encode(zlib.compress(text, 6)).decode("ascii")


def unpack(packed: str) -> Any:
    """Read what `pack` packed."""
    return orjson.loads(zlib.decompress(base64.b64decode(packed)))
