"""What is made once: of several workers by the first that asks for it, and in a worker for all of its tests."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from calm_harness.files import whole

SAME = ("revision", "trust_remote_code", "use_fast")  # whatever they say, a folder holds one tokenizer


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder of this session that one worker fills; others wait for it, read it, and leave it as it is.

    Args:
        factory: pytest's `tmp_path_factory`, whose folder is the worker's own and lies in the session's.
        name: of the folder.
        make: fills a folder that is empty.
    """
    own = factory.getbasetemp()
    session = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = session / name
    with FileLock(session / f"{name}.lock"):
        if not folder.exists():
            with whole(folder) as scratch:
                scratch.mkdir()
                make(scratch)
    return folder


@contextmanager
def environment_described_once() -> Iterator[None]:
    """Let all evaluations of a worker tell of the same environment: lm-eval asks pip for it each time, for a second."""
    if "torch" not in sys.modules:
        yield
        return
    from torch.utils import collect_env

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collect_env, "get_pretty_env_info", cache(collect_env.get_pretty_env_info))
        yield


@contextmanager
def tokenizer_read_once(folder: Path) -> Iterator[None]:
    """Have a tokenizer of 262,144 tokens read once, which takes seconds; whoever asks gets settings of their own."""
    from transformers import AutoTokenizer

    read, known = AutoTokenizer.from_pretrained, {}

    def read_once(name: object, *rest: object, **named: object) -> Any:
        if str(name) != str(folder):
            return read(name, *rest, **named)
        key = repr((rest, sorted(item for item in named.items() if item[0] not in SAME)))
        if key not in known:
            known[key] = read(name, *rest, **named)
        twin = copy(known[key])
        vars(twin).update({at: copy(value) for at, value in vars(twin).items() if isinstance(value, dict | list)})
        return twin

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AutoTokenizer, "from_pretrained", read_once)
        yield
