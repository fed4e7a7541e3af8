"""The grid of needles, from logs and as tables, of answers that are written by hand."""

import csv
import io
import json

import pytest

from calm_harness.errors import CalmError
from calm_harness.probes.needle import Logs, Spot, grid
from calm_harness.probes.needle_tables import to_csv, to_markdown, to_probe

SIZE = 20


def log(folder, name, right, needle=None, size=SIZE):
    """Write a sample log of questions with two options, so many of which are right in each language."""
    rows = []
    for number in range(size):
        for tag in ("en", "de"):
            choice = 0 if number < right else 1
            doc = {"question_id": f"q{number}", "language": tag, "stem": f"{tag} {number}?", "options": ["a", "b"]}
            doc |= {"answer": 0, "order": [0, 1], **({"needle": needle} if needle else {})}
            arguments = {f"gen_args_{place}": {"arg_0": "?", "arg_1": option} for place, option in enumerate("ab")}
            scores = {"sum": [0.0, -1.0] if choice == 0 else [-1.0, 0.0]}
            record = {"choice": choice, "scores": scores, "score": "sum"}
            row = {"doc": doc, "answers": record, "arguments": arguments}
            rows.append({**row, "resps": [], "filtered_resps": [], "target": "0"})
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def stands(at, shown=True):
    return {
        "shown": shown,
        "at": at if shown else None,
        "tokens": 30 if shown else 0,
        "haystack_tokens": 90 if at is not None or not shown else 0,
        "haystack_passages": 3,
    }


@pytest.fixture
def logs(tmp_path):
    """The needle in English is found half, that in German not at all; alone, German is worth nothing."""
    right = {("en", "start"): 12, ("en", "end"): 20, ("de", "start"): 4, ("de", "end"): 4}
    return Logs(
        floor=log(tmp_path, "none", 2),
        alone={"en": log(tmp_path, "alone_en", 20, stands(None)), "de": log(tmp_path, "alone_de", 5, stands(None))},
        without={100: log(tmp_path, "haystack", 4, stands(None, shown=False))},
        hidden={
            Spot(tag, place, 100): log(tmp_path, f"{tag}_{place}", count, stands(0.1 if place == "start" else 0.9))
            for (tag, place), count in right.items()
        },
    )


def cell(table, language, place):
    (found,) = [each for each in table["cells"] if (each["language"], each["place"]) == (language, place)]
    return found


def test_every_needle_is_held_against_its_own_references(logs):
    found = grid(logs)
    assert (found["questions"], found["languages"], found["chance"]) == (
        SIZE,
        ["de", "en"],
        0.5,
    )  # no results say their order
    assert found["floor"]["all"]["acc"]["value"] == 0.1
    assert found["without"]["100"]["all"]["acc"]["value"] == 0.2
    assert {tag: own["all"]["acc"]["value"] for tag, own in found["alone"].items()} == {"en": 1, "de": 0.25}
    figures = cell(found, "en", "start")["figures"]["all"]
    assert figures["acc"]["value"] == 0.6
    assert figures["gain"]["value"] == pytest.approx(0.4)
    assert figures["found"]["value"] == pytest.approx(0.5)  # (12 - 4) / (20 - 4)
    assert figures["found"]["questions"] == SIZE
    assert figures["found"]["interval"][0] < 0.5 < figures["found"]["interval"][1]
    unknown = cell(found, "de", "end")["figures"]["all"]["found"]
    assert (unknown["value"], unknown["interval"]) == (None, [None, None])
    assert cell(found, "en", "end")["at"] == pytest.approx(0.9)


def test_as_markdown(logs):
    text = to_markdown(grid(logs))
    lines = text.splitlines()
    assert lines[0].startswith("20 questions in de, en. By chance 0.500 are right, without any passage 0.100 [")
    assert "| no passage (floor) | 0.100 [" in text
    assert "| haystack alone, 100 tokens | 0.200 [" in text
    assert "| needle alone, en | 1.000 [" in text
    accuracy = lines.index("Accuracy, haystacks of up to 100 tokens:")
    assert lines[accuracy + 2] == "| needle in | start | end |"
    assert lines[accuracy + 4].startswith("| en | 0.600 [")
    found = lines.index(
        "Found: (accuracy − haystack alone) ÷ (needle alone − haystack alone), haystacks of up to 100 tokens:"
    )
    assert lines[found + 4].startswith("| en | 0.500 [")
    assert lines[found + 5] == "| de | not known | not known |"
    assert "| 100 | en | start | 0.100 | 90 | 3 | 30 |" in lines


def test_as_csv(logs):
    rows = list(csv.DictReader(io.StringIO(to_csv(grid(logs)))))
    (row,) = [row for row in rows if (row["run"], row["needle"], row["place"], row["tokens"], row["language"],
                                      row["figure"]) == ("needle", "en", "start", "100", "de", "gain")]  # fmt: skip
    assert float(row["value"]) == pytest.approx(0.4)
    assert {row["run"] for row in rows} == {"none", "haystack", "alone", "needle"}


class Run:
    who, task = "model", "calm_mini_xl_rag"


def test_as_what_the_page_shows(logs):
    probe = to_probe(grid(logs), Run)
    assert (probe.kind, probe.model, probe.task, probe.questions) == ("needle", "model", "calm_mini_xl_rag", SIZE)
    assert [table.figure for table in probe.tables] == ["accuracy", "found", "gain"]
    assert [table.signed for table in probe.tables] == [False, False, True]
    first, found, _ = probe.tables
    assert (first.rows, first.columns) == (["en", "de"], ["start", "end"])
    assert first.cells["en"]["start"]["value"] == 0.6
    assert found.cells["de"]["end"]["value"] is None
    assert any(line.startswith("Haystack alone, 100 tokens: 0.200 [") for line in probe.lines)
    assert "By chance 0.500" in probe.lines[0]


def test_logs_of_other_runs_are_refused(logs, tmp_path):
    other = log(tmp_path, "other", 4)
    with pytest.raises(CalmError, match=r"other.jsonl: question q0 in de was not asked with a needle; run it anew"):
        grid(Logs(logs.floor, {**logs.alone, "de": other}, logs.without, logs.hidden))
    with pytest.raises(CalmError, match="was not asked without passages"):
        grid(Logs(logs.alone["en"], logs.alone, logs.without, logs.hidden))
    fewer = log(tmp_path, "fewer", 4, size=SIZE - 1)
    with pytest.raises(CalmError, match="of other questions than the run without passages; run both anew"):
        grid(Logs(fewer, logs.alone, logs.without, logs.hidden))
