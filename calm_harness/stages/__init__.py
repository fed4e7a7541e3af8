"""What a person sees of a command that runs for long: its stages, a line each; all else that is said is in a log."""

from calm_harness.stages.stages import Once, Stages

__all__ = ["Once", "Stages"]
