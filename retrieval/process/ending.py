"""How a command ends, whatever ends it: in one line and a status, and no traceback."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from retrieval.process.terminal import garbled, show_all
from retrieval.text import printable

GOES_ON = "run it again, what is done is kept"
FULL = (errno.ENOSPC, errno.EDQUOT)
OF_FULL_DISKS = (  # what libraries say that do not pass the system's error on
    *("No space left on device", "os error 28", "Disk quota exceeded", "os error 122"),
    *("PytorchStreamWriter failed", "unexpected pos"),
)
OF_MEMORY = (
    *("can't allocate memory", "Cannot allocate memory", "failed to map segment", "not enough memory"),
    *("out of memory", "std::bad_alloc", "bad allocation", "realloc of size", "can't start new thread"),
)
SIGNALS = ("SIGTERM", "SIGHUP")  # which end a command as Ctrl-C does; the second is not known everywhere


class Terminated(KeyboardInterrupt):
    """A signal asks the process to end; whoever cleans up after Ctrl-C does so after this.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(program: str, command: Callable[[], int], known: tuple[type[Exception], ...]) -> int:
    """Run a command, what it imports included.

    Args:
        program: its name, before what it says at its end.
        command: does the work, and returns the status.
        known: errors whose message says all that there is to say.

    Returns:
        The command's status; 1 where something from outside kept it from its work, which is said in one line on stderr;
        128 and the signal's number where it was told to end.
    """
    _listen()
    show_all()
    if unread := garbled():
        _say(f"{program}: {unread}")
        return 1
    try:
        status = command()
        sys.stdout.flush()
        return status
    except KeyboardInterrupt as error:
        _quiet()
        number = error.number if isinstance(error, Terminated) else signal.SIGINT
        _say(f"{program}: {'interrupted' if number == signal.SIGINT else 'told to end'}; {GOES_ON}")
        return 128 + number
    except BrokenPipeError:  # `... | head`
        _print_nothing()
        return 1
    except Exception as error:
        line = str(error) if isinstance(error, known) else hindrance(error)
        if line is None:
            raise
        _say(f"{program}: {printable(line)}")
        try:
            sys.stdout.flush()
        except OSError:
            _print_nothing()
        return 1


def hindrance(error: BaseException) -> str | None:
    """Say in a line what of the system kept a command from its work; None where it is not the system's."""
    for each in _chain(error):
        text = " ".join(str(each).split())
        number, reason, file = (each.errno, each.strerror, each.filename) if isinstance(each, OSError) else (None,) * 3
        place = "" if file is None else f" for {file}"
        if number in FULL or any(sign in text for sign in OF_FULL_DISKS):
            return f"no room left{place} ({text}); make room, and {GOES_ON}"
        if isinstance(each, MemoryError) or number == errno.ENOMEM or any(sign in text for sign in OF_MEMORY):
            said = f" ({text})" if text else ""
            return f"out of memory{said}; take smaller batches, fewer at a time or a larger machine, and {GOES_ON}"
        if number is not None and file is not None:
            return f"{file}: {reason}; correct it, and {GOES_ON}"
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it came of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__  # type: ignore[assignment]


def _listen() -> None:
    """Have signals that ask for an end be met as Ctrl-C is; one that is ignored (nohup) stays so."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _quiet() -> None:
    """Let what comes next end the process without a word: it is ending."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", *SIGNALS):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


def _print_nothing() -> None:
    """Have what could not be printed go nowhere, rather than be tried again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(line: str) -> None:
    """Say a line on stderr, clear of a progress bar that is still there."""
    try:
        sys.modules["tqdm"].tqdm.write(line, file=sys.stderr)
    except (KeyError, AttributeError, MemoryError):  # it was not imported, or not to its end
        print(line, file=sys.stderr)
