"""Align rows without ids across languages by content.

Files mostly stand in the same order, but for rows that one of them lacks: that is tried first. Where its pairs have no
more evidence than random pairings of the same rows, rows are assigned by content alone, whatever their order; and where
that has none either, the files are held to be no translations of each other, and refused. Gold labels are never read to
align; whether they agree afterwards, and whether options stand in one order, are checks (`check_gold`,
`check_order`).
"""

from calm_harness.questions.align.checks import check_gold, check_order, is_other_order, more_than_slips
from calm_harness.questions.align.decide import Alignment, align
from calm_harness.questions.align.doubles import doubled_rows

__all__ = ["Alignment", "align", "check_gold", "check_order", "doubled_rows", "is_other_order", "more_than_slips"]
