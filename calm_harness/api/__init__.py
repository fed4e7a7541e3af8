"""What Python programs and notebooks use: `from calm_harness import evaluate, load_run, compare` (docs/api.md).

It does what the commands do, by what they do it with, and hands out frames of pandas. `calm_harness` fetches these
names from here when they are asked for, so that importing it stays light.
"""

from calm_harness.api.comparing import compare
from calm_harness.api.evaluating import evaluate
from calm_harness.api.loading import load_run
from calm_harness.api.run import Run

__all__ = ["Run", "compare", "evaluate", "load_run"]
