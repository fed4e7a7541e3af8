"""What is started here heeds signals, as in the tests of processes."""

from tests.process.conftest import signals_are_heeded

__all__ = ["signals_are_heeded"]
