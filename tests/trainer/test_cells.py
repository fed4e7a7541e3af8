"""Samples that stay in their logs: what is read again is what was read, and memory does not grow with the texts."""

import json
import random
import tracemalloc
from collections.abc import Mapping

import numpy as np
import pytest

from benchmarks.scale import EACH, rows, write_log
from calm_harness.errors import CalmError
from calm_harness.predictions import identify, read
from trainer.logs.cells import Cells
from trainer.preferences.arguments import PairArguments
from trainer.preferences.make import make
from trainer.preferences.samples import collect, load
from trainer.votes import ballots as counted
from trainer.votes.agreement import agreement
from trainer.votes.ballots import resolve, text_votes
from trainer.votes.policies import vote


def write(path, made_up):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made_up), "utf-8")
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of 20 questions in six languages: of the second one rows are missing, and the others in any order."""
    folder = tmp_path_factory.mktemp("runs")
    first = list(rows("cot", 120))
    second = [{**row, "resps": [row["resps"][0][:4]]} for row in first if row["doc_id"] % 7]
    random.Random(0).shuffle(second)
    return [write(folder / "first.jsonl", first), write(folder / "second.jsonl", second)]


def in_memory(logs):
    predictions, _ = identify([read(log) for log in logs])
    return collect(predictions)


def alike(one, other):
    assert isinstance(one.cells, Cells)
    assert (one.question_ids, one.languages, one.sizes) == (other.question_ids, other.languages, other.sizes)
    assert list(one.cells.items()) == list(other.cells.items())  # in the same order
    assert one.places().tolist() == [list(cell) for cell in other.cells]
    for mine, theirs in zip(vars(one.ballots()).values(), vars(other.ballots()).values(), strict=True):
        assert np.array_equal(mine, theirs, equal_nan=isinstance(mine, np.ndarray))


def test_what_is_read_again_is_what_was_read(runs):
    alike(load([*map(str, runs)]), in_memory(runs))
    alike(load([str(runs[1])]), in_memory([runs[1]]))


def test_of_a_question_that_two_runs_have_there_are_the_samples_of_both(runs):
    samples = load([*map(str, runs)])
    assert len(samples.cells[0, 0].responses) == EACH  # row 0 is not in the second run
    assert len(samples.cells[0, 1].responses) == EACH + 4
    assert len(samples.cells[0, 1].choices) == EACH + 4


def test_scored_options_are_read_again_as_well(tmp_path):
    log = write_log(tmp_path, "cloze", 60)
    alike(load([str(log)]), in_memory([log]))
    assert np.array_equal(
        load([str(log)]).ballots("pmi", probabilities=True).mass,
        in_memory([log]).ballots("pmi", probabilities=True).mass,
    )


def test_languages_and_questions_are_kept_by_name(runs):
    samples = load([str(runs[0])], ["ja", "en"], ["made-up-00000003", "made-up-00000001"])
    assert samples.question_ids == ("made-up-00000001", "made-up-00000003")
    assert samples.languages == ("en", "ja")
    assert len(samples.cells) == 4
    with pytest.raises(CalmError, match="there are no samples in es, pt; leave the language out"):
        load([str(runs[0])], ["es", "en", "pt"])
    with pytest.raises(CalmError, match="there are no samples of 2 questions, the first is x"):
        load([str(runs[0])], None, ["y", "x", "made-up-00000001"])


def test_a_question_that_was_not_sampled_in_a_language_is_none(runs):
    cells = load([str(runs[1])]).cells
    assert isinstance(cells, Mapping)
    for cell in ((0, 6), (0, -1), (99, 0), (-1, 5)):
        with pytest.raises(KeyError):
            cells[cell]


def test_a_log_that_is_written_to_meanwhile_is_refused(tmp_path):
    log = write(tmp_path / "log.jsonl", rows("cot", 12))
    samples = load([str(log)])
    with log.open("a") as file:
        file.write("\n")
    with pytest.raises(CalmError, match=r"log\.jsonl was changed while it was read; run it again"):
        samples.cells[0, 0]


def test_a_row_of_another_kind_is_refused(tmp_path):
    log = write(tmp_path / "log.jsonl", [*rows("cot", 6), {"prompt": "?", "predict": "A", "label": "A"}])
    with pytest.raises(CalmError, match="has rows of several kinds"):
        load([str(log)])


@pytest.mark.parametrize(("part", "name"), [("answers", "choice"), ("doc", "answer")])
@pytest.mark.parametrize("value", ["B", 5, 1.5, -2])
def test_an_answer_that_is_no_option_is_refused(part, name, value, tmp_path):
    good, bad = rows("cot", 2)
    log = write(tmp_path / "log.jsonl", [good, {**bad, part: {**bad[part], name: value}}])
    with pytest.raises(CalmError, match=r"log\.jsonl row 1: gold .* or choice .* is none of its 5 options"):
        load([str(log)])


def test_memory_does_not_grow_with_the_texts(tmp_path):
    def grown(count):
        """Bytes that are still there after rows of 4,000 characters were read."""
        made_up = ({**row, "resps": [[f"{'x' * 4000}\nAnswer: B"]]} for row in rows("cot", count))
        log = write(tmp_path / f"{count}.jsonl", made_up)
        load([str(log)])
        tracemalloc.start()
        samples = load([str(log)])
        left, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(samples.cells) == count
        return left

    assert (grown(1200) - grown(300)) / 900 < 200


# A block of questions at a time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["cot", "cloze"])
def test_votes_are_the_same_block_by_block(kind, tmp_path, monkeypatch):
    samples = load([str(write_log(tmp_path, kind, 66))])  # 11 questions

    def found():
        ballots = samples.ballots("pmi" if kind == "cloze" else None, probabilities=kind == "cloze")
        outcomes = [vote(ballots, policy, ties="random") for policy in ("crosslingual", "weighted", "own")]
        arrays = [ballots.mass, ballots.gaps, agreement(ballots), resolve(ballots), text_votes(ballots)]
        return [array for array in arrays if array is not None] + [outcome.winner for outcome in outcomes]

    whole = found()
    monkeypatch.setattr(counted, "BLOCK", 2)
    for one, other in zip(whole, found(), strict=True):
        assert np.array_equal(one, other, equal_nan=True)


def test_pairs_are_the_same_from_a_log_and_from_memory(runs):
    for settings in (
        {},
        {"balance_length": True},
        {"max_pairs": 30, "balance": True},
        {"vote": "own", "rejected": "one"},
    ):
        args = PairArguments(samples=[], output="", **settings)
        assert make(load([*map(str, runs)]), args) == make(in_memory(runs), args)
