"""The grid of needles, run by one command with a small model, and read by everything that reads logs."""

import json

import pytest

from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.report import probe
from calm_harness.report.leaderboard import build as board_of
from calm_harness.report.runs import find
from tests import answering_passages, tiny_model
from tests.conftest import log_of
from trainer.preferences.samples import load

TASK = "calm_mini_xl_cloze_rag"
CELLS = [
    "zh_start_150",
    "zh_end_150",
    "same_start_150",
    "same_end_150",
    "haystack_150",
    "alone_zh",
    "alone_same",
    "none",
]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return answering_passages.index(tmp_path_factory)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=1)


def words(model, index, out, *flags):
    words = ["grid", "--tasks", TASK, "--index", str(index), "--needle", "--needle_languages", "zh,same"]
    words += ["--needle_positions", "start,end", "--haystack_tokens", "150", "--haystack", "random"]
    words += ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    words += ["--batch_size", "8", "--limit", "24", "--metadata", '{"languages": "en,zh"}', "--output_path", str(out)]
    return [*words, *flags]


@pytest.fixture(scope="module")
def out(model, index, tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALM_CACHE_DIR", str(folder / "cache"))
        assert main(words(model, index, folder / "out")) == 0
    return folder / "out"


def right(folder):
    rows = [json.loads(line) for line in log_of(folder).read_text(encoding="utf-8").splitlines()]
    return [row["answers"]["choice"] == row["doc"]["answer"] for row in rows]


def test_the_grid_holds_needles_against_the_needle_alone_the_haystack_alone_and_neither(out):
    found = json.loads((out / "grid.json").read_text(encoding="utf-8"))
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == sorted(CELLS)
    assert (found["questions"], found["languages"], found["lengths"]) == (12, ["en", "zh"], [150])
    assert (found["needle_languages"], found["places"]) == (["zh", "same"], ["start", "end"])
    mean = {name: sum(right(out / name)) / 24 for name in CELLS}
    assert found["floor"]["all"]["acc"]["value"] == pytest.approx(mean["none"])
    assert found["without"]["150"]["all"]["acc"]["value"] == pytest.approx(mean["haystack_150"])
    assert len(found["cells"]) == 4
    for cell in found["cells"]:
        name = f"{cell['language']}_{cell['place']}_150"
        figures = cell["figures"]["all"]
        assert figures["acc"]["value"] == pytest.approx(mean[name])
        assert figures["gain"]["value"] == pytest.approx(mean[name] - mean["haystack_150"])
        room = mean[f"alone_{cell['language']}"] - mean["haystack_150"]
        assert figures["room"]["value"] == pytest.approx(room)
        if figures["found"]["value"] is not None:  # of random weights there is hardly ever anything to know
            assert figures["found"]["value"] == pytest.approx(figures["gain"]["value"] / room)
        assert cell["at"] == (0 if cell["place"] == "start" else 1)
        assert 75 < cell["haystack_tokens"] <= 150
    text = (out / "grid.md").read_text(encoding="utf-8")
    assert text.startswith("12 questions in en, zh. By chance 0.2")
    assert "| no passage (floor) |" in text
    assert (out / "grid.csv").read_text(encoding="utf-8").startswith("run,needle,place,tokens,language,figure,value,")


def test_the_page_is_told(out, model):
    told = probe.read(out / probe.PROBE)
    assert (told.kind, told.task, told.questions) == ("needle", TASK, 12)
    assert str(model) in told.model
    assert [table.figure for table in told.tables] == ["accuracy", "found", "gain"]
    assert told.tables[0].cells["zh"]["start"]["questions"] == 12


def test_the_leaderboard_shows_runs_with_needles_as_what_they_are(out):
    board = board_of(*find([out]), progress=False)
    ways = {row.run.how for row in board.rows}
    assert "RAG needle zh at 0, haystack same random 150 tokens" in ways
    assert "RAG no needle, haystack same random 150 tokens" in ways
    assert "RAG needle same at 0.5, haystack same near 0 passages" in ways
    assert "zero-shot" in ways
    assert len(ways) == len(CELLS)


def test_runs_with_needles_are_never_trained_on(out):
    for name in ("zh_start_150", "haystack_150", "alone_zh"):
        with pytest.raises(CalmError, match="was asked with a needle in a haystack: a probe, and never training data"):
            load([str(out / name)])


def test_what_is_done_is_done_once_and_other_places_are_added(out, model, index, monkeypatch):
    monkeypatch.setenv("CALM_CACHE_DIR", str(out.parent / "cache"))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("samples_*.jsonl")}
    assert main(words(model, index, out)) == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("samples_*.jsonl")} == before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tasks", "calm_mini_xl"], "the grid takes one of calm_custom_xl_cloze_rag"),
        (
            ["--needle_languages", "en,sw"],
            "--needle_languages: {index} has no passages in 'sw'; there are en, zh, same",
        ),
        (
            ["--haystack_language", "sw"],
            "--haystack_language: {index} has no passages in 'sw'; there are en, zh, same, m",
        ),
        (["--needle_positions", "top"], "needle_position must be start, middle, end, or a number from 0 to 1"),
        (["--needle_positions", "2"], "needle_position must be start, middle, end, or a number from 0 to 1"),
        (["--haystack_tokens", "long"], "--haystack_tokens: 'long' is no number of tokens"),
        (["--passage_languages", "en"], "--passage_languages is for --index without --needle"),
        (
            ["--metadata", '{"needle_position": 0.5}'],
            "needle_position is what the runs of --needle differ in, or a flag",
        ),
        (["--metadata", '{"haystack_seed": 3}'], "haystack_seed is what the runs of --needle differ in, or a flag"),
        (["--metadata", '{"k": 5}'], "k is of passages that a search finds; leave it or needle out"),
        (["--mix_with", "en"], "--mix_with is for --mix"),
        (["--shard", "1/2"], "a grid is of whole runs"),
    ],
)
def test_bad_input_is_said_before_anything_is_run(flags, said, index, tmp_path, capsys):
    assert main(words("no/model", index, tmp_path / "out", *flags)) == 1
    printed = capsys.readouterr()
    assert said.format(index=index) in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_lengths_have_to_be_said_and_flags_need_their_axis(index, tmp_path, capsys):
    words = ["grid", "--tasks", TASK, "--index", str(index), "--output_path", str(tmp_path / "out")]
    assert main([*words, "--needle"]) == 1
    assert "how long are the haystacks? --haystack_tokens 500,2000" in capsys.readouterr().err
    assert main([*words, "--haystack_tokens", "500"]) == 1
    assert "--haystack_tokens is for --needle" in capsys.readouterr().err
