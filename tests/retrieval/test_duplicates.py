"""Repeats are found whether word for word or nearly so, and other passages are left alone."""

import json
from pathlib import Path

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
    return found


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
