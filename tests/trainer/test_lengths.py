"""How the lengths of chosen and rejected texts are told, and matched."""

import itertools
import json
import random
import time

import numpy as np
import pytest
from transformers import AutoTokenizer

from tests.recorded import CODES, samples_file
from trainer import pairs
from trainer.preferences import texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.lengths import levelled
from trainer.preferences.make import make
from trainer.preferences.samples import load
from trainer.preferences.texts import Text, paired


def text(length, answer=0, thoughts=""):
    return Text("x" * length, answer, "native", thoughts)


# Of a question --------------------------------------------------------------------------------------------------------


def test_each_rejected_text_stands_beside_the_chosen_one_of_closest_length():
    chosen, rejected = [text(10), text(30), text(50)], [text(45, 1), text(12, 2), text(20, 3)]
    lengths = [(len(one.text), len(other.text)) for one, other in paired(chosen, rejected, len, one=False)]
    assert lengths == [(50, 45), (10, 12), (10, 20)]  # of two that are as close, the first
    first = [(len(one.text), len(other.text)) for one, other in paired(chosen, rejected, None, one=False)]
    assert first == [(10, 45), (10, 12), (10, 20)]


def test_of_one_pair_a_question_it_is_the_closest():
    chosen, rejected = [text(10), text(30)], [text(45, 1), text(31, 1)]
    assert paired(chosen, rejected, len, one=True) == [(chosen[1], rejected[1])]
    assert paired(chosen, rejected, None, one=True) == [(chosen[0], rejected[0])]
    assert paired([], rejected, len, one=True) == []


def test_the_closest_is_among_those_with_thoughts_where_what_is_rejected_has_some():
    chosen = [text(10), text(40, thoughts="<think></think>")]
    assert paired(chosen, [text(10, 1, "<think></think>")], len, one=False)[0][0] == chosen[1]


# Of a language --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gaps", "kept"),
    [
        ([5, -5, 0], [0, 1, 2]),
        ([5, -5, 0, 9], [0, 1, 2]),
        ([-40, 1, -1, 2, -2], [1, 2, 3, 4]),
        ([3, 3, 3, 3], [0, 1, 2, 3]),  # leaving one out brings nothing
        ([1], [0]),
        ([], []),
    ],
)
def test_which_pairs_level_a_language(gaps, kept):
    assert levelled(gaps) == kept


def levelled_one_by_one(gaps):
    """As the rule says it, looking at all pairs that are left each time."""
    left, total = dict(enumerate(gaps)), sum(gaps)
    while len(left) > 1 and len(left) - 1 >= 0.5 * len(gaps):
        number = min(left, key=lambda number: abs(total - left[number]))
        if abs(total - left[number]) / (len(left) - 1) >= abs(total) / len(left):
            break
        total -= left.pop(number)
    return list(left)


def test_of_any_gaps_those_are_kept_that_the_rule_says():
    draw = random.Random(0)
    for _ in range(500):
        widest, more = draw.choice([1, 3, 500]), draw.choice([0, 5, -30, 200])
        gaps = [draw.randint(-widest, widest) + more for _ in range(draw.randrange(30))]
        assert levelled(gaps) == levelled_one_by_one(gaps), gaps


def test_a_hundred_thousand_pairs_are_matched_in_seconds():
    draw = random.Random(0)
    gaps = [draw.randint(-500, 500) + 100 for _ in range(100_000)]
    start = time.process_time()
    kept = levelled(gaps)
    assert time.process_time() - start < 5
    assert abs(sum(gaps[number] for number in kept)) < 500


def test_no_more_than_half_are_left_out():
    gaps = list(range(1, 101))
    kept = levelled(gaps)
    assert len(kept) == 50
    assert max(gaps[number] for number in kept) == 50  # those that differ most are gone


def test_no_other_pair_brings_the_mean_nearer():
    """Against all that can be left out of few pairs: a single step more never helps."""
    for gaps in itertools.product([-7, 0, 2, 11], repeat=5):
        kept = [gaps[number] for number in levelled(gaps)]
        mean = abs(np.mean(kept))
        assert mean <= abs(np.mean(gaps))
        if len(kept) - 1 >= len(gaps) / 2:
            assert all(abs(np.mean([*kept[:place], *kept[place + 1 :]])) >= mean for place in range(len(kept)))


# Of pairs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokenizer(offline_model):
    return AutoTokenizer.from_pretrained(offline_model)


@pytest.fixture(scope="module")
def release(calm_release):
    return load([f"{language}={samples_file(calm_release, language)}" for language in CODES])


def made(samples, offline_model, **settings):
    return make(samples, PairArguments(samples=[], output="", tokenizer=str(offline_model), **settings))


@pytest.fixture(scope="module")
def plain(release, offline_model):
    return made(release, offline_model)


@pytest.fixture(scope="module")
def balanced(release, offline_model):
    return made(release, offline_model, balance_length=True)


def gaps_of(rows, tokenizer):
    gaps = {}
    for row in rows:
        chosen, rejected = (
            len(tokenizer.encode(row[side].strip(), add_special_tokens=False)) for side in ("chosen", "rejected")
        )
        gaps.setdefault(row["language"], []).append(chosen - rejected)
    return gaps


def test_lengths_are_told_in_the_models_tokens(plain, tokenizer):
    rows, found = plain
    gaps = gaps_of(rows, tokenizer)
    assert found["length_unit"] == "tokens"
    for language, lengths in found["lengths_by_language"].items():
        assert lengths["difference"]["value"] == pytest.approx(np.mean(gaps[language]))


def test_balanced_lengths_differ_by_less_than_a_token_in_each_language(plain, balanced, tokenizer):
    before, after = (gaps_of(rows, tokenizer) for rows, _ in (plain, balanced))
    assert before.keys() == after.keys()
    assert max(abs(np.mean(gaps)) for gaps in before.values()) > 3
    assert max(abs(np.mean(gaps)) for gaps in after.values()) < 1
    for language, gaps in after.items():
        assert np.mean(np.abs(gaps)) < np.mean(np.abs(before[language]))
        assert len(gaps) >= 0.85 * len(before[language])
    lost = balanced[1]["dropped"]["to balance lengths (pairs)"]
    assert len(balanced[0]) == len(plain[0]) - lost


def test_balanced_pairs_are_of_the_same_answers_and_samples(plain, balanced, release):
    rejected = {(row["question_id"], row["language"], row["rejected"]): row["chosen_answer"] for row in plain[0]}
    numbers = {question_id: number for number, question_id in enumerate(release.question_ids)}
    other = 0
    for row in balanced[0]:
        assert rejected[row["question_id"], row["language"], row["rejected"]] == row["chosen_answer"]
        cell = release.cells[numbers[row["question_id"]], release.languages.index(row["language"])]
        chosen = [text.text.strip() for text in texts.usable(cell) if text.answer == row["chosen_answer"]]
        assert row["chosen"].strip() in chosen
        other += row["chosen"].strip() != chosen[0]
    assert other > 100


def test_one_flag_balances_and_the_command_says_so(recorded_log, offline_model, tmp_path, capsys):
    argv = ["--samples", str(recorded_log), "--output", str(tmp_path / "out"), "--tokenizer", str(offline_model)]
    assert pairs.main([*argv, "--balance_length", "true"]) == 0
    found = json.loads((tmp_path / "out/summary.json").read_text("utf-8"))
    french = found["lengths_by_language"]["fr"]
    printed = capsys.readouterr().out
    assert "mean tokens, chosen and rejected: " in printed
    assert f"fr {french['chosen']:.0f} and {french['rejected']:.0f} (difference " in printed
    assert "to balance lengths (pairs)" in printed
