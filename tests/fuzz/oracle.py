"""What may come of an input: it is read and holds what it must, or one line says what is wrong."""

import json
import math
import resource
import signal
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calm_harness.errors import CalmError
from retrieval.errors import RetrievalError
from retrieval.text import printable

LONGEST = 700  # characters of a message: file, row, what is wrong and the remedy
LEAST = 2.0  # seconds that an input may always take, on a machine that has other work
MEMORY = 3 << 30  # bytes
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finding:
    """What fell out.

    Attributes:
        kind: the sort of fault and where it arose, the same for all inputs that find the same.
        detail: the rest, for who mends it.
    """

    kind: str
    detail: str


class SlowError(BaseException):
    """An input takes too long; no `except Exception` may swallow it."""


def judge(read, data: bytes, seconds: float) -> Finding | None:
    """Give an input to a target."""
    try:
        with _at_most(seconds):
            read(data)
    except (CalmError, RetrievalError) as error:
        fault = _fault(str(error))
        return Finding(f"message {fault} {_place(error)}", str(error)[:2000]) if fault else None
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        name = "hang" if isinstance(error, SlowError) else type(error).__name__
        return Finding(f"{name} {_place(error)}", "".join(traceback.format_exception(error, limit=-12))[-4000:])
    return None


def seconds_for(target) -> float:
    """Ten times what the slowest seed takes, and never less than a moment."""
    slowest = 0.0
    for data in target.seeds():
        target.read(data)  # what is imported and made once is not counted
        started = time.process_time()
        target.read(data)
        slowest = max(slowest, time.process_time() - started)
    return max(LEAST, 10 * slowest)


def limit_memory() -> None:
    """Let this process end in a MemoryError instead of taking the machine's memory."""
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, most))


def check_json(value: object) -> None:
    """Assert that a value can be written as JSON that every reader takes: no NaN, and UTF-8."""
    json.dumps(value, allow_nan=False, ensure_ascii=False, default=str).encode()


def check_figure(name: str, figure: dict) -> None:
    """Assert that a figure is a number in its range, or None, and lies in its interval's order."""
    low, high = -1.0, 1.0
    if name.startswith("margin"):
        low, high = -math.inf, math.inf
    for value in (figure["value"], *figure["interval"]):
        assert value is None or (math.isfinite(value) and low - 1e-9 <= value <= high + 1e-9), (name, figure)
    stderr = figure["stderr"]
    assert stderr is None or (math.isfinite(stderr) and stderr >= 0), (name, figure)
    start, end = figure["interval"]
    assert (start is None) == (end is None), (name, figure)
    assert start is None or start <= end, (name, figure)


def check_text(text: object) -> None:
    """Assert that something is a text which can be written."""
    assert isinstance(text, str), type(text)
    text.encode()


@contextmanager
def _at_most(seconds: float):
    """End what takes so many seconds of the processor, or thirty times as long of anything: a pipe costs nothing."""

    def stop(*_):
        raise SlowError(f"more than {seconds:.1f} s")

    clocks = {signal.ITIMER_PROF: (signal.SIGPROF, seconds), signal.ITIMER_REAL: (signal.SIGALRM, 30 * seconds)}
    for clock, (number, limit) in clocks.items():
        signal.signal(number, stop)
        signal.setitimer(clock, limit)
    try:
        yield
    finally:
        for clock in clocks:
            signal.setitimer(clock, 0)


def _fault(message: str) -> str:
    if not message.strip():
        return "empty"
    if printable(message) != message:
        return "unprintable"
    return "long" if len(message) > LONGEST else ""


def _place(error: BaseException) -> str:
    """The function of ours, or of the test, that the error arose in."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(str(ROOT)) and "/.venv/" not in frame.filename]
    of_readers = [frame for frame in ours if "/tests/" not in frame.filename]
    frame = (of_readers or ours or frames)[-1]
    return f"{Path(frame.filename).name}:{frame.name}:{frame.line or ''}"[:160]
