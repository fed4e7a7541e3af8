"""`calm push`: the folder is the log, loaded by `datasets`; the card says what it has to; nothing else goes up."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from datasets import load_dataset
from huggingface_hub import DatasetCard

from calm_harness.cli import main
from calm_harness.sharing.private import strings
from tests.sharing.conftest import LANGUAGES, QUESTIONS, evaluate, log_of, results_of, rows_of
from tests.sharing.hub_server import serving

REPO = "me/birds"


def dry(run, output, *more):
    return main(["push", str(run), "--repo", REPO, "--dry_run", "--output", str(output), *more])


@pytest.fixture(scope="module")
def shared(scored, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared") / "cloze"
    assert dry(scored, folder) == 0
    return folder


@pytest.fixture(scope="module")
def shared_text(written, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared") / "cot"
    assert dry(written, folder) == 0
    return folder


def loaded(folder, config, split, cache):
    return load_dataset(str(folder), config, split=split, cache_dir=str(cache)).to_list()


def as_logged(row):
    """Undo what is done to a row: requests by number, settings of generation as what they are."""
    requests = [
        {name: json.loads(part) if name != "arg_0" and part[:1] == "{" else part for name, part in request.items()}
        for request in row["arguments"]
    ]
    return {**row, "arguments": {f"gen_args_{number}": request for number, request in enumerate(requests)}}


def test_a_log_of_options_is_the_same_when_it_is_loaded(scored, shared, tmp_path):
    rows = loaded(shared, "calm_mini_xl_cloze", "test", tmp_path)
    assert len(rows) == QUESTIONS * len(LANGUAGES)
    assert [as_logged(row) for row in rows] == rows_of(log_of(scored))


def test_a_log_of_free_text_is_the_same_when_it_is_loaded(written, shared_text, tmp_path):
    rows = loaded(shared_text, "calm_mini_xl_cot", "test", tmp_path)
    assert [as_logged(row) for row in rows] == rows_of(log_of(written))
    assert {len(row["resps"][0]) for row in rows} == {2}


def test_the_figures_are_those_of_the_results(scored, shared, tmp_path):
    rows = {row["metric"]: row for row in loaded(shared, "results", "results", tmp_path)}
    results = results_of(scored)
    figures = results["results"]["calm_mini_xl_cloze"]
    report = results["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"]
    for name in ("acc", "consistency", "alpha", "acc_zh"):
        assert rows[name]["value"] == figures[f"{name},none"]
        assert rows[name]["stderr"] == figures[f"{name}_stderr,none"]
        assert [rows[name]["low"], rows[name]["high"]] == report["interval"][name]
    acc = rows["acc"]
    assert (acc["config"], acc["task_version"], acc["questions"]) == ("calm_mini_xl_cloze", "2.1", QUESTIONS)
    assert (acc["model"], acc["model_digest"]) == ("tiny", report["model"]["digest"])
    assert acc["questions_digest"] == report["digest"]
    assert acc["languages"] == LANGUAGES


def test_the_card_says_what_the_hub_reads(shared):
    data = DatasetCard.load(shared / "README.md").data
    configs = {config["config_name"]: config["data_files"] for config in data.configs}
    assert configs == {
        "calm_mini_xl_cloze": [{"split": "test", "path": "data/calm_mini_xl_cloze.parquet"}],
        "results": [{"split": "results", "path": "data/results.parquet"}],
    }
    assert sorted(path.name for path in (shared / "data").iterdir()) == [
        "calm_mini_xl_cloze.parquet",
        "results.parquet",
    ]
    assert data.language == ["ar", "en", "zh"]
    assert data.license is None
    assert "calm-harness" in data.tags


def test_the_card_has_figures_with_intervals_and_chance_beside_them(scored, shared):
    text = (shared / "README.md").read_text("utf-8")
    results = results_of(scored)
    low, high = results["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"]["interval"]["acc"]
    acc = results["results"]["calm_mini_xl_cloze"]["acc,none"]
    sizes = [len(row["doc"]["options"]) for row in rows_of(log_of(scored))]
    chance = sum(1 / size for size in sizes) / len(sizes)
    assert f"| {acc:.3f} [{low:.3f}, {high:.3f}] | {chance:.3f} |" in text
    assert "Apache-2.0" in text
    assert results["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"]["model"]["digest"] in text
    assert re.search(r'load_dataset\("me/birds", "calm_mini_xl_cloze", split="test"\)', text)


def contents(folder, cache):
    """Yield all text of a data set: its card, and every string of every table."""
    yield (folder / "README.md").read_text("utf-8")
    for config in DatasetCard.load(folder / "README.md").data.configs:
        split = config["data_files"][0]["split"]
        for row in loaded(folder, config["config_name"], split, cache):
            yield from strings(row)


def test_nothing_of_this_machine_goes_up(shared, shared_text, tiny, scored, tmp_path):
    for folder in (shared, shared_text):
        for text in contents(folder, tmp_path):
            for place in (str(tiny.parent), str(scored), f"{Path.cwd()}/", f"{Path.home()}/"):
                assert place not in text


@pytest.fixture
def copy(scored, tmp_path):
    """A copy of the run, whose log may be changed."""
    return shutil.copytree(scored, tmp_path / "copy")


def changed(run, change):
    log = log_of(run)
    rows = rows_of(log)
    change(rows)
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_a_path_in_a_row_is_cut_and_one_that_is_asked_about_is_not(copy, tiny, tmp_path):
    def change(rows):
        rows[0]["doc"]["stem"] = f"What is in {tiny}/config.json, and what in /etc/passwd?"

    changed(copy, change)
    assert dry(copy, tmp_path / "out") == 0
    row = loaded(tmp_path / "out", "calm_mini_xl_cloze", "test", tmp_path / "cache")[0]
    assert row["doc"]["stem"] == "What is in config.json, and what in /etc/passwd?"


def test_a_secret_in_a_row_is_refused_and_not_said(copy, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("BIRDS_API_KEY", "open-sesame-42")

    def change(rows):
        rows[5]["doc"]["stem"] = "Is open-sesame-42 a word?"

    changed(copy, change)
    assert dry(copy, tmp_path / "out") == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"{log_of(copy)} row 5 holds the value of BIRDS_API_KEY" in said
    assert "open-sesame" not in said
    assert not (tmp_path / "out").exists()


def test_without_texts_there_are_ids_answers_and_scores(scored, written, tmp_path):
    for run, task in ((scored, "calm_mini_xl_cloze"), (written, "calm_mini_xl_cot")):
        output = tmp_path / task
        assert dry(run, output, "--without_texts") == 0
        rows, log = loaded(output, task, "test", tmp_path / "cache"), rows_of(log_of(run))
        texts = {text for row in log for text in (row["doc"]["stem"], *row["doc"]["options"])}
        texts |= {text for row in log for text in strings(row["resps"]) if len(text) > 3 and task.endswith("cot")}
        found = {text for row in rows for text in strings(row)}
        assert found & texts == set()
        assert not [text for text in found if any(len(stem) > 12 and stem in text for stem in texts)]
        for row, logged in zip(rows, log, strict=True):
            assert row["doc"] == {name: logged["doc"][name] for name in ("question_id", "language", "answer", "order")}
            assert row["answers"]["choice"] == logged["answers"]["choice"]
            assert row["answers"].get("scores") == logged["answers"].get("scores")
            assert row["acc"] == logged["acc"]
        assert "left out" in (output / "README.md").read_text("utf-8")


def test_texts_of_the_release_stay_at_home_unless_a_licence_is_named(recorded_log, tmp_path, capsys):
    run = recorded_log.parent
    assert dry(run, tmp_path / "refused") == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert "calm_xcsqa_xl_cot has texts of the CALM release, which names no licence" in said
    assert "--without_texts" in said
    assert not (tmp_path / "refused").exists()
    assert dry(run, tmp_path / "numbers", "--without_texts") == 0
    assert dry(run, tmp_path / "texts", "--license", "cc-by-4.0") == 0
    card = DatasetCard.load(tmp_path / "texts" / "README.md")
    assert card.data.license == "cc-by-4.0"
    assert "not known to calm-harness; whoever pushed this names cc-by-4.0" in card.text
    assert loaded(tmp_path / "texts", "calm_xcsqa_xl_cot", "train", tmp_path / "cache")[0]["resps"]


def test_a_plain_task_of_somebody_else_goes_up_as_it_is(tiny, tmp_path, capsys):
    """Its documents have fields of their own, one of them of two kinds, and nobody here knows their licence."""
    data = [
        {"question": f"{n} + 1?", "choices": [str(n), str(n + 1)], "gold": 1, "note": n if n % 2 else "even"}
        for n in range(4)
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps({**row, "note": str(row["note"])}) + "\n" for row in data))
    (tmp_path / "plain.yaml").write_text(
        "task: plain_sums\ndataset_path: json\noutput_type: multiple_choice\ntest_split: train\n"
        f"dataset_kwargs:\n  data_files: {tmp_path / 'data.jsonl'}\n"
        'doc_to_text: "{{question}}"\ndoc_to_choice: choices\ndoc_to_target: gold\nmetric_list:\n  - metric: acc\n'
    )
    evaluate(tmp_path / "run", tiny, "plain_sums", "--include_path", str(tmp_path), metadata={})
    changed(
        tmp_path / "run",
        lambda rows: [row["doc"].update(note=one["note"]) for row, one in zip(rows, data, strict=True)],
    )
    assert dry(tmp_path / "run", tmp_path / "refused") == 1
    assert "plain_sums has texts of the task plain_sums, whose licence is not known here" in capsys.readouterr().err
    assert dry(tmp_path / "run", tmp_path / "out", "--license", "mit") == 0
    rows = loaded(tmp_path / "out", "plain_sums", "test", tmp_path / "cache")
    assert [json.loads(row["doc"]) for row in rows] == [row["doc"] for row in rows_of(log_of(tmp_path / "run"))]
    assert "JSON stands in `doc`" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_several_runs_of_a_task_have_a_configuration_each(scored, tmp_path):
    for name in ("first", "second"):
        shutil.copytree(scored, tmp_path / "runs" / name)
    assert dry(tmp_path / "runs", tmp_path / "out") == 0
    names = sorted(path.stem for path in (tmp_path / "out/data").iterdir())
    assert names == [
        "calm_mini_xl_cloze-tiny-zero-shot-0",
        "calm_mini_xl_cloze-tiny-zero-shot-1",
        "results",
    ]


def test_a_log_that_is_not_the_one_of_its_results_is_refused(copy, tmp_path, capsys):
    changed(copy, lambda rows: rows.__delitem__(slice(0, 3)))
    assert dry(copy, tmp_path / "out") == 1
    assert "has 11 whole questions, the results are of 12" in capsys.readouterr().err


def test_a_run_without_a_log_has_its_figures(copy, tmp_path):
    log_of(copy).unlink()
    assert dry(copy, tmp_path / "out") == 0
    assert [path.stem for path in (tmp_path / "out/data").iterdir()] == ["results"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--repo", REPO, "--dry_run"], "--dry_run needs --output DIR"),
        (["--repo", "birds", "--dry_run", "--output", "OUT"], "--repo birds has no owner; give USER/NAME"),
        (["--repo", "me/bir ds", "--dry_run", "--output", "OUT"], "--repo me/bir ds: "),
        (["--repo", REPO, "--dry_run", "--output", "FULL"], "is there already and not empty; name a new folder"),
        (["--repo", REPO], "was not pushed (OfflineModeIsEnabled"),
    ],
)
def test_what_does_not_fit_is_one_line(words, said, scored, tmp_path, capsys):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    names = {"OUT": str(tmp_path / "out"), "FULL": str(tmp_path / "full")}
    assert main(["push", str(scored), *(names.get(word, word) for word in words)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert said in lines[-1]
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"


def test_a_folder_with_nothing_to_push_is_one_line(tmp_path, capsys):
    assert dry(tmp_path, tmp_path / "out") == 1
    assert "there is no lm-eval run below" in capsys.readouterr().err
    assert dry(tmp_path / "nowhere", tmp_path / "out") == 1
    assert "is no folder" in capsys.readouterr().err


def push(hub, home, *words):
    environment = {**os.environ, "HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0", "HF_HOME": str(home)}
    command = [sys.executable, "-m", "calm_harness", "push", *map(str, words)]
    environment["HF_TOKEN"] = "hf_of_nobody"
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_what_goes_up_is_the_folder_of_the_dry_run(scored, shared, tmp_path):
    with serving() as hub:
        done = push(hub, tmp_path, scored, "--repo", REPO, "--private")
        assert done.returncode == 0, done.stderr
        assert f"{hub.address}/datasets/{REPO}" in done.stdout
        up = {path: content for path, content in hub.files[REPO].items() if path != ".gitattributes"}
        assert up == {
            path.relative_to(shared).as_posix(): path.read_bytes() for path in shared.rglob("*") if path.is_file()
        }
        assert hub.private[REPO] is True


def test_a_data_set_of_ours_is_replaced_and_none_of_others(scored, tmp_path):
    with serving() as hub:
        hub.begin(REPO, private=False)
        hub.files[REPO] |= {
            "README.md": b"---\ntags:\n- calm-harness\n---\n",
            "data/old.parquet": b"of an earlier time",
        }
        done = push(hub, tmp_path, scored, "--repo", REPO, "--without_texts")
        assert done.returncode == 0, done.stderr
        assert "data/old.parquet" not in hub.files[REPO]
        assert "data/calm_mini_xl_cloze.parquet" in hub.files[REPO]
        hub.begin("me/others", private=False)
        hub.files["me/others"]["mine.csv"] = b"1"
        refused = push(hub, tmp_path, scored, "--repo", "me/others")
        assert "holds a data set that is none of calm push's; name another --repo" in refused.stderr
        public = push(hub, tmp_path, scored, "--repo", REPO, "--private")
        assert "is there and public; make it private on the Hub first" in public.stderr
        assert hub.files["me/others"].keys() == {".gitattributes", "mine.csv"}
