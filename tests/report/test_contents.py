"""Runs whose names and paths are the same, and what lay there is not: never one and the same, never compared."""

import json
import shutil

import pytest

from calm_harness import evaluation
from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.report.cards import add_results
from calm_harness.report.leaderboard import build
from calm_harness.report.ranking import to_markdown
from calm_harness.report.runs import find
from tests import own_set, tiny_model

TASK = "calm_mini_xl_cloze"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("models") / "tiny", seed=0)


@pytest.fixture(scope="module")
def once(model, tmp_path_factory):
    """A run of three questions in two languages."""
    folder = tmp_path_factory.mktemp("runs") / "once"
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", TASK, "--metadata", '{"languages": "en,fr"}', "--limit", "6", "--batch_size", "4"]
    evaluation.evaluate([*words, "--output_path", str(folder), "--log_samples"])
    return folder


@pytest.fixture
def copies(once, tmp_path):
    """Copies of the run, changed: what the results say in `metadata.calm`, their model arguments, and the log."""

    def copy(name, *, calm=None, peft=None, days=0, log=None):
        shutil.copytree(once, tmp_path / name)
        (path,) = (tmp_path / name).rglob("results_*.json")
        content = json.loads(path.read_text("utf-8"))
        told = content["configs"][TASK]["metadata"]["calm"]
        told.update(calm or {})
        for key in [key for key, value in told.items() if value == "not said"]:
            del told[key]
        content["config"]["model_args"].update({"peft": peft} if peft else {})
        content["date"] += days * 86400
        path.write_text(json.dumps(content), encoding="utf-8")
        if log:
            (path,) = (tmp_path / name).rglob("samples_*.jsonl")
            path.write_text(path.read_text("utf-8").replace(*log), encoding="utf-8")
        return tmp_path / name

    return copy


def board_of(folder, **more):
    return build(*find([folder]), progress=False, **more)


def rows_of(board, tmp_path):
    return {row.run.results.relative_to(tmp_path).parts[0]: row for row in board.rows}


OTHER = {"digest": "ffffffffffffffff"}


def test_other_questions_of_the_same_ids_are_not_compared(copies, tmp_path, capsys):
    copies("base")
    copies("changed", calm=OTHER, peft="org/adapter", days=1)
    board = board_of(tmp_path)
    rows = rows_of(board, tmp_path)
    assert rows["base"].answers.sheet != rows["changed"].answers.sheet
    assert rows["base"].scope != rows["changed"].scope
    assert rows["changed"].base is None
    (line,) = map(str, board.apart)
    assert line.startswith(str(rows["changed"].run.results))
    assert "its questions (digest ffffffffffffffff) are not those of" in line
    assert "though set, split and ids are; evaluate one of the two anew" in line
    assert "## Not compared" in to_markdown(board, "Runs")
    assert main(["report", str(tmp_path), "--text"]) == 0
    assert "not compared: " in capsys.readouterr().err


def test_a_changed_text_is_said_too(copies, tmp_path):
    copies("base")
    copies("changed", calm=OTHER, log=("Which ocean", "Which sea"))
    (line,) = map(str, board_of(tmp_path).apart)
    assert "are not those of" in line


def test_older_results_are_compared_as_before(copies, tmp_path):
    nothing = {"digest": "not said", "model": "not said", "option_seed": "not said"}
    copies("older", calm=nothing)
    copies("newer", peft="org/adapter", days=1)
    board = board_of(tmp_path)
    rows = rows_of(board, tmp_path)
    assert rows["older"].answers.sheet == rows["newer"].answers.sheet
    assert rows["older"].scope == rows["newer"].scope
    assert rows["newer"].base == rows["older"].number
    assert rows["older"].model == rows["newer"].model.split(" + ")[0] == "tiny"
    assert board.apart == []


def test_where_questions_are_of_two_kinds_an_older_run_is_compared_with_neither(copies, tmp_path):
    copies("one")
    copies("two", calm=OTHER)
    copies("older", calm={"digest": "not said"}, peft="org/adapter", days=1)
    board = board_of(tmp_path)
    rows = rows_of(board, tmp_path)
    assert len({row.answers.sheet for row in rows.values()}) == 3
    assert rows["older"].base is None
    assert len(board.apart) == 2


def test_what_lay_under_one_path_is_two_models(copies, tmp_path):
    copies("before")
    copies("after", calm={"model": {"digest": "eeeeeeeeeeeeeeee", "revision": None}}, days=1)
    copies("aligned", peft="org/adapter", days=2)
    board = board_of(tmp_path, latest=True)
    rows = rows_of(board, tmp_path)
    assert set(rows) == {"before", "after", "aligned"}  # not the same run twice
    assert rows["after"].model == "tiny [eeeeee]"
    assert rows["before"].model.startswith("tiny [")
    assert rows["before"].model != rows["after"].model
    assert rows["aligned"].base == rows["before"].number  # though the other one is nearer in time


def test_what_lay_under_one_path_is_two_adapters(copies, tmp_path):
    for name, digit in (("one", "1"), ("two", "2")):
        copies(name, peft="runs/round1/dpo", calm={"adapter": {"digest": digit * 16, "revision": None}})
    rows = rows_of(board_of(tmp_path), tmp_path)
    assert [rows[name].model for name in ("one", "two")] == [
        "tiny + round1/dpo [111111]",
        "tiny + round1/dpo [222222]",
    ]


def test_the_same_run_twice_is_still_the_same(copies, tmp_path):
    copies("one")
    copies("two", days=1)
    board = board_of(tmp_path, latest=True)
    assert set(rows_of(board, tmp_path)) == {"two"}


def test_a_sets_own_option_seed_is_no_setting_and_another_is(copies, tmp_path):
    copies("own", calm={"option_seed": None})
    copies("seven", calm={"option_seed": 7})
    rows = rows_of(board_of(tmp_path), tmp_path)
    assert "option_seed" not in rows["own"].run.settings
    assert rows["seven"].run.settings["option_seed"] == "7"


def test_results_of_other_weights_are_not_written_into_a_card(copies, model, tmp_path, caplog):
    copies("old", calm={"model": {"digest": "eeeeeeeeeeeeeeee", "revision": None}})
    with pytest.raises(CalmError, match="are of other weights than lie there now; evaluate it anew"):
        add_results(model, board_of(tmp_path))
    copies("now")
    path = add_results(model, board_of(tmp_path))
    assert path.read_text("utf-8").count("type: mini") == 1
    assert "is of other weights than lie in" in caplog.text
    path.unlink()


@pytest.fixture(scope="module")
def relabelled(model, tmp_path_factory):
    """Two runs of a user's own set of twelve questions; the gold answer of one was corrected between them."""
    folder = tmp_path_factory.mktemp("relabelled")
    for name, gold in (("before", "A"), ("after", "B")):
        recipe = own_set.write(folder, size=12, first_gold=gold)
        words = ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
        words += ["--tasks", "calm_custom_xl", "--metadata", json.dumps({"source": str(recipe)})]
        words += ["--batch_size", "4", "--output_path", str(folder / "runs" / name), "--log_samples"]
        evaluation.evaluate(words)
    return folder / "runs"


def test_a_corrected_gold_answer_parts_two_runs(relabelled):
    board = board_of(relabelled, latest=True)
    rows = rows_of(board, relabelled)
    assert set(rows) == {"before", "after"}
    assert all(row.answers is not None for row in rows.values())
    assert rows["before"].scope != rows["after"].scope
    (line,) = map(str, board.apart)
    assert "though set, split and ids are" in line


def test_the_page_compares_what_was_not_changed(relabelled, tmp_path, visit):
    assert main(["report", str(relabelled), "--output", str(tmp_path)]) == 0
    seen = visit(tmp_path / "leaderboard.html", "#view=compare&a=1&b=0")
    seen.page.wait_for_selector("#compare table")
    assert "11 questions that both were asked" in seen.page.inner_text("#compare p")
    assert seen.said == []
