"""A log that is watched while it is written: our own warnings and how far a stage is are shown, or all of it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from calm_harness.stages.lines import Lines, warned
from calm_harness.stages.log import Log
from calm_harness.stages.terminal import Terminal

LOOK = 0.25  # seconds
END = 12  # lines of a log that are shown where a stage fails
NAME = 40  # columns of a stage's name


class Watch:
    """What is shown of a log.

    Args:
        log: which is written.
        said: warnings that were shown, each of which is shown once.
        verbose: whether all of the log is shown.
    """

    def __init__(self, log: Log, said: set[str], *, verbose: bool) -> None:
        self._log, self._said, self._verbose = log, said, verbose
        self._terminal = Terminal(log.out, log.err)
        self._lines = Lines()
        self._end: deque[str] = deque(maxlen=END)  # of what was said since a stage began
        self._running: tuple[str, float] | None = None  # a stage's name, and when it began
        self._lock = threading.RLock()
        self._failed: OSError | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look at the log again and again while the block runs."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK) and self._failed is None:
                try:
                    self._look()
                except OSError as error:  # nobody reads what is shown
                    self._failed = error

        thread = threading.Thread(target=watch, name="log", daemon=True)
        thread.start()
        try:
            yield
            self.look()
        finally:
            over.set()
            thread.join(timeout=10 * LOOK)
            with suppress(OSError):
                self._terminal.clear()

    def look(self) -> None:
        """Show what came since the last look.

        Raises:
            OSError: it cannot be shown.
        """
        if self._failed is not None:
            raise self._failed
        self._look()

    def _look(self) -> None:
        with self._lock:
            while text := self._log.read():
                if self._verbose:
                    self._terminal.echo(text)
                lines = self._lines.feed(text)
                self._end.extend(lines)
                for message in filter(None, map(warned, lines)):
                    self.warn(message)
            if self._running and not self._verbose:
                name, began = self._running
                self._terminal.rewrite(f"{_aligned(name, time.monotonic() - began)}  {self._lines.bar}")

    def note(self, text: str) -> None:
        """Write a text to the log."""
        self._log.write(f"{text}\n")
        self.look()

    def say(self, text: str) -> None:
        """Show a text, and write it to the log."""
        with self._lock:
            self.note(text)
            if not self._verbose:
                for line in text.splitlines():
                    self._terminal.say(line)

    def warn(self, message: str) -> None:
        """Show a warning, unless it was."""
        with self._lock:
            if message not in self._said and not self._verbose:
                self._terminal.warn(f"warning: {message}")
            self._said.add(message)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a stage: how far it is while it runs, then how long it took, and the end of what it said if it fails."""
        self.note(f"\n==== {time.strftime('%Y-%m-%d %H:%M:%S')} {name}")
        began = time.monotonic()
        with self._lock:
            if not self._verbose and not self._terminal.rewrites:
                self._terminal.say(f"{name} ...")
            self._end.clear()
            self._lines.bar = ""
            self._running = name, began
        try:
            yield
        except Exception:
            self._fail(name, f"failed after {spent(time.monotonic() - began)}")
            raise
        finally:
            self._running = None
        self.say(_aligned(name, time.monotonic() - began))

    def _fail(self, name: str, how: str) -> None:
        self.look()
        with self._lock:
            self._running = None
            end = [f"    {line}" for line in self._end if warned(line) is None]
            self.say(f"{name:<{NAME}} {how}")
            if not self._verbose:
                self._terminal.warn(f"  the end of what it said; {self._log.path} has all of it:")
                for line in end:
                    self._terminal.warn(line)


def _aligned(name: str, seconds: float) -> str:
    return f"{name:<{NAME}} {spent(seconds):>11}"


def spent(seconds: float) -> str:
    """Say how long something took."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"
