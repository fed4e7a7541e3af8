"""Which option a free-text response gives as its answer, or that it gives none."""

from calm_harness.answers.reader import extract

__all__ = ["extract"]
