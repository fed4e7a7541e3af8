"""Which option a short free answer names, where none was shown: exact match after normalisation."""

from calm_harness.answers.short.reading import Texts, first_line, named
from calm_harness.answers.short.rules import RULES, equal

__all__ = ["RULES", "Texts", "equal", "first_line", "named"]
