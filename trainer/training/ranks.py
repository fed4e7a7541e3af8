"""What the first of all processes does for the others, on however many hosts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from accelerate.utils import broadcast_object_list

from calm_harness.errors import CalmError

log = logging.getLogger(__name__)

BEAT = 60.0  # seconds between signs of life: processes that wait for one another give up after half an hour

Alive = Callable[[], None]


def by_first(work: Callable[[Alive], Any], *, first: bool) -> Any:
    """Let the first of all processes work, and return what comes of it on every process.

    Args:
        work: takes a function that is called now and then, so that the others know to go on waiting.
        first: whether this process is the first, as transformers' arguments say, which let processes meet.

    Raises:
        CalmError: the work ended in one; it is raised on every process.
    """
    if not first:
        while (told := broadcast_object_list([None])[0]) is None:
            log.debug("waiting for the first process")
        return _outcome(told)
    last = time.monotonic()

    def alive() -> None:
        nonlocal last
        if time.monotonic() - last > BEAT:
            broadcast_object_list([None])
            last = time.monotonic()

    try:
        told = (work(alive), None)
    except CalmError as error:
        told = (None, str(error))
    except BaseException as error:
        broadcast_object_list([(None, f"the first process ended: {error!r}")])
        raise
    broadcast_object_list([told])
    return _outcome(told)


def _outcome(told: tuple[Any, str | None]) -> Any:
    result, error = told
    if error is not None:
        raise CalmError(error)
    return result
