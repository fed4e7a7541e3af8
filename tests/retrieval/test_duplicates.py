"""Repeats are found whether word for word or nearly so, and other passages are left alone."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import calm_harness
from retrieval.corpus import duplicates

for needed in ("rensa",):
    pytest.importorskip(needed, reason=f"{needed} is not installed; run: pip install calm-harness[retrieval]")

PASSAGES = [
    (path.stem, json.loads(line)["text"])
    for path in sorted((Path(calm_harness.__file__).parent / "data" / "mini" / "passages").glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]


def repeats(tmp_path, passages):
    signatures = duplicates.Signatures(tmp_path / "signatures")
    for language, text in passages:
        signatures.add(language, text)
    found = duplicates.repeats(signatures.read())
    signatures.close()
    return {number: earlier for number, earlier in enumerate(found.tolist()) if earlier != number}


def test_equal_but_for_case_and_white_space(tmp_path):
    texts = [
        "Bees make honey in summer.",
        "Ants make no honey.",
        "bees  make HONEY in summer",
        "Bees make honey\nin summer.",
    ]
    assert repeats(tmp_path, [("en", text) for text in texts]) == {2: 0, 3: 0}


def test_nearly_equal(tmp_path):
    text = " ".join(text for language, text in PASSAGES if language == "en")[:1500]
    changed = text.replace("Seine", "Thames", 1).replace("glass", "steel", 1)
    assert changed != text
    assert repeats(tmp_path, [("en", text), ("en", changed)]) == {1: 0}


def test_the_same_words_in_another_language_are_no_repeat(tmp_path):
    assert repeats(tmp_path, [("en", "Paris"), ("fr", "Paris"), ("en", "Paris")]) == {2: 0}


def test_different_passages_are_left_alone(tmp_path):
    assert len(PASSAGES) == 2560
    assert repeats(tmp_path, PASSAGES) == {}


def test_every_passage_of_a_doubled_corpus_repeats_its_own_first(tmp_path):
    some = PASSAGES[:500]
    assert repeats(tmp_path, some + some) == {500 + number: number for number in range(500)}


def test_nothing_repeats_nothing(tmp_path):
    assert repeats(tmp_path, []) == {}


@pytest.mark.parametrize("doubled", [False, True])
def test_memory_is_some_bytes_a_passage_however_many_repeat(doubled):
    count = 100_000
    signatures = np.random.default_rng(0).integers(2**32, size=(count, duplicates.HASHES), dtype=np.uint32)
    if doubled:
        signatures[count // 2 :] = signatures[: count // 2]
    tracemalloc.start()
    try:
        earliest = duplicates.repeats(signatures)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert np.array_equal(earliest, np.arange(count) % (count // 2 if doubled else count))
    assert peak < 80 * count


def test_a_passage_repeats_the_earliest_that_it_is_alike_to():
    """Four fifths of a signature: 52 hashes of 64."""
    first = np.arange(64, dtype=np.uint32)
    second, third = first.copy(), first.copy()
    second[[*range(0, 24, 2)]] += 100  # 12 others, in six bands
    third[[*range(0, 26, 2)]] += 200  # 13 others, in seven
    far = first + np.uint32(1000)
    assert duplicates.repeats(np.stack([far, first, second, third])).tolist() == [0, 1, 1, 3]
