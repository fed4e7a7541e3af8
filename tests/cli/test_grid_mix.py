"""The grid of mixed languages with a real model: run by one command, read by everything that reads logs."""

import json

import pytest

from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.report import probe
from calm_harness.report.leaderboard import build
from calm_harness.report.runs import find
from tests.conftest import log_of
from trainer.preferences.samples import load

TASK = "calm_mini_xl_cloze"


def words(model, out, *flags):
    words = ["grid", "--tasks", TASK, "--mix", "gold,one_wrong", "--output_path", str(out), "--limit", "4"]
    words += ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    return [*words, "--batch_size", "4", "--metadata", '{"languages": "en,de"}', *flags]


@pytest.fixture(scope="module")
def out(offline_model, tmp_path_factory):
    """Two questions of `mini` in two languages: unmixed, and mixed in two ways."""
    folder = tmp_path_factory.mktemp("mix")
    assert main(words(offline_model, folder)) == 0
    return folder


def rows(folder):
    return [json.loads(line) for line in log_of(folder).read_text(encoding="utf-8").splitlines()]


def test_the_grid_lays_the_mixes_beside_the_unmixed_run(out):
    found = json.loads((out / "grid.json").read_text(encoding="utf-8"))
    assert (found["questions"], found["languages"], found["language"]) == (2, ["en", "de"], "en")
    assert list(found["cells"]) == ["none", "gold", "one_wrong"]
    right = {kind: {} for kind in found["cells"]}
    chosen = {kind: {} for kind in found["cells"]}
    for kind in found["cells"]:
        for row in rows(out / kind):
            doc, choice = row["doc"], row["answers"]["choice"]
            right[kind][doc["question_id"], doc["language"]] = choice == doc["answer"]
            chosen[kind][doc["question_id"], doc["language"]] = choice
    german = [key for key in right["none"] if key[1] == "de"]
    for kind in ("gold", "one_wrong"):
        cell = found["cells"][kind]["de"]
        lost = sum(right["none"][key] - right[kind][key] for key in german) / 2
        assert cell["barrier"]["value"] == pytest.approx(lost)
        flipped = sum(chosen["none"][key] != chosen[kind][key] for key in german) / 2
        assert cell["flipped"]["value"] == pytest.approx(flipped)
        assert cell["barrier"]["interval"][0] <= lost <= cell["barrier"]["interval"][1]
    text = (out / "grid.md").read_text(encoding="utf-8")
    assert text.startswith("2 questions in de, what is not in the row's language in en")
    assert "By chance 0.2" in text
    assert "2 of at least 10 questions" in text
    assert "| one_wrong |" in text
    assert (out / "grid.csv").read_text(encoding="utf-8").startswith("mix,language,figure,value,stderr,low,high\nnone,")


def test_the_grid_is_a_probe_of_the_page(out, offline_model):
    """The same figures, each with the number of its questions: where no option is odd, attraction is of none."""
    (found,), skipped = probe.find([out])
    assert skipped == []
    assert (found.path, found.probe.kind, found.probe.questions) == (out / "probe.json", "mix", 2)
    assert (found.probe.model, found.probe.task) == (str(offline_model), TASK)
    cells = json.loads((out / "grid.json").read_text(encoding="utf-8"))["cells"]
    tables = {table.figure: table for table in found.probe.tables}
    assert list(tables) == ["accuracy", "barrier", "flipped", "attraction"]
    for name, figure in (("acc", "accuracy"), *((name, name) for name in ("barrier", "flipped", "attraction"))):
        for kind, line in tables[figure].cells.items():
            assert list(line) == ["de", "all"]
            assert all(cell == cells[kind][tag][name] for tag, cell in line.items())
    assert list(tables["attraction"].rows) == ["one_wrong"]
    odd = {
        row["doc"]["question_id"]
        for row, plain in zip(rows(out / "one_wrong"), rows(out / "none"), strict=True)
        if row["doc"]["language"] == "de" and row["doc"]["options"] != english(plain, out)
    }
    assert tables["attraction"].cells["one_wrong"]["de"]["questions"] == len(odd)
    assert tables["accuracy"].cells["none"]["de"]["questions"] == 2


def english(row, out):
    """The options of a row's question in English."""
    (found,) = [
        each["doc"]["options"]
        for each in rows(out / "none")
        if each["doc"]["language"] == "en" and each["doc"]["question_id"] == row["doc"]["question_id"]
    ]
    return found


def test_rows_of_the_rest_are_asked_as_they_are_without_mix(out):
    def english(kind):
        return [(row["arguments"], row["answers"]) for row in rows(out / kind) if row["doc"]["language"] == "en"]

    plain, gold = english("none"), english("gold")
    assert [arguments for arguments, _ in plain] == [arguments for arguments, _ in gold]
    for (_, one), (_, other) in zip(plain, gold, strict=True):
        assert one["scores"]["pmi"] == pytest.approx(other["scores"]["pmi"], abs=1e-3)


def test_the_leaderboard_shows_mixed_runs_as_what_they_are_and_ranks_none_with_another(out):
    board = build(*find([out]), progress=False)
    assert sorted(row.run.how for row in board.rows) == [
        *("zero-shot", "zero-shot, mixed gold with en", "zero-shot, mixed one_wrong with en"),
    ]
    gold = next(row for row in board.rows if "gold" in row.run.how)
    assert gold.scope == "mini · test · 2 questions · en de · mixed gold with en"
    assert len({row.scope for row in board.rows}) == 3
    assert not board.noted
    assert not board.apart


def test_score_says_that_languages_are_mixed(out, capsys):
    mixed, plain = (str(log_of(out / kind)) for kind in ("gold", "none"))
    assert main(["score", "--predictions", mixed, "--baseline", plain]) == 0
    assert "languages within a question are mixed: gold with en; in the baseline: not" in capsys.readouterr().out
    assert main(["score", "--predictions", plain]) == 0
    assert "mixed" not in capsys.readouterr().out


def test_mixed_runs_are_never_trained_on(out):
    with pytest.raises(CalmError, match=r"was asked in mixed languages \(mix=gold\), which may show the right option"):
        load([str(out / "gold")])
    assert load([str(out / "none")]).languages == ("en", "de")


def test_what_is_done_is_done_once_and_another_mix_is_other_content(out, offline_model, capfd):
    before = {path: path.stat().st_mtime_ns for path in out.rglob("samples_*.jsonl")}
    assert main(words(offline_model, out)) == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("samples_*.jsonl")} == before
    capfd.readouterr()
    assert main(words(offline_model, out, "--mix_with", "de")) == 1
    said = capfd.readouterr().err
    assert f"calm: {out / 'gold'} holds what was done with other inputs (" in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--mix", "gold,silver"], "there is no mix 'silver'"),
        (["--mix_with", "fr"], "--mix_with fr: mixed rows are compared with those in that language; add it to"),
        (["--passage_languages", "en"], "--passage_languages is for --index"),
        (["--tasks", "arc_easy"], "--mix takes one task of a question set"),
        (["--metadata", '{"mix": "options"}'], "mix is what the runs of --mix differ in; leave it out"),
        (["--shard", "1/2"], "a grid is of whole runs"),
    ],
)
def test_bad_input_is_said_before_anything_is_run(flags, said, tmp_path, capsys):
    assert main(words("no/model", tmp_path / "out", *flags)) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
