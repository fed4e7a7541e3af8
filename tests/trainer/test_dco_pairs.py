"""Pairs for DCO: what is drawn, whose odds are the target, and what DPO's pairs say of the reference."""

import json
from collections import Counter
from dataclasses import replace

import pyarrow.parquet
import pytest

from calm_harness.errors import CalmError
from calm_harness.predictions import read
from tests.trainer.test_pairs import arguments, same_bytes, without_labels
from trainer import pairs
from trainer.preferences.dco.draws import pairs_of_languages, two_options
from trainer.preferences.make import make
from trainer.preferences.samples import collect, load
from trainer.preferences.write import write

LANGUAGES = ("en", "fr", "zh")


@pytest.fixture(scope="module")
def samples(cloze_log):
    return load([str(cloze_log)])


@pytest.fixture(scope="module")
def by_place(cloze_log):
    return {(row.question_id, row.language): row for row in read(cloze_log)}


def dco(samples, **settings):
    return make(samples, arguments(objective="dco", **settings))


def odds(cell, row):
    totals = cell.likelihoods["sum"]
    return totals[row["chosen_answer"]] - totals[row["rejected_answer"]]


# What is drawn --------------------------------------------------------------------------------------------------------


def test_both_options_are_drawn_by_question_and_seed():
    assert two_options("q1", 4, 0) == two_options("q1", 4, 0)
    drawn = [two_options(f"q{number}", 3, 0) for number in range(600)]
    assert drawn != [two_options(f"q{number}", 3, 1) for number in range(600)]
    counts = Counter(drawn)
    assert set(counts) == {(a, b) for a in range(3) for b in range(3) if a != b}
    assert all(70 < count < 130 for count in counts.values())  # of 100


def test_partners_are_paired():
    assert pairs_of_languages("q", LANGUAGES, "english", 0) == [("en", "fr"), ("en", "zh")]
    assert pairs_of_languages("q", ("fr", "zh"), "english", 0) == []
    assert pairs_of_languages("q", LANGUAGES, "all", 0) == [("en", "fr"), ("en", "zh"), ("fr", "zh")]
    drawn = pairs_of_languages("q", LANGUAGES, "random", 0)
    assert [one for one, _ in drawn] == ["en", "fr", "zh"]
    assert all(one != other for one, other in drawn)
    assert sorted(pairs_of_languages("q", LANGUAGES[::-1], "random", 0)) == sorted(drawn)  # whatever their order
    assert pairs_of_languages("q", ("fr",), "random", 0) == []


# Rows -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("partners", ["english", "random", "all"])
def test_a_target_is_the_partners_log_odds_before_training(partners, samples, by_place):
    rows, found = dco(samples, partners=partners)
    assert len(rows) == found["pairs"] == {"english": 20 * 4, "random": 20 * 6, "all": 20 * 6}[partners]
    for row in rows:
        own, other = (by_place[row["question_id"], row[name]] for name in ("language", "partner"))
        assert row["target"] == pytest.approx(odds(other, row))
        assert row["ref_chosen_logps"] - row["ref_rejected_logps"] == pytest.approx(odds(own, row))
        assert row["chosen"] == own.continuations[row["chosen_answer"]]
        assert (row["prompt"], row["format"], row["source"]) == (own.prompt, "cloze", "option")
    options = {(row["question_id"], row["chosen_answer"], row["rejected_answer"]) for row in rows}
    assert len(options) == 20  # the same in all languages
    placed = {(row["language"], row["partner"]) for row in rows}
    english = {("en", "fr"), ("en", "zh"), ("fr", "en"), ("zh", "en")}
    assert placed == (english if partners == "english" else english | {("fr", "zh"), ("zh", "fr")})
    assert {"vote_share", "margin"}.isdisjoint(rows[0])


def test_rows_need_no_label(cloze_log, samples, tmp_path):
    folders = tmp_path / "with", tmp_path / "without"
    for folder, log in zip(folders, (samples, load([str(without_labels(cloze_log, tmp_path))])), strict=True):
        write(folder, *dco(log, partners="all"))
    assert same_bytes(*folders, "pairs.parquet", "pairs.jsonl")
    told = [json.loads((folder / "summary.json").read_text("utf-8"))["fixed_point"] for folder in folders]
    assert {"acc", "correct_all"} <= told[0]["predicted"].keys()
    assert {"acc", "correct_all"}.isdisjoint(told[1]["predicted"])
    assert told[0]["predicted"]["consistency"] == told[1]["predicted"]["consistency"]


def test_a_language_without_a_difference_or_a_number_gives_no_row(by_place):
    cells = dict(by_place)
    question_ids = sorted({question_id for question_id, _ in cells})
    same, infinite = question_ids[:2]
    one, other = two_options(same, len(cells[same, "fr"].options), 0)
    options = list(cells[same, "fr"].options)
    options[other] = options[one]
    cells[same, "fr"] = replace(cells[same, "fr"], options=tuple(options))
    totals = cells[infinite, "zh"].likelihoods
    cells[infinite, "zh"] = replace(
        cells[infinite, "zh"], likelihoods={**totals, "sum": (float("-inf"), *totals["sum"][1:])}
    )
    rows, found = dco(collect(list(cells.values())), partners="all")
    assert len(rows) == 18 * 6 + 2 * 2
    assert found["dropped"] == {"a score is no finite number": 1, "both options have the same text": 1}
    left = {
        (row["question_id"], row["language"], row["partner"]) for row in rows if row["question_id"] in (same, infinite)
    }
    assert left == {(same, "en", "zh"), (same, "zh", "en"), (infinite, "en", "fr"), (infinite, "fr", "en")}


def test_caps_draw_among_rows(samples):
    every, _ = dco(samples, partners="all")
    few, found = dco(samples, partners="all", max_pairs=50)
    assert len(few) == 50
    assert [row for row in every if row in few] == few
    assert found["dropped"]["beyond the cap (pairs)"] == 70
    level, _ = dco(samples, balance=True)
    assert set(Counter(row["language"] for row in level).values()) == {20}  # English alone has two partners


def test_questions_on_which_languages_agree(samples):
    few, found = dco(samples, min_languages=3)
    assert 0 < len(few) < 80
    assert found["dropped"]["fewer than 3 languages agree"] == 60 - 3 * len(few) // 4


def test_what_is_written_and_said(cloze_log, tmp_path, capsys):
    argv = ["--samples", str(cloze_log), "--output", str(tmp_path), "--objective", "dco", "--partners", "all"]
    assert pairs.main(argv) == 0
    said = capsys.readouterr().out
    assert "120 pairs from 20 of 20 questions" in said
    assert "where DCO ends up, by log-likelihood (20 questions; labels are reported only, never used)" in said
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    for name in ("before", "predicted"):
        assert f"{summary['fixed_point'][name]['consistency']['value']:.3f}" in said
    assert (
        summary["fixed_point"]["predicted"]["consistency"]["value"]
        > (summary["fixed_point"]["before"]["consistency"]["value"])
    )
    columns = pyarrow.parquet.read_schema(tmp_path / "pairs.parquet")
    for name in ("target", "ref_chosen_logps", "ref_rejected_logps"):
        assert columns.field(name).type == pyarrow.float64()
    assert json.loads((tmp_path / "llama_factory/dataset_info.json").read_text("utf-8")) == {}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"vote": "own"}, "objective=dco holds no vote and takes options as they are: leave vote out"),
        ({"score": "pmi"}, "objective=dco holds no vote and takes options as they are: leave score out"),
        ({"rejected": "top"}, "objective=dco holds no vote and takes options as they are: leave rejected out"),
        ({"languages": ["fr", "zh"]}, "partners=english needs samples in en, not only "),
        ({"min_languages": 4}, "no pair is left (fewer than 4 languages agree: 60); take other questions"),
    ],
)
def test_what_is_no_setting_of_dco(settings, said, cloze_log):
    languages = settings.pop("languages", None)
    with pytest.raises(CalmError) as told:
        dco(load([str(cloze_log)], languages), **settings)
    assert str(told.value).startswith(said)


def test_letters_are_no_texts(by_place):
    letters = [
        replace(cell, continuations=(" A", " B", " C", " D", " E")[: len(cell.options)]) for cell in by_place.values()
    ]
    with pytest.raises(CalmError, match=r"is for options' texts \(a _cloze run\); of question \S+ letters were scored"):
        dco(collect(letters))


def test_what_is_of_another_vote_or_objective(samples, recorded_log):
    for settings, said in (
        ({"partners": "all"}, "partners=all is for objective=dco; leave it out, or take that"),
        ({"pool": "median"}, "pool=median is for vote=pooled; leave it out, or take that"),
        ({"vote": "pooled", "min_votes": 2}, "vote=pooled counts no votes; leave min_votes out"),
    ):
        with pytest.raises(CalmError) as told:
            make(samples, arguments(**settings))
        assert str(told.value).startswith(said)
    with pytest.raises(CalmError, match="objective=dco needs scored options"):
        dco(load([str(recorded_log)]))


# Pairs for DPO --------------------------------------------------------------------------------------------------------


def test_pairs_of_options_bring_the_references_log_probabilities(samples, by_place, recorded_log):
    rows, _ = make(samples, arguments(vote="own", score="pmi"))
    for row in rows:
        totals = by_place[row["question_id"], row["language"]].likelihoods["sum"]
        assert row["ref_chosen_logps"] == totals[row["chosen_answer"]]
        assert row["ref_rejected_logps"] == totals[row["rejected_answer"]]
    of_responses, _ = make(load([str(recorded_log)]), arguments())
    assert {"ref_chosen_logps", "target"}.isdisjoint(of_responses[0])


def test_a_log_likelihood_that_is_no_number_is_not_handed_on(by_place):
    cells = list(by_place.values())
    broken = replace(
        cells[0], likelihoods={**cells[0].likelihoods, "sum": (float("-inf"), *cells[0].likelihoods["sum"][1:])}
    )
    rows, _ = make(collect([broken, *cells[1:]]), arguments(vote="own", score="pmi", rejected="all"))
    unknown = [row for row in rows if row["ref_chosen_logps"] is None]
    assert unknown
    assert all(0 in (row["chosen_answer"], row["rejected_answer"]) for row in unknown)
    assert {(row["question_id"], row["language"]) for row in unknown} == {(broken.question_id, broken.language)}
