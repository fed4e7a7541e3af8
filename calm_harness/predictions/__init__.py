"""Read predictions that exist already: lm-eval sample logs, LLaMA-Factory's output, the CALM release's samples.

Whatever the format, a prediction is a question in one language with the answers that a model gave to it. Rows of an
lm-eval log know which question they belong to; the others are aligned by content, as question sets are. Nothing but
`gold` comes from a label, and files whose labels were removed are read all the same.
"""

from calm_harness.predictions.identity import identify
from calm_harness.predictions.prediction import Prediction
from calm_harness.predictions.reading import logs_below, named_file, newest_log, one_log, read

__all__ = ["Prediction", "identify", "logs_below", "named_file", "newest_log", "one_log", "read"]
