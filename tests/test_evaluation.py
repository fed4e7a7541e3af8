"""`calm eval`'s own part: lm-eval's flags, the user's tasks beside ours, and nothing of lm-eval replaced."""

import json
import subprocess
import sys

import pytest

from calm_harness.cli import main
from calm_harness.errors import CalmError, LastLineError, ends_in_one_line
from calm_harness.evaluation import configure, evaluate, find_tasks


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A user's own task, in a folder of theirs."""
    folder = tmp_path_factory.mktemp("mine")
    rows = [
        {"question": "2 + 2?", "choices": ["3", "4"], "gold": 1},
        {"question": "1 + 2?", "choices": ["3", "4"], "gold": 0},
    ]
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    (folder / "mine.yaml").write_text(
        "task: mine\ndataset_path: json\noutput_type: multiple_choice\ntest_split: train\n"
        f"dataset_kwargs:\n  data_files: {folder / 'data.jsonl'}\n"
        'doc_to_text: "{{question}}"\ndoc_to_choice: choices\ndoc_to_target: gold\n'
    )
    return folder


@pytest.mark.parametrize("tasks", ["mine,calm_mini_xl", "calm_mini_xl,mine"])
@pytest.mark.parametrize("where", ["flag first", "flag last", "config"])
def test_the_users_include_path_joins_ours(tasks, where, mine, tmp_path):
    words = ["--tasks", tasks]
    if where == "config":
        (tmp_path / "run.yaml").write_text(f"include_path: {mine}\nmodel: hf\n")
        words += ["--config", str(tmp_path / "run.yaml")]
    else:
        flag = ["--include_path", str(mine)]
        words = [*flag, *words] if where == "flag first" else [*words, *flag]
    configuration = configure(words)
    manager = find_tasks(configuration)
    assert sorted(configuration.tasks) == ["calm_mini_xl", "mine"]
    assert sorted(manager.load(configuration.tasks)["tasks"]) == ["calm_mini_xl", "mine"]


def test_lm_evals_own_tasks_are_indexed_only_where_one_is_asked_for(mine):
    ours = find_tasks(configure(["--tasks", "calm_mini_xl,calm_mini_xl_cot"]))
    assert "calm_mini_xl" in ours.all_tasks
    assert "hellaswag" not in ours.all_tasks
    assert "hellaswag" in find_tasks(configure(["--tasks", "calm_mini_xl,hellaswag"])).all_tasks
    tagged = configure(["--tasks", "calm"])
    find_tasks(tagged)
    assert tagged.tasks == ["calm"]


def test_a_users_task_and_ours_run_together(mine, offline_model, tmp_path, capsys):
    from lm_eval.api import registry
    from lm_eval.tasks import TaskManager

    before = TaskManager, registry.get_model, list(sys.argv)
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={offline_model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", "mine,calm_mini_xl", "--include_path", str(mine), "--limit", "2", "--batch_size", "2"]
    evaluate([*words, "--metadata", '{"languages": "en"}', "--output_path", str(tmp_path), "--log_samples"])
    assert (TaskManager, registry.get_model, sys.argv) == before
    (results,) = tmp_path.rglob("results_*.json")
    written = json.loads(results.read_text("utf-8"))
    assert set(written["results"]) == {"mine", "calm_mini_xl"}
    assert written["config"]["model"] == written["model_source"] == "hf-prefix"
    assert {path.name.split("_2")[0] for path in tmp_path.rglob("samples_*.jsonl")} == {
        "samples_mine",
        "samples_calm_mini_xl",
    }
    printed = capsys.readouterr().out
    assert "|mine " in printed
    assert "|calm_mini_xl|" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tasks", "calm_nothing"], "Tasks not found: calm_nothing"),
        (["--tasks", "calm_mini_xl", "--log_samples"], "Specify --output_path"),
        (["--tasks", "calm_mini_xl", "--config", "no/where.yaml"], "Config file not found"),
        (["--model", "hf"], "which tasks?"),
    ],
)
def test_what_does_not_fit_together_is_one_line(words, said, capsys):
    assert main(["eval", *words]) == 1
    printed = capsys.readouterr().err
    (line,) = [line for line in printed.splitlines() if line.startswith("calm: ")]
    assert said in line


def test_without_flags_all_of_lm_evals_are_shown(capsys):
    for words in (["eval"], ["eval", "--help-all"]):
        assert main(words) == 0
        shown = capsys.readouterr().out
        assert "--model_args" in shown
        assert "--apply_chat_template" in shown


def test_importing_the_task_leaves_the_program_its_excepthook():
    code = "import sys; before = sys.excepthook; import calm_harness.task.calm_task; print(sys.excepthook is before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_an_error_of_a_task_ends_somebody_elses_program_in_its_one_line():
    code = (
        "from calm_harness.errors import CalmError, ends_in_one_line\n"
        "with ends_in_one_line():\n    raise CalmError('x.json row 3 is cut off; get it anew')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "calm: x.json row 3 is cut off; get it anew\n")


def test_such_an_error_is_caught_as_any_other():
    for kind in (CalmError, Exception):
        with pytest.raises(kind, match=r"^it$") as caught, ends_in_one_line():
            raise CalmError("it")
        assert caught.type is LastLineError
