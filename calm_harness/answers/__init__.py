"""Which option a free-text response gives as its answer, or that it gives none; and where its thoughts end."""

from calm_harness.answers.reader import Reading, explain, extract, read
from calm_harness.answers.thoughts import Spoken, closing, opened, spoken

__all__ = ["Reading", "Spoken", "closing", "explain", "extract", "opened", "read", "spoken"]
