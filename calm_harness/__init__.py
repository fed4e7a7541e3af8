"""Cross-lingual consistency of language models: question sets, lm-eval tasks, answers, metrics."""

__version__ = "0.1.0"
