"""What is read of lm-eval's output folders, of whatever version and state."""

import json
import shutil
from pathlib import Path

import pytest

from calm_harness.errors import CalmError
from calm_harness.report.runs import find, short_names


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
    assert len(found.figures) == 18 + 2 * 3  # all metrics but those of responses, and accuracy and margin by language
    assert {"margin", "margin_en", "margin_ar"} <= set(found.figures)
    for name, cell in found.figures.items():
        assert (cell["value"], cell["interval"]) == (row[f"{name},none"], told["interval"][name])
    assert found.pairwise == told["pairwise"]
    assert set(found.pairwise) == {"consistency", "rankc", "transfer", "lift", "overlap"}
    for trait, measures in told["related"].items():
        for measure, sides in measures.items():
            for side, figure in sides.items():
                shown = found.related[trait][measure][side]
                assert shown == {name: figure.get(name) for name in ("value", "interval", "pairs")}


def test_adapter_and_passages_are_part_of_the_identity(runs, adapter):
    assert only(runs / "aligned").adapter == str(adapter)
    assert only(runs / "rag").mode == "RAG same k=1"
    assert only(runs / "permuted").settings["option_seed"] == "7"


def test_free_text_is_named_by_its_format(runs):
    found = only(runs / "recorded")
    assert (found.set_name, found.format, found.questions) == ("xcsqa", "cot", 60)
    assert not {"rankc", "margin", "margin_en"} & set(found.figures)  # responses have no scores


def test_a_plain_task_has_an_accuracy(runs):
    found = only(runs / "plain")
    row = json.loads(results_of(runs / "plain").read_text("utf-8"))["results"]["plain_questions"]
    value, error = row["acc,none"], row["acc_stderr,none"]
    assert (found.set_name, found.format, found.languages) == ("plain_questions", "multiple_choice", ())
    assert set(found.figures) == {"acc"}
    assert found.figures["acc"]["value"] == value
    assert found.settings["metric"] == "acc"
    assert found.figures["acc"]["interval"] == pytest.approx([value - 1.96 * error, min(value + 1.96 * error, 1)])


def test_older_logs_name_arguments_as_text(runs, tmp_path):
    def change(content):
        content["config"]["model_args"] = "pretrained=org/model,peft=org/adapter,revision=v2"
        content["config"]["model_revision"] = None

    found = only(changed(runs, tmp_path, change))
    assert (found.model, found.adapter, found.revision) == ("org/model", "org/adapter", "v2")


def test_an_adapter_on_a_server_stands_on_its_base(runs, tmp_path):
    def change(content):
        served = {"model": "calm-0123456789abcdef", "tokenizer": "org/model", "base_url": "http://here/v1/completions"}
        content["config"]["model_args"] = served | {"lora_local_path": "runs/round1/dpo"}

    found = only(changed(runs, tmp_path, change))
    assert (found.model, found.adapter) == ("org/model", "runs/round1/dpo")


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

    found = only(changed(runs, tmp_path, change))
    assert (found.mode, found.how) == ("zero-shot", "zero-shot, transductive")
    assert found.asked == only(runs / "base").asked


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["config"]["model_args"].update(load_in_4bit=True),
        lambda content: content.update(system_instruction_sha="b", system_instruction="Be brief."),
        lambda content: content["versions"].update(calm_mini_xl_cloze=1.0),
        lambda content: content["configs"]["calm_mini_xl_cloze"]["metadata"].update(score="sum"),
        lambda content: content["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"].update(
            retrieval={"index": {"fingerprint": "other"}, "k": 3, "passage_language": "same"}
        ),
    ],
)
def test_what_decides_figures_decides_whether_a_run_is_the_same(runs, tmp_path, change):
    assert only(changed(runs, tmp_path, change)).identity != only(runs / "base").identity


def test_what_decides_no_figure_does_not(runs, tmp_path):
    def change(content):
        content["config"]["model_args"].update(device="cuda:0", batch_size=7)
        content["date"] += 1000

    assert only(changed(runs, tmp_path, change)).identity == only(runs / "base").identity


def test_questions_decide_whether_a_run_is_the_same(runs):
    assert only(runs / "part").identity != only(runs / "base").identity


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is empty"),
        ('{"results": {', "is cut off or is not JSON"),
        ("[]", "is no results file of lm-eval"),
        ('{"results": {}, "other": 1}', "is no results file of lm-eval"),
        (
            '{"results": {}, "configs": {"calm_mini_xl_cloze": {}}, "config": {}}',
            "calm_mini_xl_cloze cannot be read (KeyError",
        ),
        ('{"results": {}, "configs": null, "config": {}}', "is no results file of lm-eval"),
        ("[" * 100_000, "is cut off or is not JSON (line 1, column 1: it is nested too deeply)"),
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


def test_which_accuracy_a_plain_task_has_is_said(runs, tmp_path):
    def change(content):
        content["configs"]["gsm8k"] = {"output_type": "generate_until"}
        row = {"exact_match,strict-match": 0.1, "exact_match_stderr,strict-match": 0.09}
        content["results"]["gsm8k"] = row | {"exact_match,flexible-extract": 0.9}

    found, _ = find([changed(runs, tmp_path, change)])
    (plain,) = [run for run in found if not run.ours]
    assert plain.settings["metric"] == "exact_match, strict-match"
    assert plain.figures["acc"]["interval"] == pytest.approx([0, 0.1 + 1.96 * 0.09])  # no share is below 0


def test_a_plain_task_with_all_of_its_rows_right_is_no_certainty(runs, tmp_path):
    def change(content):
        content["configs"]["arc"] = {"output_type": "multiple_choice"}
        content["results"]["arc"] = {"acc,none": 1.0, "acc_stderr,none": 0.0}
        content["n-samples"]["arc"] = {"original": 20, "effective": 20}

    found, _ = find([changed(runs, tmp_path, change)])
    (plain,) = [run for run in found if not run.ours]
    assert plain.figures["acc"]["interval"] == pytest.approx([0.8316, 1], abs=1e-4)
    assert plain.figures["acc"]["stderr"] == pytest.approx(0.0430, abs=1e-4)


def test_means_over_groups_are_named(runs, tmp_path):
    _, (skipped,) = find([changed(runs, tmp_path, lambda content: content.update(groups={"mmlu": {}}))])
    assert skipped.why == "mmlu: means over tasks are not shown, the tasks themselves are"


def test_what_is_no_number_is_none(runs, tmp_path):
    def change(content):
        told = content["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"]
        told["pairwise"]["consistency"] = {"en": {"zh": float("nan"), "ar": 0.5}, "zh": None}
        told["pairwise"]["transfer"] = {"en": {"zh": {"value": 0.5, "interval": [float("nan"), 1], "questions": 4}}}
        content["results"]["calm_mini_xl_cloze"]["alpha,none"] = float("inf")

    found = only(changed(runs, tmp_path, change))
    older = {"value": 0.5, "interval": [None, None], "questions": None}  # results of before had the values alone
    assert found.pairwise["consistency"] == {"en": {"zh": None, "ar": older}, "zh": {}}
    assert found.pairwise["transfer"] == {"en": {"zh": {"value": 0.5, "interval": [None, None], "questions": 4}}}
    assert found.figures["alpha"]["value"] is None


def test_a_file_that_is_named_twice_is_read_once(runs, monkeypatch):
    monkeypatch.chdir(runs)
    found, _ = find([runs / "base", Path("base"), results_of(runs / "base")])
    assert len(found) == 1


def test_results_under_a_name_of_the_users_own(runs, tmp_path):
    shutil.copytree(runs / "base", tmp_path / "base")
    path = results_of(tmp_path)
    path.rename(path.with_name(path.name.replace("results", "mine")))  # as lm_eval --output_path mine.json
    assert only(tmp_path).samples is not None


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
    same = ["/models/gemma", "./models/gemma"]
    assert short_names(same) == {name: name for name in same}
    assert short_names(["runs/demo/round1/dpo"], parts=2) == {"runs/demo/round1/dpo": "round1/dpo"}
