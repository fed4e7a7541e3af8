"""What is read of lm-eval's output folders, of whatever version and state."""

import json
import shutil

import pytest

from calm_harness.errors import CalmError
from calm_harness.report.runs import find, latest, short_names


def results_of(folder):
    (found,) = folder.rglob("results_*.json")
    return found


def changed(runs, tmp_path, change):
    """A copy of the base run whose results file is another."""
    folder = tmp_path / "copy"
    shutil.copytree(runs / "base", folder)
    path = results_of(folder)
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return folder


def only(folder):
    (found,), skipped = find([folder])
    assert skipped == []
    return found


def test_a_run_says_who_was_asked_what_and_how(runs, offline_model):
    found = only(runs / "base")
    assert (found.model, found.adapter, found.revision) == (str(offline_model), None, "")
    assert (found.set_name, found.split, found.format, found.mode) == ("mini", "test", "cloze", "zero-shot")
    assert (found.languages, found.questions) == (("en", "zh", "ar"), 12)
    assert found.settings == {"score": "pmi", "limit": "36.0", "dtype": "float32"}
    assert found.samples.name == results_of(runs / "base").name.replace("results", f"samples_{found.task}") + "l"
    assert found.date.year >= 2026


def test_figures_are_those_of_the_results_file(runs):
    found = only(runs / "base")
    written = json.loads(results_of(runs / "base").read_text("utf-8"))
    row = written["results"]["calm_mini_xl_cloze"]
    told = written["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"]
    assert len(found.figures) == 14 + 3  # all metrics but `truncated`, and three languages
    for name, cell in found.figures.items():
        assert (cell["value"], cell["interval"]) == (row[f"{name},none"], told["interval"][name])
    assert found.pairwise == told["pairwise"]


def test_adapter_and_passages_are_part_of_the_identity(runs, adapter):
    assert only(runs / "aligned").adapter == str(adapter)
    assert only(runs / "rag").mode == "RAG same k=1"
    assert only(runs / "permuted").settings["option_seed"] == "7"


def test_free_text_is_named_by_its_format(runs):
    found = only(runs / "recorded")
    assert (found.set_name, found.format, found.questions) == ("xcsqa", "cot", 60)
    assert "rankc" not in found.figures  # responses have no scores


def test_a_plain_task_has_an_accuracy(runs):
    found = only(runs / "plain")
    row = json.loads(results_of(runs / "plain").read_text("utf-8"))["results"]["plain_questions"]
    value, error = row["acc,none"], row["acc_stderr,none"]
    assert (found.set_name, found.format, found.languages) == ("plain_questions", "multiple_choice", ())
    assert set(found.figures) == {"acc"}
    assert found.figures["acc"]["value"] == value
    assert found.figures["acc"]["interval"] == pytest.approx([value - 1.96 * error, value + 1.96 * error])


def test_older_logs_name_arguments_as_text(runs, tmp_path):
    def change(content):
        content["config"]["model_args"] = "pretrained=org/model,peft=org/adapter,revision=v2"
        content["config"]["model_revision"] = None

    found = only(changed(runs, tmp_path, change))
    assert (found.model, found.adapter, found.revision) == ("org/model", "org/adapter", "v2")


def test_what_a_terminal_would_obey_is_shown_as_its_code(runs, tmp_path):
    def change(content):
        content["config"]["model_args"]["pretrained"] = "evil\x1b[31m\u202emodel\n"

    assert only(changed(runs, tmp_path, change)).model == "evil\\u001b[31m\\u202emodel\\u000a"


def test_an_adapter_that_was_aligned_on_the_questions_is_named_so(runs, tmp_path):
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "training.json").write_text('{"transductive": true}')

    def change(content):
        content["config"]["model_args"]["peft"] = str(adapter)

    assert only(changed(runs, tmp_path, change)).mode == "zero-shot, transductive"


def test_of_the_same_run_done_twice_the_latest_can_be_kept(runs):
    found, _ = find([runs])
    twice = [run for run in found if run.identity == only(runs / "base").identity]
    assert len(twice) == 2
    kept = latest(found)
    assert len(kept) == len(found) - 1
    assert max(twice, key=lambda run: run.date) in kept


def test_questions_decide_whether_a_run_is_the_same(runs):
    assert only(runs / "part").identity != only(runs / "base").identity


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"),
        ('{"results": {', "is cut off or is not JSON"),
        ("[]", "is no results file of lm-eval"),
        ('{"results": {}, "other": 1}', "is no results file of lm-eval"),
        ('{"results": {}, "configs": {"calm_mini_xl_cloze": {}}, "config": {}}', "calm_mini_xl_cloze cannot be read"),
    ],
)
def test_broken_results_are_passed_over_with_the_reason(runs, tmp_path, content, why):
    shutil.copytree(runs / "base", tmp_path / "sound")
    broken = tmp_path / "broken" / "results_2026.json"
    broken.parent.mkdir()
    broken.write_text(content)
    found, (skipped,) = find([tmp_path])
    assert len(found) == 1
    assert str(skipped).startswith(f"{broken}: {why}")


def test_a_run_that_was_cut_off_is_named(runs, tmp_path):
    shutil.copytree(runs / "base", tmp_path / "sound")
    shutil.copytree(runs / "part", tmp_path / "cut")
    results_of(tmp_path / "cut").unlink()
    _, (skipped,) = find([tmp_path])
    assert "sample logs without a results file: the run was cut off" in str(skipped)


def test_a_task_without_accuracy_is_named(runs, tmp_path):
    def change(content):
        content["configs"]["perplexity"] = {}
        content["results"]["perplexity"] = {"word_perplexity,none": 12.0}

    found, (skipped,) = find([changed(runs, tmp_path, change)])
    assert [run.task for run in found] == ["calm_mini_xl_cloze"]
    assert skipped.why == "perplexity has none of acc, exact_match, acc_norm"


def test_where_there_is_no_run_the_message_says_what_to_do(tmp_path):
    with pytest.raises(CalmError, match=r"there is no lm-eval run below .*--output_path DIR --log_samples"):
        find([tmp_path])
    with pytest.raises(CalmError, match="missing does not exist"):
        find([tmp_path / "missing"])


def test_paths_are_shortened_to_what_tells_them_apart():
    names = ["google/gemma-3-1b-pt", "/models/a/gemma", "/models/b/gemma", "./runs/llama/", "~/qwen"]
    assert short_names(names) == {
        "google/gemma-3-1b-pt": "google/gemma-3-1b-pt",
        "/models/a/gemma": "a/gemma",
        "/models/b/gemma": "b/gemma",
        "./runs/llama/": "llama",
        "~/qwen": "qwen",
    }
    assert short_names(["runs/demo/round1/dpo"], parts=2) == {"runs/demo/round1/dpo": "round1/dpo"}
