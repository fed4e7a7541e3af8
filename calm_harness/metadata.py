"""What a value of lm-eval's `--metadata` has to be (pure)."""

from __future__ import annotations

from calm_harness.errors import CalmError


def check(name: str, holds: bool, expected: str) -> None:
    """Refuse a value.

    Args:
        name: of the option.
        holds: whether its value is as it has to be.
        expected: what that is.

    Raises:
        CalmError: it is not.
    """
    if not holds:
        raise CalmError(f"--metadata: {name} must be {expected}")


def is_whole(value: object) -> bool:
    """Tell whether a value is a whole number; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)
