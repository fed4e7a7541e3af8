"""Names from other people's files are shown by charts, tables, page and terminal, and obeyed by none of them."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from calm_harness.errors import CalmError, LastLineError
from calm_harness.report.outcome import (
    Best,
    LoopEvaluation,
    LoopOutcome,
    Measured,
    StudyArm,
    StudyBase,
    StudyEvaluation,
    StudyOutcome,
    StudyRound,
    WithoutLabels,
    to_json,
)
from calm_harness.report.tables import escaped
from retrieval.errors import RetrievalError
from retrieval.text import drawable, joined, printable
from trainer.rounds.report import loop_markdown, study_markdown

OBEYED = {
    "escape": "\x1b[31m",
    "NUL": "\0",
    "line end": "\n",
    "C1": "\x9b31m",
    "right to left": "\u202e",
    "line separator": "\u2028",
    "half a character": "\ud800",
    "no character": "\uffff",
}
ALL = "".join(OBEYED.values())
IN_FILES = ALL.replace("\ud800", "")  # where half a character is an error
LONG = "n" * 50_000


def cell(value=0.5):
    return {"value": value, "stderr": 0.01, "interval": [value - 0.02, value + 0.02], "spread": None}


def figures(value=0.5):
    return {name: cell(value) for name in ("acc", "consistency", "alpha")}


def loop(name):
    """The outcome of a loop (its figures are invented) in which everything that has a name has this one."""
    rounds = [Measured(figures()), Measured(figures(0.6), figures(0.1))]
    return LoopOutcome(
        evaluations={name: LoopEvaluation(60, [name], rounds)},
        signals=[WithoutLabels(0.5, 0.4, 0.9)] * 2,
        settings={"transductive": True, "model": name, "task": name},
        best=Best(1, name, name),
    )


def study(name):
    """And of a study."""
    base = StudyBase(name, [name], 60, [name], Measured(figures()))
    measured = Measured(figures(), figures(0.1))
    evaluations = {name: StudyEvaluation([base], {name: StudyArm(measured, [StudyRound([0], measured)])})}
    return StudyOutcome(name, [0], False, name, evaluations, {name: [1]}, {name: {}})


def write(folder, name):
    """Write a results file, a loop's and a study's report, and one that is broken, all with a name."""
    (folder / f"run {name[:20]}".replace("\0", "")).mkdir(parents=True)
    (inner,) = folder.iterdir()
    results = {
        "results": {name: {"acc,none": 0.5, "acc_stderr,none": 0.1}},
        "configs": {name: {"output_type": name}},
        "config": {"model": "hf", "model_args": {"pretrained": f"{name}/model", "peft": name, "revision": name}},
        "n-samples": {name: {"original": 60, "effective": 60}},
        "date": 1_700_000_000.0,
        "transformers_version": name,
        "groups": {name: {}},
    }
    (inner / "results_1.json").write_text(json.dumps(results))
    broken = {"signals": [], name: 1, "evaluations": 1}
    for place, content in enumerate((json.loads(to_json(loop(name))), json.loads(to_json(study(name))), broken)):
        (inner / str(place)).mkdir()
        (inner / str(place) / "report.json").write_text(json.dumps(content))


def texts(content):
    """All text in JSON."""
    if isinstance(content, dict):
        return [text for pair in content.items() for part in pair for text in texts(part)]
    if isinstance(content, list):
        return [text for part in content for text in texts(part)]
    return [content] if isinstance(content, str) else []


@pytest.fixture(scope="module", params=[IN_FILES, f"{LONG}{IN_FILES}"], ids=["obeyed", "long"])
def reported(request, tmp_path_factory):
    """What `calm report` makes of these files; a process of its own, since the one that draws them may be ended."""
    folder = tmp_path_factory.mktemp("named")
    write(folder / "runs", f"x{request.param}y")
    words = [sys.executable, "-m", "calm_harness", "report", str(folder / "runs"), "--output", str(folder / "out")]
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([*words, "--text"], capture_output=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "out", done.stdout.decode(), done.stderr.decode()


def test_a_terminal_is_shown_names(reported):
    _, out, err = reported
    assert "x\\u001b[31m" in out or "nn" in out
    assert all(line.isprintable() for line in f"{out}{err}".split("\n"))


def test_tables_have_their_lines(reported):
    folder, _, _ = reported
    text = (folder / "leaderboard.md").read_text("utf-8")
    assert all(line.isprintable() for line in text.split("\n"))
    head, *lines = csv.reader((folder / "leaderboard.csv").read_text("utf-8").splitlines())
    assert {len(line) for line in lines} == {len(head)}
    assert all(field.isprintable() for line in lines for field in line)


def test_charts_are_drawn(reported):
    folder, _, _ = reported
    drawn = sorted(path.name for path in (folder / "charts").iterdir())
    assert [name.partition("-")[0] for name in drawn] == ["arms", "arms", "arrows", "arrows", "rounds", "rounds"]
    for path in (folder / "charts").glob("*.svg"):
        assert path.stat().st_size < 200_000
        assert all(text.isprintable() for text in ElementTree.parse(path).getroot().itertext())
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (folder / "charts").glob("*.png"))


def test_the_page_holds_names_as_text(reported):
    folder, _, _ = reported
    page = (folder / "leaderboard.html").read_text("utf-8")
    content = json.loads(re.search(r'id="meta">(.*?)</script>', page, re.DOTALL)[1])
    assert all(text.isprintable() for text in texts(content))
    table = re.search(r"<tbody>.*?</tbody>", page, re.DOTALL)[0]
    assert all(line.isprintable() for line in table.split("\n"))


@pytest.mark.parametrize("text", OBEYED.values(), ids=OBEYED)
def test_reports_of_trainings_have_their_lines(text):
    for markdown in (loop_markdown(loop(f"x{text}y")), study_markdown(study(f"x{text}y"))):
        assert f"x\\u{ord(text[0]):04x}" in markdown
        assert all(line.isprintable() for line in markdown.split("\n"))


@pytest.mark.parametrize("kind", [CalmError, LastLineError, RetrievalError])
def test_an_error_is_one_line_whatever_it_names(kind):
    error = kind(f"runs/a{ALL}b is damaged")
    shown = "runs/a\\u001b[31m\\u0000\\u000a\\u009b31m\\u202e\\u2028\\ud800\\uffffb is damaged"
    assert str(error) == shown
    assert getattr(error, "code", f"calm: {shown}") == f"calm: {shown}"


def test_text_that_is_printable_stays_as_it_is():
    for text in ("accuracy 0.5 ★", "日本語", "نیم\u200cفاصله", "हिन्दी क\u094d\u200dष", "a\\b"):
        assert printable(text) == text


def test_what_is_drawn_is_short_and_told_apart():
    one, other = drawable([f"{LONG}1", f"{LONG}2"])
    assert one != other
    assert {len(one), len(other)} == {200 + len("… ") + 6}
    assert drawable({"a\n": [1, "b\0", float("nan"), None, True]}) == {"a\\u000a": [1, "b\\u0000", None, None, True]}


def test_lines_and_cells_hold_what_is_in_them():
    assert joined(["a\nb", "c"]) == "a\\u000ab\nc"
    assert escaped("a|b\u202e\nc") == r"a\|b\\u202e c"
