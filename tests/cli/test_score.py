"""`calm score` on logs that were cut off, and on logs of other people's tasks."""

import json

import pytest

from calm_harness.cli import main
from tests.predictions.logs import lettered, write

LANGUAGES = ("en", "fr", "de")
STAMP = "2026-01-02T03-04-05.678901"


def cut_log(folder, rows, *, labelled=True):
    """The first rows of a log of ours of two questions in three languages, and the results beside it."""
    folder.mkdir(exist_ok=True, parents=True)
    all_rows = [
        {
            "doc": {"question_id": f"q{q}", "language": tag, "stem": "?", "options": ["a", "b"], "answer": 0},
            "arguments": {f"gen_args_{i}": {"arg_0": "?", "arg_1": f" {text}"} for i, text in enumerate("AB")},
            "resps": [[["-1.0", "False"]], [["-2.0", "False"]]],
            "filtered_resps": [["-1.0", "False"], ["-2.0", "False"]],
            "answers": {"choice": 0, "score": "sum", "scores": {"sum": [-1.0, -2.0]}},
            "metrics": ["answers", "acc", *([f"acc_{language}" for language in LANGUAGES] if labelled else [])],
        }
        for q in range(2)
        for tag in LANGUAGES
    ]
    config = {"metadata": {"calm": {"languages": list(LANGUAGES)}}}
    (folder / f"results_{STAMP}.json").write_text(json.dumps({"configs": {"calm_mini_xl": config}}))
    return write(folder / f"samples_calm_mini_xl_{STAMP}.jsonl", all_rows[:rows])


def test_questions_that_were_not_asked_in_all_languages_are_left_out_and_counted(tmp_path, capsys):
    log = cut_log(tmp_path / "run", 5)
    assert main(["score", "--predictions", str(log), "--json", str(tmp_path / "out.json")]) == 0
    result = json.loads((tmp_path / "out.json").read_text())
    assert (result["languages"], result["questions"], result["incomplete_questions"]) == (["en", "fr", "de"], 1, 1)
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "calm: warning: the rows are in en, fr, de; 1 of 2 questions are incomplete, as they are not in all of these, "
        "and are left out"
    )


def test_options_that_say_nothing_of_a_margin_are_told_so(tmp_path, capsys):
    log = cut_log(tmp_path / "run", 6)  # of two options
    assert main(["score", "--predictions", str(log), "--json", str(tmp_path / "out.json")]) == 0
    figures = json.loads((tmp_path / "out.json").read_text())["metrics"]
    assert figures["margin"]["value"] is figures["margin_de"]["value"] is None
    lines = capsys.readouterr().out.splitlines()
    why = "no margin: each language needs questions with 3 texts, and scores that are finite and not all equal"
    assert lines.count(why) == 1
    assert [line.split()[1] for line in lines if line.startswith("margin")] == ["-"] * 4


def test_a_log_without_a_whole_question_is_refused_by_its_results(tmp_path, capsys):
    assert main(["score", "--predictions", str(cut_log(tmp_path / "run", 2))]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no question is there in all 3 languages of the run's results" in printed.err
    assert "the log has rows in en, fr, and none in de" in printed.err


def test_without_results_the_languages_that_are_lacking_are_said(tmp_path, capsys):
    log = cut_log(tmp_path / "run", 2)
    (tmp_path / "run" / f"results_{STAMP}.json").unlink()
    assert main(["score", "--predictions", str(log)]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "calm: warning: the rows are in en, fr, and none are in de, in which the task was asked as well, so that all "
        "1 questions are incomplete; the figures are of the rows' languages alone"
    )


def test_a_whole_log_says_nothing(tmp_path, capsys):
    assert main(["score", "--predictions", str(cut_log(tmp_path / "run", 6))]) == 0
    assert capsys.readouterr().err == ""


def test_results_of_another_task_say_nothing_of_the_log(tmp_path):
    log = cut_log(tmp_path / "run", 2, labelled=False)
    (tmp_path / "run" / f"results_{STAMP}.json").write_text('{"configs": {"arc_easy": {"metadata": {}}}}')
    assert main(["score", "--predictions", str(log)]) == 0


def test_logs_of_other_tasks_say_what_they_were_joined_by(tmp_path, capsys):
    logs = [
        write(
            tmp_path / f"{tag}.jsonl",
            [lettered({"sample_id": f"s/{i}", "question": f"{tag} {i}"}, i, i, row) for row, i in enumerate(order)],
        )
        for tag, order in (("en", [0, 1, 2, 3]), ("es", [3, 0, 1, 2]))
    ]
    names = [f"{log.stem}={log}" for log in logs]
    assert main(["score", "--predictions", *names]) == 0
    assert "logs of other tasks, joined by sample_id\n" in capsys.readouterr().out
    assert main(["score", "--predictions", *names, "--id", "subject"]) == 1
    assert "its document has no subject; --id takes one of doc_id, sample_id, question" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--predictions", "--baseline"])
def test_a_language_without_a_file_is_refused_by_its_flag(flag, tmp_path, capsys):
    log = cut_log(tmp_path / "run", 6)
    words = ["score", "--predictions", str(log), "--baseline", str(log)]
    words[words.index(flag) + 1] = "en="
    assert main(words) == 1
    assert f"{flag} en=: write LANG=FILE" in capsys.readouterr().err


def test_a_folder_stands_for_the_one_log_in_it(tmp_path, capsys):
    """lm-eval names a run's folder by the model's path, which may begin with a dot: no pattern of a shell finds it."""
    log = cut_log(tmp_path / "runs" / "first" / ".cache__gemma", 6)
    assert main(["score", "--predictions", str(log)]) == 0
    named = capsys.readouterr().out
    assert main(["score", "--predictions", str(tmp_path / "runs"), "--baseline", str(tmp_path / "runs/first")]) == 0
    assert capsys.readouterr().out.startswith(named.partition("\ntables")[0])


def test_a_folder_with_several_logs_or_none_is_refused(tmp_path, capsys):
    logs = [cut_log(tmp_path / "runs" / name, 6) for name in "abcdef"]
    for flag in ("--predictions", "--baseline"):
        assert main(["score", "--predictions", str(logs[0]), flag, str(tmp_path / "runs")]) == 1
        names = ", ".join(f"{name}/{logs[0].name}" for name in "abcd")
        assert f"{tmp_path}/runs has 6 sample logs; give the path of one: {names}, …" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["score", "--predictions", f"en={tmp_path}/empty"]) == 1
    assert f"{tmp_path}/empty has no samples_*.jsonl; evaluate with --log_samples" in capsys.readouterr().err
