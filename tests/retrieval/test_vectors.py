"""Every kind of FAISS index finds the nearest vectors, among all or among some."""

import numpy as np
import pytest

from retrieval import vectors
from retrieval.errors import RetrievalError

pytest.importorskip("faiss", reason="faiss is not installed; run: pip install calm-harness[retrieval]")


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
        off = 0.005 if kind == "ivfpq" else 1e-5  # a byte a number, of few dimensions
        assert scores == pytest.approx(np.take_along_axis(queries @ given.T, numbers, axis=1), abs=off)


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
    assert vectors.kind_for(100_001) == vectors.kind_for(1_000_000) == "ivf"
    assert vectors.kind_for(1_000_001) == "ivfpq"


def test_cells_are_learned_from_no_more_vectors_however_many_there_are():
    assert [vectors.cells(count) for count in (5000, 100_000, 1_000_000, 10**7, 10**9)] == [128, 1024, 4096, 4096, 4096]
    assert vectors.cells(10**9) * vectors.TRAINED_ON == vectors.SAMPLE


def test_a_vector_takes_a_byte_a_number_and_a_byte_for_four_of_them(tmp_path):
    """And eight for its number."""
    given = drawn(1000, dimension=64)
    index = vectors.build(given, "ivfpq")
    sizes = []
    for name in ("some", "more"):
        vectors.write(index, tmp_path / name)
        sizes.append((tmp_path / name).stat().st_size)
        vectors.add(index, given)
    assert sizes[1] - sizes[0] == 1000 * (64 + 16 + 8)


@pytest.mark.parametrize("dimension", [30, 33, 37])
def test_dimensions_that_four_does_not_divide_are_quantised_too(dimension):
    given = drawn(1000, dimension)
    _, numbers = vectors.search(vectors.build(given, "ivfpq"), given[:50], 1)
    assert numbers[:, 0].tolist() == list(range(50))


def test_vectors_that_were_not_learned_from_are_found_when_they_are_added(tmp_path):
    given = drawn(5000)
    vectors.write(vectors.build(given[:3000], "ivfpq"), tmp_path / "index")
    index = vectors.read(tmp_path / "index", mapped=False)
    vectors.add(index, given[3000:])
    _, numbers = vectors.search(index, given[4000:4100], 5)
    assert np.mean((numbers == np.arange(4000, 4100)[:, None]).any(axis=1)) > 0.95


def test_too_few_vectors_to_learn_codes_from_are_refused():
    with pytest.raises(RetrievalError, match="ivfpq learns from 256 passages or more, not from 255; give --kind flat"):
        vectors.build(drawn(255), "ivfpq")


def test_a_file_without_room_is_no_file(tmp_path):
    """Its last bytes are written when it is closed; that error counts as well."""
    (tmp_path / "index").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        vectors.write(vectors.build(drawn(3), "flat"), tmp_path / "index")
