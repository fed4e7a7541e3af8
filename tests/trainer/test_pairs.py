"""Preference pairs: against the pairs that the authors published, without labels, and from both kinds of samples."""

import json
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow.parquet
import pytest

from calm_harness.answers import extract
from calm_harness.errors import CalmError
from calm_harness.predictions import read
from calm_harness.questions.option_marks import split_options
from tests.recorded import CODES, samples_file
from trainer import pairs
from trainer.preferences import texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.make import make
from trainer.preferences.samples import load
from trainer.preferences.write import write
from trainer.votes.agreement import agreement
from trainer.votes.policies import vote

CHECKED = ("zh", "fr", "de", "it", "ja")  # DPO_en.json follows from other samples; the release's README says so


def bare(text):
    return "".join(text.split())


def arguments(samples=(), output="unused", **settings):
    return PairArguments(samples=list(samples), output=str(output), **settings)


@pytest.fixture(scope="module")
def release_names(calm_release):
    return [f"{language}={samples_file(calm_release, language)}" for language in CODES]


@pytest.fixture(scope="module")
def release(release_names):
    return load(release_names)


@pytest.fixture(scope="module")
def published(calm_release):
    folder = calm_release / "data/xcsqa/train/dpo"
    return {language: json.loads((folder / f"DPO_{CODES[language]}.json").read_text("utf-8")) for language in CHECKED}


@pytest.fixture(scope="module")
def cells(release):
    """(language, stem) -> number of the question, and its samples in the language."""
    return {(release.languages[language], bare(cell.stem)): (q, cell) for (q, language), cell in release.cells.items()}


# The authors' pairs ---------------------------------------------------------------------------------------------------


def test_the_vote_is_the_one_that_the_authors_published(release, published, cells):
    """Where theirs differs, responses that give no single answer were read as the first letter in them."""
    ballots = release.ballots()
    counts = ballots.mass.sum(axis=1)
    outcome = vote(ballots, "crosslingual")
    different = Counter()
    for language, rows in published.items():
        equal = untied = 0
        for row in rows:
            q, cell = cells[language, bare(split_options(row["input"]).stem)]
            winner = outcome.winner[q, release.languages.index(language)]
            if winner >= 0:
                letter = extract(row["chosen"], cell.options, language)
                untied += 1
                equal += letter == winner
                if letter != winner:
                    different[q, letter] += 1
        assert equal / untied >= 0.989, language
    assert len({q for q, _ in different}) == 3
    assert sum(different.values()) == 26
    for q, letter in different:
        unread = sum(choice is None for (row, _), cell in release.cells.items() if row == q for choice in cell.choices)
        assert counts[q].max() - counts[q][letter] <= unread


def test_the_rejected_responses_are_those_that_the_authors_published(release, published, cells):
    rows, _ = make(release, arguments(chosen=["native", "template"]))
    ours = {(row["language"], bare(row["stem"]), bare(row["rejected"])) for row in rows}
    outcome = vote(release.ballots(), "crosslingual")
    for language, theirs in published.items():
        untied = []
        for row in theirs:
            stem = bare(split_options(row["input"]).stem)
            q, _ = cells[language, stem]
            if outcome.winner[q, 0] >= 0:
                untied.append((language, stem, bare(row["rejected"])))
        assert np.mean([pair in ours for pair in untied]) >= 0.97, language


def test_one_dissenting_response_has_the_most_frequent_wrong_answer(release):
    every, _ = make(release, arguments(rejected="all"))
    one, _ = make(release, arguments(rejected="one"))
    places = Counter((row["question_id"], row["language"]) for row in one)
    assert set(places.values()) == {1}
    assert set(places) == {(row["question_id"], row["language"]) for row in every}
    wrong = {}
    for row in every:
        wrong.setdefault((row["question_id"], row["language"]), Counter())[row["rejected_answer"]] += 1
    lone = next(row for row in one if len(wrong[row["question_id"], row["language"]]) == 1)
    assert lone["rejected_answer"] in wrong[lone["question_id"], lone["language"]]


# Without labels -------------------------------------------------------------------------------------------------------


def without_output(release, folder):
    """Copies of the samples files with every label removed."""
    names = []
    for language in CODES:
        rows = json.loads(samples_file(release, language).read_text("utf-8"))
        for row in rows:
            del row["output"]
        path = folder / f"{language}.json"
        path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
        names.append(f"{language}={path}")
    return names


def without_labels(log, folder):
    """A copy of a log with every label, and every metric that was computed from one, removed."""
    path = folder / f"{log.stem}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for line in log.read_text("utf-8").splitlines():
            row = json.loads(line)
            del row["doc"]["answer"]
            kept = {"doc_id", "doc", "arguments", "resps", "filtered_resps", "filter", "answers"}
            file.write(json.dumps({name: value for name, value in row.items() if name in kept}) + "\n")
    return path


def same_bytes(one, other, *names):
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


@pytest.fixture(scope="module")
def unlabelled(calm_release, tmp_path_factory):
    return load(without_output(calm_release, tmp_path_factory.mktemp("unlabelled")))


@pytest.mark.parametrize("policy", ["crosslingual", "english", "own", "weighted", "pivot", "confident", "random"])
def test_pairs_of_the_release_need_no_label(release, unlabelled, policy, tmp_path):
    folders = tmp_path / "with", tmp_path / "without"
    for folder, samples in zip(folders, (release, unlabelled), strict=True):
        write(folder, *make(samples, arguments(vote=policy)))
    assert same_bytes(*folders, "pairs.parquet", "pairs.jsonl", "llama_factory/calm_zh.json")
    assert "vote_acc" in json.loads((folders[0] / "summary.json").read_text())
    assert "vote_acc" not in json.loads((folders[1] / "summary.json").read_text())


@pytest.mark.parametrize(
    ("kind", "policies"),
    [
        (
            "cloze",
            ["crosslingual", "english", "own", "weighted", "sensitive", "pooled", "pivot", "confident", "random"],
        ),
        ("recorded", ["crosslingual", "english", "own", "weighted", "pivot", "confident", "random"]),
    ],
)
def test_pairs_of_logs_need_no_label(kind, policies, request, tmp_path):
    log = request.getfixturevalue(f"{kind}_log")
    labelled, bare_log = load([str(log)]), load([str(without_labels(log, tmp_path))])
    for policy in policies:
        folders = tmp_path / policy / "with", tmp_path / policy / "without"
        for folder, samples in zip(folders, (labelled, bare_log), strict=True):
            write(folder, *make(samples, arguments(vote=policy)))
        assert same_bytes(*folders, "pairs.parquet", "pairs.jsonl", "llama_factory/calm_en.json")


def test_gold_is_the_one_vote_that_needs_labels(recorded_log, tmp_path):
    with pytest.raises(CalmError, match="vote=gold needs labels, and these samples have none"):
        make(load([str(without_labels(recorded_log, tmp_path))]), arguments(vote="gold"))
    rows, found = make(load([str(recorded_log)]), arguments(vote="gold"))
    assert found["vote_acc"]["all"]["value"] == 1
    gold = {(row.question_id, row.language): row.gold for row in read(recorded_log)}
    assert all(row["chosen_answer"] == gold[row["question_id"], row["language"]] for row in rows)


# Both kinds of samples ------------------------------------------------------------------------------------------------


def test_a_log_of_the_same_responses_gives_the_same_votes(recorded_log, release):
    of_log = load([str(recorded_log)])
    assert len(of_log.question_ids) == 60
    assert of_log.languages == tuple(CODES)
    stems = {release.cells[q, 0].stem: release.ballots().mass[q] for q in range(len(release.question_ids))}
    ours = of_log.ballots().mass
    for q in range(60):
        assert np.array_equal(ours[q], stems[of_log.cells[q, 0].stem])


def test_scored_options_become_pairs_of_options(cloze_log):
    samples = load([str(cloze_log)])
    rows, found = make(samples, arguments(score="pmi", vote="own"))
    assert found["pairs"] == len(rows) == 60
    by_place = {(row.question_id, row.language): row for row in read(cloze_log)}
    for row in rows:
        cell = by_place[row["question_id"], row["language"]]
        assert row["prompt"] == cell.prompt
        assert row["chosen"] == cell.continuations[row["chosen_answer"]]
        assert row["rejected"] == cell.continuations[row["rejected_answer"]] != row["chosen"]
        assert row["chosen_answer"] == int(np.argmax(cell.likelihoods["pmi"]))
        assert (row["format"], row["source"]) == ("cloze", "option")


def test_which_option_is_rejected(cloze_log):
    samples = load([str(cloze_log)])
    by_place = {(row.question_id, row.language): row for row in read(cloze_log)}
    drawn = {policy: make(samples, arguments(vote="own", rejected=policy))[0] for policy in ("random", "top", "all")}
    assert [row["rejected_answer"] for row in drawn["random"]] != [row["rejected_answer"] for row in drawn["top"]]
    for row in drawn["top"]:
        scores = by_place[row["question_id"], row["language"]].scores
        assert sorted(scores)[-2] == scores[row["rejected_answer"]]
    sizes = {place: len(cell.options) for place, cell in by_place.items()}
    assert len(drawn["all"]) == sum(sizes.values()) - len(sizes)
    again = make(samples, arguments(vote="own"))[0]
    assert again == drawn["random"]
    assert make(samples, arguments(vote="own", seed=1))[0] != again


def test_english_alone_decides_for_all(cloze_log):
    samples = load([str(cloze_log)])
    english = {row.question_id: row.choices[0] for row in read(cloze_log) if row.language == "en"}
    rows, _ = make(samples, arguments(vote="english"))
    assert {row["language"] for row in rows} == {"en", "fr", "zh"}
    assert all(row["chosen_answer"] == english[row["question_id"]] for row in rows)


def test_agreement_chooses_questions_whatever_the_vote(cloze_log):
    samples = load([str(cloze_log)])
    chosen = {
        policy: {row["question_id"] for row in make(samples, arguments(vote=policy, min_languages=3))[0]}
        for policy in ("crosslingual", "own", "random")
    }
    agreeing = Counter(agreement(samples.ballots()).tolist())
    assert len(chosen["crosslingual"]) == agreeing[3] > 0
    assert chosen["crosslingual"] == chosen["own"] == chosen["random"]


def test_caps_and_balance(release):
    everything, _ = make(release, arguments())
    counts = Counter(row["language"] for row in everything)
    balanced, _ = make(release, arguments(balance=True))
    assert set(Counter(row["language"] for row in balanced).values()) == {min(counts.values())}
    capped, found = make(release, arguments(max_pairs_per_language=100))
    assert set(Counter(row["language"] for row in capped).values()) == {100}
    assert found["dropped"]["beyond the cap (pairs)"] == len(everything) - 600
    few, _ = make(release, arguments(max_pairs=50))
    assert len(few) == 50
    assert [row for row in everything if row in few] == few  # in the old order


def test_limits_on_the_vote(release):
    sure, _ = make(release, arguments(min_votes=12))
    assert sure
    assert min(row["vote_share"] for row in sure) >= 12 / 18
    clear, _ = make(release, arguments(min_margin=0.5))
    assert min(row["margin"] for row in clear) >= 0.5
    with pytest.raises(CalmError, match=r"no pair is left \(fewer than 19 votes: "):
        make(release, arguments(min_votes=19))


# Texts ----------------------------------------------------------------------------------------------------------------


def test_the_chosen_text_is_a_native_sample_or_the_answer_line(recorded_log):
    rows, _ = make(load([str(recorded_log)]), arguments(chosen=["native", "template"]))
    by_place = {(row.question_id, row.language): row for row in read(recorded_log)}
    assert {row["source"] for row in rows} == {"native", "template"}
    lines = {
        "en": "\nAnswer: ",
        "zh": "\n答案：",
        "fr": "\nRéponse\u00a0: ",
        "de": "\nAntwort: ",
        "it": "\nRisposta: ",
        "ja": "\n答え：",
    }
    for row in rows:
        cell = by_place[row["question_id"], row["language"]]
        if row["source"] == "native":
            assert row["chosen"].strip() in [text.strip() for text in cell.responses]
        else:
            assert row["chosen"] == f"{lines[row['language']]}{'ABCDE'[row['chosen_answer']]}"
        assert extract(row["chosen"], cell.options, row["language"]) == row["chosen_answer"]
        assert extract(row["rejected"], cell.options, row["language"]) == row["rejected_answer"]
        assert row["chosen_answer"] != row["rejected_answer"]
    native, found = make(load([str(recorded_log)]), arguments())
    assert {row["source"] for row in native} == {"native"}
    assert found["dropped"]["no text for the chosen answer"] > 0


def test_responses_that_break_off_are_neither_chosen_nor_rejected(recorded_log, tmp_path):
    """The first sample was cut; of the others nothing is known but their text."""
    samples = load([str(recorded_log)])
    cell = next(cell for cell in samples.cells.values() if cell.language == "en" and None not in cell.choices)
    answers = ("Answer: A\n\nThey are", "Answer: B\n\nThey are", "Answer: A\n\nThey are here.", "It is so.\nAnswer: B")
    cut = replace(cell, responses=("Answer: A.", *answers), choices=(0, 0, 1, 0, 1), truncated=True)
    assert [text.text for text in texts.usable(cut)] == ["Answer: A\n\nThey are here.", "It is so.\nAnswer: B"]
    assert [text.text for text in texts.native(texts.usable(cut), 0)] == ["Answer: A\n\nThey are here."]
    assert [text.text for text in texts.dissenting(texts.usable(cut), 0, "all")] == ["It is so.\nAnswer: B"]
    known = replace(cut, truncated=False)
    assert texts.usable(known)[0].text == "Answer: A."
    unknown = replace(cut, responses=answers, choices=(0, 1, 0, 1), truncated=None)
    assert texts.usable(unknown)[0].text == "Answer: A\n\nThey are here."
    assert texts.usable(replace(unknown, responses=answers[:2], choices=(0, 1))) == []


def test_lengths_are_told_and_warned_of_where_they_differ(recorded_log, caplog, tmp_path, capsys):
    samples = load([str(recorded_log)])
    rows, found = make(samples, arguments())
    assert found["warnings"] == []
    for column in ("language", "source"):
        assert found[f"lengths_by_{column}"].keys() == {row[column] for row in rows}
    french = [row for row in rows if row["language"] == "fr"]
    expected = {side: np.mean([len(row[side].strip()) for row in french]) for side in ("chosen", "rejected")}
    chat = make(samples, arguments(chat=True))[1]
    for lengths in (found["lengths_by_language"]["fr"], chat["lengths_by_language"]["fr"]):
        difference = lengths.pop("difference")
        assert lengths == pytest.approx(expected, abs=0.06)
        assert difference["value"] == pytest.approx(expected["chosen"] - expected["rejected"])
        assert difference["interval"][0] < difference["value"] < difference["interval"][1]
    assert found["length_unit"] == "characters"
    argv = ["--samples", str(recorded_log), "--output", str(tmp_path / "out"), "--chosen", "template"]
    assert pairs.main(argv) == 0
    warned = json.loads((tmp_path / "out/summary.json").read_text("utf-8"))["warnings"]
    assert {line.partition(":")[0] for line in warned} == {"source template", *(f"language {tag}" for tag in CODES)}
    assert all("rejected texts are more than 2 times as long as chosen ones" in line for line in warned)
    assert set(warned) <= set(caplog.messages)
    printed = capsys.readouterr().out
    assert all(f"warning: {line}" in printed for line in warned)


def test_no_warning_of_scored_options(cloze_log):
    _, found = make(load([str(cloze_log)]), arguments(vote="own", rejected="all"))
    assert found["lengths_by_source"].keys() == {"option"}
    assert found["warnings"] == []


def test_chat_pairs_are_messages(recorded_log):
    samples = load([str(recorded_log)])
    plain, _ = make(samples, arguments())
    chat, _ = make(samples, arguments(chat=True))
    assert len(chat) == len(plain)
    assert chat[0]["prompt"] == [{"role": "user", "content": plain[0]["prompt"]}]
    assert chat[0]["chosen"] == [{"role": "assistant", "content": plain[0]["chosen"].strip()}]


def test_what_is_written(recorded_log, tmp_path, capsys):
    argv = ["--samples", str(recorded_log), "--output", str(tmp_path / "out")]
    assert pairs.main(argv) == 0
    printed = capsys.readouterr().out
    rows = pyarrow.parquet.read_table(tmp_path / "out/pairs.parquet").to_pylist()
    assert rows == [json.loads(line) for line in (tmp_path / "out/pairs.jsonl").read_text("utf-8").splitlines()]
    assert f"{len(rows)} pairs from" in printed
    info = json.loads((tmp_path / "out/llama_factory/dataset_info.json").read_text())
    assert info["calm_fr"] == {
        "file_name": "calm_fr.json",
        "ranking": True,
        "columns": {"prompt": "instruction", "query": "input", "chosen": "chosen", "rejected": "rejected"},
    }
    french = json.loads((tmp_path / "out/llama_factory/calm_fr.json").read_text("utf-8"))
    assert [row["chosen"] for row in french] == [row["chosen"] for row in rows if row["language"] == "fr"]
    summary = json.loads((tmp_path / "out/summary.json").read_text("utf-8"))
    assert summary["settings"]["vote"] == "crosslingual"
    assert sum(row["questions"] for row in summary["agreement"].values()) == 60


# Bad input ------------------------------------------------------------------------------------------------------------


def failure(argv, capsys):
    assert pairs.main(argv) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def test_bad_input_is_one_line(recorded_log, cloze_log, release_names, tmp_path, capsys):
    out = ["--output", str(tmp_path / "out")]
    log = ["--samples", str(recorded_log)]
    assert "is missing; give an lm-eval sample log" in failure(["--samples", "nowhere.jsonl", *out], capsys)
    assert "has no samples_*.jsonl; evaluate with --log_samples" in failure(["--samples", str(tmp_path), *out], capsys)
    assert "does not say its language" in failure(["--samples", release_names[0].partition("=")[2], *out], capsys)
    alone = shutil.copy(cloze_log, tmp_path / "cloze.jsonl")  # without the results, which name another model
    both = failure(["--samples", str(recorded_log), str(alone), *out], capsys)
    assert "some runs scored options and others wrote responses" in both
    for one in (cloze_log, recorded_log):
        twice = failure(["--samples", str(one), str(one), *out], capsys)
        assert "are one log, whose samples would count twice; name one of them" in twice
    assert "score and probabilities are for runs that scored" in failure([*log, *out, "--score", "pmi"], capsys)
    assert "rejected=top is not for responses; take one of all, one" in failure(
        [*log, *out, "--rejected", "top"], capsys
    )
    assert "there are no samples in es" in failure([*log, *out, "--languages", "en", "es"], capsys)
    assert "vote=english needs samples in en" in failure(
        [*log, *out, "--languages", "fr", "de", "--vote", "english"], capsys
    )
    assert "chosen=translate needs a translator" in failure([*log, *out, "--chosen", "translate"], capsys)
    assert "chosen=template native: the first that there is is taken; write native template" in failure(
        [*log, *out, "--chosen", "template", "native"], capsys
    )
    assert "tokenizer ./nowhere cannot be loaded" in failure([*log, *out, "--tokenizer", "./nowhere"], capsys)
    scores = ["--samples", str(cloze_log), *out]
    for flag in ("--balance_length", "--thoughts"):
        assert "balance_length and thoughts are for responses" in failure([*scores, flag, "true"], capsys)
    (tmp_path / "ids").write_text("no-such-question\n")
    assert "there are no samples of 1 questions" in failure([*log, *out, "--questions", str(tmp_path / "ids")], capsys)
    (tmp_path / "bad.yaml").write_text("vote: [")
    assert "bad.yaml is not YAML" in failure(["--config", str(tmp_path / "bad.yaml")], capsys)
    assert not (tmp_path / "out").exists()


def test_questions_of_an_evaluation_are_refused(recorded_log, tmp_path, capsys, calm_release):
    argv = ["--samples", str(recorded_log), "--output", str(tmp_path / "out")]
    held = ["--held_out", f"xcsqa:train@{calm_release}"]
    assert "questions of these pairs are in xcsqa:train" in failure([*argv, *held], capsys)
    assert "questions of these pairs are in" in failure([*argv, "--held_out", str(recorded_log)], capsys)
    assert pairs.main([*argv, *held, "--transductive", "true"]) == 0
    found = json.loads((tmp_path / "out/summary.json").read_text("utf-8"))["held_out"]
    assert found[f"xcsqa:train@{calm_release}"]["shared"] > 0
    assert found["mini:test"]["shared"] == 0


def test_mini_test_is_always_held_out(tmp_path, capsys, cloze_log):
    """A log whose questions are called training questions, and are those of the test."""
    from calm_harness.questions import load as questions

    stems = {row.language: row.stem for row in questions("mini", split="test", languages=["en", "fr", "zh"]).rows[:3]}
    rows = [json.loads(line) for line in cloze_log.read_text("utf-8").splitlines()]
    first = rows[0]["doc"]["question_id"]
    for row in rows:
        if row["doc"]["question_id"] == first:
            row["doc"]["stem"] = stems[row["doc"]["language"]]
    log = tmp_path / "samples_x.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    line = failure(["--samples", str(log), "--output", str(tmp_path / "out"), "--vote", "own"], capsys)
    assert "1 questions of these pairs are in mini:test: " in line
