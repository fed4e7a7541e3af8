"""Rows are found by content, wherever another file lacks one or has one too many. The files are real."""

import json
import random

import pytest

from calm_harness.questions.align import align, doubled_rows
from calm_harness.questions.evidence import Item
from calm_harness.questions.option_marks import split_all

MEDQA = "medqa/test/test_sft_en_q_1000/all_test_{}.json"
XCSQA = "xcsqa/samples/x_csqa_{}_train_sampled.json"
SHORT = 400  # rows of a file that are used: enough, and quick
FILES = {"medqa zh": (MEDQA, "native_en", "en2cn"), "medqa fr": (MEDQA, "native_en", "en2fr")} | {
    f"xcsqa {code}": (XCSQA, "en", code) for code in ("cn", "fr", "ja")
}


def items(path):
    return [Item(question.stem, question.options) for question in split_all(inputs(path))]


def inputs(path):
    return [row["input"] for row in json.loads(path.read_text("utf-8"))[:SHORT]]


@pytest.fixture(scope="module", params=FILES)
def files(request, calm_release):
    pattern, left, right = FILES[request.param]
    english, other = (items(calm_release / "data" / pattern.format(code)) for code in (left, right))
    doubled = doubled_rows(other)
    other = [item for place, item in enumerate(other) if place not in doubled]
    return english[: len(other)], other


def test_parallel_files_are_aligned_whole(files):
    english, other = files
    assert align(english, other) == {place: place for place in range(len(other))}


@pytest.mark.parametrize("seed", range(3))
def test_a_missing_row_costs_no_other(files, seed):
    english, other = files
    gone = random.Random(seed).randrange(len(other))
    pairs = align(english, other[:gone] + other[gone + 1 :])
    right = {place: place - (place > gone) for place in range(len(english)) if place != gone}
    assert pairs.items() <= right.items()  # never a wrong pair
    assert len(pairs) >= len(right) - 2  # and only a row beside the gap may be left out as unsure


@pytest.mark.parametrize("seed", range(3))
def test_a_foreign_row_costs_no_other(files, seed):
    english, other = files
    place = random.Random(seed).randrange(len(other))
    foreign = other[(place + len(other) // 2) % len(other)]
    pairs = align(english, [*other[:place], foreign, *other[place:]])
    right = {row: row + (row >= place) for row in range(len(english))}
    assert pairs.items() <= right.items()
    assert len(pairs) >= len(right) - 2


def test_several_slips_in_one_file(files):
    english, other = files
    changed = [*other[:50], *other[52:200], other[10], *other[200:350], *other[351:]]
    pairs = align(english, changed)
    assert {place: other.index(changed[found]) for place, found in pairs.items()} == {place: place for place in pairs}
    assert len(pairs) >= len(english) - 3 - 4


def test_a_replaced_case_history_is_noticed(calm_release):
    pattern, left, right = FILES["medqa fr"]
    english, other = (items(calm_release / "data" / pattern.format(code)) for code in (left, right))
    changed = [*other[:100], other[300], *other[101:]]
    assert 100 not in align(english, changed)


def test_a_doubled_row_is_found_though_its_words_differ(calm_release):
    chinese = items(calm_release / "data" / MEDQA.format("en2cn"))
    assert doubled_rows(chinese) == {298: 297}
    assert chinese[298].stem != chinese[297].stem


def test_questions_that_share_their_options_are_not_doubled():
    options = ("necrosis", "gangrene", "edema", "abscess")
    assert doubled_rows([Item("1. Which follows an infarct?", options), Item("2. Which holds pus?", options)]) == {}
    assert doubled_rows([Item("A man takes 10 mg daily.", options), Item("A man takes 20 mg daily.", options)]) == {}


def test_too_little_evidence_leaves_rows_out_instead_of_guessing():
    left = [Item(stem, ("a", "b")) for stem in ("x", "y", "z")]
    right = [Item(stem, ("甲", "乙")) for stem in ("子", "丑")]
    assert align(left, right) == {}
