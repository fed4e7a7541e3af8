"""How a fact is put into weights (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from calm_harness.errors import CalmError

Method = Literal["lora", "full"]
METHODS: tuple[Method, ...] = get_args(Method)
RATES: dict[Method, float] = {"lora": 1e-4, "full": 1e-5}
STEPS = 10


@dataclass(frozen=True)
class Settings:
    """How a fact is put into weights.

    Attributes:
        method: which weights learn it.
        learning_rate: of AdamW, without decay.
        steps: how many.
    """

    method: Method
    learning_rate: float
    steps: int


def settings(method: Method | None, learning_rate: float | None, steps: int | None) -> Settings:
    """Return settings; what is None is the default, of the rate the method's own.

    Raises:
        CalmError: a number is not above 0.
    """
    for name, value in (("learning_rate", learning_rate), ("steps", steps)):
        if value is not None and not value > 0:
            raise CalmError(f"--{name} {value}: give a number above 0")
    method = method or METHODS[0]
    return Settings(method, learning_rate or RATES[method], steps or STEPS)
