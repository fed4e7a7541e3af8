"""What Linux has and other systems have not: which processors may be used, fork, clocks that are never set back."""

import json
import multiprocessing
import os

import pytest

from calm_harness.cli import main
from calm_harness.predictions import newest_log, read
from calm_harness.predictions.rows import answering
from calm_harness.runtime import processors, workers
from tests.predictions import logs


@pytest.fixture
def elsewhere(monkeypatch):
    """Neither what Linux has nor what Python 3.13 has: macOS and Windows with an older Python."""
    for name in ("sched_getaffinity", "process_cpu_count"):
        monkeypatch.delattr(os, name, raising=False)


def test_processors_are_counted_where_no_system_says_which_may_be_used(elsewhere, monkeypatch):
    assert processors() == os.cpu_count()
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processors() == 1


def test_no_more_processes_share_work_than_windows_waits_for(elsewhere, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 128)
    assert (processors(), workers()) == (128, 61)


def test_commands_run_there(elsewhere, tmp_path, capsys):
    files = []
    for language in ("en", "fr"):
        docs = [{"question": f"{language} {i}?", "id": i, "choices": list("wxyz")} for i in range(3)]
        rows = [logs.lettered(doc, 0, i % 2, number=i) for i, doc in enumerate(docs)]
        files.append(f"{language}={logs.write(tmp_path / f'{language}.jsonl', rows)}")
    assert main(["score", "--id", "id", "--predictions", *files]) == 0
    results = {"date": 1e9, "config": {"model": "hf", "model_args": {"pretrained": "m"}}, "configs": {"birds": {}}}
    results |= {"results": {"birds": {"acc,none": 0.5, "acc_stderr,none": 0.1}}, "n-samples": {}, "versions": {}}
    (tmp_path / "results_2026-01-01T00-00-00.000001.json").write_text(json.dumps(results), encoding="utf-8")
    assert main(["report", "--text", str(tmp_path)]) == 0
    main(["doctor"])
    assert f", {os.cpu_count()} processors" in capsys.readouterr().out


def test_several_processes_read_what_one_reads_without_fork(tmp_path, monkeypatch):
    rows = [
        {"prompt": f"Question {i}?\nA. ash\nB. oak", "predict": f"It is {'AB'[i % 2]}.", "label": "A"} for i in range(6)
    ]
    path = logs.write(tmp_path / "generated_predictions.jsonl", rows)
    alone = read(path, "en")
    started = multiprocessing.active_children()
    monkeypatch.setattr(answering, "MANY", 1)
    monkeypatch.setattr(answering, "workers", lambda: 2)
    monkeypatch.delattr(os, "fork")  # which a pool of the system's own choice would call
    assert read(path, "en") == alone
    assert [row.choices for row in alone] == [(0,), (1,)] * 3
    assert multiprocessing.active_children() == started


def test_the_newest_log_is_the_last_one_made_though_the_clock_was_set_back(tmp_path):
    for stamp, date in (("2026-10-25T02-30-00.000001", 100.0), ("2026-10-25T02-10-00.000001", 2500.0)):
        (tmp_path / f"results_{stamp}.json").write_text(json.dumps({"date": date}), encoding="utf-8")
        (tmp_path / f"samples_calm_mini_xl_{stamp}.jsonl").touch()
    assert newest_log(tmp_path, "calm_mini_xl").name == "samples_calm_mini_xl_2026-10-25T02-10-00.000001.jsonl"


def test_of_logs_without_results_the_newest_is_the_last_by_name(tmp_path):
    for day in (1, 2):
        (tmp_path / f"samples_calm_mini_xl_2026-10-0{day}T02-30-00.000001.jsonl").touch()
    assert newest_log(tmp_path, "calm_mini_xl").name == "samples_calm_mini_xl_2026-10-02T02-30-00.000001.jsonl"
