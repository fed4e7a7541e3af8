"""A terminal, a pipe or a locale that is not UTF-8 loses nothing and ends no command."""

import json
import os
import subprocess
import sys

import pytest

ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}


def python(*words, **variables):
    return subprocess.run(
        [sys.executable, *words], capture_output=True, encoding="latin-1", check=False, env={**os.environ, **variables}
    )


@pytest.mark.parametrize("variables", [ASCII, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp437"}])
def test_letters_that_a_terminal_lacks_are_shown_as_their_codes(variables):
    done = python("-m", "calm_harness", "data", "show", "mini", "mini-001", **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"E. \u0628\u0631\u0644\u064a\u0646" in done.stdout  # Berlin, in Arabic


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_json_is_json_on_every_terminal(encoding):
    code = "import json; from retrieval.process.terminal import show_all; show_all(); "
    code += r"print(json.dumps({'letters': '\xe9 \u4e2d \U0001f600'}, ensure_ascii=False))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding=encoding,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert json.loads(done.stdout) == {"letters": "é 中 😀"}


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("calm_harness", "data", "show", "mini", "不在"), "calm"),
        (("trainer.pairs", "--output", "x", "--samples", "不在"), "trainer.pairs"),
        (("retrieval.search", "--index", "x", "不在"), "retrieval.search"),
    ],
)
def test_words_that_the_locale_cannot_read_end_in_one_line(command, name):
    done = python("-m", *command, **ASCII)
    word = r"\udce4\udcb8\udc8d\udce5\udc9c\udca8"
    told = f"{name}: {word} is not ascii: set PYTHONUTF8=1, or if that is set, rename it in UTF-8\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


@pytest.mark.parametrize("flag", ["calm_harness eval --tasks calm_mini_xl --config", "trainer.pairs --config"])
def test_a_yaml_file_is_not_read_as_other_letters(tmp_path, flag):
    path = tmp_path / "config.yaml"
    path.write_text("system_instruction: 请用中文回答\n", encoding="utf-8")
    done = python("-m", *flag.split(), str(path), **ASCII)
    told = f"{path} has letters that are not ASCII, and files are read here as ascii; set PYTHONUTF8=1"
    assert (done.returncode, done.stderr.partition(": ")[2]) == (1, f"{told}\n")
