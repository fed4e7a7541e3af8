"""Answers, and the table of them that all metrics read: complete questions only.

An answer in the table is the set of options that it may stand for: two answers are equal where their sets meet, so that
options with the same text in one language need no special case.
"""

from calm_harness.metrics.table.answer import Answer
from calm_harness.metrics.table.table import MAX_OPTIONS, Answers, Ledger

__all__ = ["MAX_OPTIONS", "Answer", "Answers", "Ledger"]
