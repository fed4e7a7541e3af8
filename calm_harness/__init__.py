"""Cross-lingual consistency of language models: question sets, lm-eval tasks, answers, metrics.

`from calm_harness import evaluate, load_run, compare` is what programs and notebooks use (`calm_harness.api`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calm_harness.api import Run, compare, evaluate, load_run

__version__ = "0.1.0"
__all__ = ["Run", "__version__", "compare", "evaluate", "load_run"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Fetch a name of `calm_harness.api`, which imports numpy, when it is asked for."""
        if name in __all__:
            from calm_harness import api

            return getattr(api, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
