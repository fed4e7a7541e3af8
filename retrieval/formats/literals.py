"""Values that others wrote as text, as JSON or as Python: whatever is wrong with one is a ValueError (pure)."""

from __future__ import annotations

import ast
import json
import warnings
from typing import Any


def json_value(text: str) -> Any:
    """Decode JSON.

    Raises:
        json.JSONDecodeError: it is none, is nested too deeply, or has a number or a character that nobody can use.
    """
    try:
        text.encode()
        value = json.loads(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError("it is nested too deeply", text, 0) from None
    except UnicodeEncodeError:
        raise json.JSONDecodeError("it has half a character, a lone surrogate", text, 0) from None
    except ValueError:
        raise json.JSONDecodeError("it has a number of thousands of digits", text, 0) from None
    return value


def python_value(text: str) -> Any:
    """Read a literal of Python, as `str` writes a list; nothing in it is executed.

    Raises:
        ValueError: it is none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of a backslash that escapes nothing
            return ast.literal_eval(text)
    except (SyntaxError, TypeError, RecursionError, MemoryError):
        raise ValueError("it is no literal of Python") from None
