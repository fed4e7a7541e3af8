"""Languages, two by two: tables of language × language, and what pairs of one script or family come to."""

from calm_harness.metrics.by_pair.related import related
from calm_harness.metrics.by_pair.tables import PairTable, pairwise, pairwise_report, tables_of_right
from calm_harness.metrics.by_pair.transfer import lift, overlap, transfer

__all__ = ["PairTable", "lift", "overlap", "pairwise", "pairwise_report", "related", "tables_of_right", "transfer"]
