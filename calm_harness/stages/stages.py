"""The stages of a command that runs for long: a line each on the terminal, and all else that is said in a log.

stages = Stages()
with stages.logged(folder / "loop.log"):
    stages.once("base model: sample")(folder / "sample", inputs, work)
    stages.say("report  ...")
"""

from __future__ import annotations

import functools
import sys
import textwrap
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from calm_harness import cache
from calm_harness.errors import CalmError
from calm_harness.process import loggers
from calm_harness.runtime import writes
from calm_harness.stages.log import captured
from calm_harness.stages.watch import Watch

WIDE = 100  # columns of a list of stages

Once = Callable[[Path, Mapping[str, Any], Callable[[], object]], bool]
"""Does a piece of work unless it was done, as `calm_harness.cache.stage` does, which is one that shows nothing."""


class Stages:
    """What is shown of stages. Without a log nothing is, and what they say goes where it went.

    Args:
        verbose: show all that is in the log.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self._watch: Watch | None = None
        self._said: set[str] = set()
        self._told: set[Path] = set()  # folders of stages that were shown
        self._before: list[str] = []  # stages that were done before, and are not shown yet

    def heard(self) -> AbstractContextManager[None]:
        """Show our warnings while the block runs, which comes before the log; what is shown then is not shown again."""
        return loggers.handled(loggers.Heard(self._warn))

    def _warn(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            print(f"warning: {message}", file=sys.stderr, flush=True)

    @contextmanager
    def logged(self, path: Path) -> Iterator[None]:
        """Send all that is said while the block runs to the end of a file; of several processes, the first one does.

        Raises:
            OSError: the file cannot be written.
        """
        if not writes():
            yield
            return
        with captured(path) as log, loggers.handled(loggers.named()):
            watch = Watch(log, self._said, verbose=self._verbose)
            with watch.watching():
                watch.note(f"\n======== {time.strftime('%Y-%m-%d %H:%M:%S %z')} {' '.join(sys.argv)}")
                self._watch = watch
                try:
                    yield
                    self._tell_before()
                except BaseException as error:
                    with suppress(OSError):
                        log.write(f"\nended: {_reason(error)}\n")
                    raise
                finally:
                    self._watch = None

    def say(self, text: str) -> None:
        """Show a text, and write it to the log."""
        if self._watch is not None:
            self._tell_before()
            self._watch.say(text)

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Show a stage that is always done: see `Watch.stage`."""
        if self._watch is None:
            return nullcontext()
        self._tell_before()
        return self._watch.stage(name)

    def once(self, name: str) -> Once:
        """Return what does a stage of this name once, and shows that; a folder is shown once, whatever its name."""
        return functools.partial(self._once, name)

    def _once(self, name: str, folder: Path, inputs: Mapping[str, Any], work: Callable[[], object]) -> bool:
        if self._watch is None or folder in self._told:
            return cache.stage(folder, inputs, work)
        if cache.is_done(folder, inputs):
            self._told.add(folder)
            self._before.append(name)
            return False
        with self.stage(name):
            done = cache.stage(folder, inputs, work)
        self._told.add(folder)
        return done

    def _tell_before(self) -> None:
        if self._before and self._watch is not None:
            names = f"done before: {'; '.join(self._before)}"
            self._before = []
            self._watch.say(textwrap.fill(names, WIDE, subsequent_indent="  ", break_long_words=False))


def _reason(error: BaseException) -> str:
    """Say why something ended: in a line what a user did or may mend, else where it was raised."""
    if isinstance(error, KeyboardInterrupt):
        return "told to end"
    return str(error) if isinstance(error, CalmError) else "".join(traceback.format_exception(error))
