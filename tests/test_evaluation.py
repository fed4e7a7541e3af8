"""`calm eval`'s own part: lm-eval's flags, the user's tasks beside ours, and nothing of lm-eval replaced."""

import json
import subprocess
import sys

import pytest

from calm_harness.cli import main
from calm_harness.errors import CalmError, LastLineError, ends_in_one_line
from calm_harness.evaluation import configure, evaluate, find_tasks
from calm_harness.models.digest import folder_digest
from calm_harness.questions import load
from calm_harness.questions.digest import content_digest
from calm_harness.report import results_file
from tests import tiny_model


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
        (["--tasks", "calm_mini_xl", "--config", "no/where.yaml"], "no/where.yaml is missing"),
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


# What would be lost at the end ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)


def words_of(model, out, *more, tasks="calm_mini_xl", metadata=None, limit=("--limit", "4")):
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", tasks, "--metadata", json.dumps({"languages": "en,fr", **(metadata or {})})]
    return [*words, *limit, "--batch_size", "4", "--output_path", str(out), "--log_samples", *more]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"metadata": {"langauges": "en"}}, "did you mean 'languages'"),
        ({"metadata": {"languages": "en,tlh"}}, "there is no language of mini 'tlh'"),
        ({"metadata": {"split": "dev"}}, "there is no split of mini 'dev'"),
        ({"tasks": "calm_custom_xl"}, "custom needs a YAML file"),
        ({"tasks": "calm_mini_xl_rag"}, "needs an index of passages"),
    ],
)
def test_a_task_is_read_before_the_model_is_loaded(changes, said, tmp_path, capsys):
    assert main(["eval", *words_of(tmp_path / "no-model", tmp_path / "out", **changes)]) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("calm: ")]
    assert said in line


def test_samples_and_output_are_tried_before_the_model_is_loaded(tmp_path, capsys):
    def said(out, *more):
        assert main(["eval", *words_of(tmp_path / "no-model", out, *more, limit=())]) == 1
        (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("calm: ")]
        return line

    (tmp_path / "file").write_text('{"calm_mini_xl": [0, 1')
    assert "file/out cannot be written in (Not a directory)" in said(tmp_path / "file" / "out")
    assert "file is cut off or is not JSON" in said(tmp_path / "out", "--samples", str(tmp_path / "file"))
    assert "calm_mini_xl has no row 999" in said(tmp_path / "out", "--samples", '{"calm_mini_xl": [999]}')
    assert "calm_mini is not among --tasks" in said(tmp_path / "out", "--samples", '{"calm_mini": [1]}')
    assert "neither a file nor" in said(tmp_path / "out", "--samples", str(tmp_path / "nowhere.json"))


def test_a_model_with_a_very_long_path_is_saved(tiny, tmp_path):
    folder = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 16)
    folder.mkdir(parents=True)
    (folder / "model").symlink_to(tiny)
    assert len(str(folder / "model")) > 400
    evaluate(words_of(folder / "model", tmp_path / "out"))
    (results,) = (tmp_path / "out").rglob("results_*.json")
    assert results.parent.name.endswith("__a-folder-with-a-long-name__model")
    assert len(list((tmp_path / "out").rglob("samples_*.jsonl"))) == 1


def test_results_that_were_not_saved_are_no_success(tiny, tmp_path, monkeypatch):
    from lm_eval.loggers import EvaluationTracker

    def fail(self, *args, **kwargs):
        pass  # lm-eval logs what went wrong, and goes on

    monkeypatch.setattr(EvaluationTracker, "save_results_aggregated", fail)
    monkeypatch.setattr(EvaluationTracker, "save_results_samples", fail)
    with pytest.raises(CalmError, match=r"results could not be saved in .*out; make room"):
        evaluate(words_of(tiny, tmp_path / "out"))


def test_predict_only_logs_answers_and_computes_nothing(tiny, tmp_path, capsys):
    evaluate(words_of(tiny, tmp_path, "--predict_only"))
    printed = capsys.readouterr().out
    assert "acc" not in printed
    assert "consistency" not in printed
    (path,) = tmp_path.rglob("results_*.json")
    results = json.loads(path.read_text("utf-8"))
    assert set(results["results"]["calm_mini_xl"]) <= {
        "alias",
        "name",
        "sample_len",
        "answers,none",
        "answers_stderr,none",
    }
    assert "pairwise" not in results["configs"]["calm_mini_xl"]["metadata"]["calm"]
    (log,) = tmp_path.rglob("samples_*.jsonl")
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert len(rows) == 4
    assert all(row["answers"]["choice"] in range(5) for row in rows)
    _, (skipped,) = results_file.read(path)
    assert "calm_mini_xl has no figures (--predict_only)" in skipped.why


def test_a_tokenizer_that_cannot_be_loaded_does_not_lose_a_run(tiny, tmp_path, monkeypatch, caplog):
    """`_cot` responses are there whether or not it can be told which of them were cut."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "tokenizer_config.json").write_text('{"tokenizer_class": 7}')
    words = words_of(tiny, tmp_path / "out", "--gen_kwargs", "max_gen_toks=4", tasks="calm_mini_xl_cot")
    evaluate([*words, "--metadata", json.dumps({"tokenizer": str(broken)})])
    (path,) = (tmp_path / "out").rglob("results_*.json")
    row = json.loads(path.read_text("utf-8"))["results"]["calm_mini_xl_cot"]
    assert "acc,none" in row
    assert "truncated,none" not in row


def test_results_say_what_was_asked_of_whom(tiny, tmp_path):
    evaluate(words_of(tiny, tmp_path))
    (path,) = tmp_path.rglob("results_*.json")
    told = json.loads(path.read_text("utf-8"))["configs"]["calm_mini_xl"]["metadata"]["calm"]
    questions = load("mini", languages=["en", "fr"])
    assert told["digest"] == content_digest(questions, ["mini-101", "mini-102"])
    assert told["option_seed"] is None
    assert told["model"] == {"digest": folder_digest(tiny), "revision": None}
    assert "adapter" not in told
