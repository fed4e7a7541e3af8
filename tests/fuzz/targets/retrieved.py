"""Readers of an index folder: manifest, passages (Arrow) and vectors (FAISS); and of glossaries."""

import json
from functools import cache

import numpy as np

from calm_harness.passages.glossary import lines, table
from retrieval.corpus.split import Passage
from retrieval.files.passages import digest, read_passages, write_passages
from retrieval.index import INDEX, MANIFEST, PASSAGES, Index, Manifest
from tests.fuzz.target import put, scratch, target
from tests.fuzz.targets.files import jsonl, separated

COUNT, SIZE = 4, 8


@cache
def folder() -> dict[str, bytes]:
    """The files of an index, made by our own writers."""
    import faiss

    place = put("made-index/x", b"").parent
    passages = [Passage(f"p{n}", ("en", "fr")[n % 2], "T", f"Text {n}.", "corpus", f"p{n}", 1) for n in range(COUNT)]
    write_passages(place / PASSAGES, passages)
    index = faiss.IndexFlatIP(SIZE)
    index.add(np.eye(COUNT, SIZE, dtype=np.float32))
    faiss.write_index(index, str(place / INDEX))
    sizes = {name: (place / name).stat().st_size for name in (INDEX, PASSAGES)}
    corpus = digest(read_passages(place / PASSAGES))
    Manifest(
        "e5", "r", {"query": "", "passage": ""}, SIZE, "flat", COUNT, {"en": 2, "fr": 2}, corpus, 100, 0, sizes, {}
    ).write(place)
    return {name: (place / name).read_bytes() for name in (INDEX, PASSAGES, MANIFEST)}


def _open(name: str, data: bytes) -> None:
    files = {**folder(), name: data}
    if name != MANIFEST:  # a manifest that fits, as who crafts a file would write one
        manifest = json.loads(files[MANIFEST])
        manifest["sizes"][name] = len(data)
        files[MANIFEST] = json.dumps(manifest).encode()
    for file, content in files.items():
        put(f"index/{file}", content)
    index = Index.open(scratch() / "index")
    assert len(index) == len(list(index))
    query = np.eye(1, SIZE, dtype=np.float32)
    for language in (None, *index.manifest.languages):
        for hit in index.search_vectors(query, 1, language)[0]:
            assert hit.passage.text is not None


@target(lambda: [folder()[MANIFEST]], "json")
def manifest_json(data):
    _open(MANIFEST, data)


@target(lambda: [folder()[PASSAGES]], "bytes", crashes=True)
def index_arrow(data):
    _open(PASSAGES, data)


@target(lambda: [folder()[INDEX]], "bytes", crashes=True)
def index_faiss(data):
    _open(INDEX, data)


LABELS = [
    {"entity": "Q456", "en": "Lyon|Lyons", "zh": "里昂"},
    {"entity": "Q668", "en": "India", "zh": "印度|天竺"},
]
NAMES = [
    {"entity": row["entity"], "language": tag, "label": name}
    for row in LABELS
    for tag in ("en", "zh")
    for name in row[tag].split("|")
]


def _glossary(name, data):
    path = str(put(name, data))
    entities = table.read(path, "custom", ["en", "zh"], "en")
    assert table.digest(path, "custom") == table.digest(path, "custom")
    glossary = lines.Glossary(entities, ["en", "zh"], "en")
    for stem in (
        "里昂在哪个国家？",
        "印度在哪个大洲？",
        *(name for entity in entities for name in entity.names.get("zh", ())),
    ):
        told = glossary.laid_out(glossary.of(stem, "zh")[0], "zh")
        assert all("\n" not in passage["text"] for passage in told)
        row = {"question_id": "q", "language": "zh", "options": ["里昂", "印度"], "answer": 0, "passages": told}
        assert lines.coverage([row])["covered"] == bool(told)


@target(lambda: [separated(LABELS), separated(NAMES)], "csv")
def glossary_csv(data):
    _glossary("labels.csv", data)


@target(lambda: [jsonl(LABELS), jsonl(NAMES), jsonl([{"en": ["Lyon", "Lyons"], "zh": "里昂"}])], "jsonl")
def glossary_jsonl(data):
    _glossary("labels.jsonl", data)
