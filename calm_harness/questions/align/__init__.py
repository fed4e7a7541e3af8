"""Align rows without ids across languages by content.

Files mostly stand in the same order, but for rows that one of them lacks: that is tried first. Where its pairs have no
more evidence than random pairings of the same rows, rows are assigned by content alone, whatever their order; and where
that has none either, the files are held to be no translations of each other, and refused. Gold labels are never read to
align; whether they agree afterwards is a check (`check_gold`).
"""

from calm_harness.questions.align.decide import Alignment, align, check_gold
from calm_harness.questions.align.doubles import doubled_rows

__all__ = ["Alignment", "align", "check_gold", "doubled_rows"]
