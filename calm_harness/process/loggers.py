"""Our own loggers, and lines that say which of them spoke."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OURS = ("calm_harness", "retrieval", "trainer")
FORMAT = "%(asctime)s %(levelname)-8s [%(name)s:%(lineno)d] %(message)s"  # as lm-eval's, under which ours also speak


class Heard(logging.Handler):
    """Hands messages on.

    Args:
        hear: takes a message.
    """

    def __init__(self, hear: Callable[[str], None]) -> None:
        super().__init__()
        self.hear = hear

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a message on."""
        self.hear(record.getMessage())


def named() -> logging.Handler:
    """Make a handler that writes to stderr, as it is now, and says of each line which logger spoke."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    return handler


@contextmanager
def handled(handler: logging.Handler) -> Iterator[None]:
    """Give what our loggers say to a handler, but for those that have one: lm-eval's, while it runs here."""
    loggers = [logger for name in OURS if not (logger := logging.getLogger(name)).handlers]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
