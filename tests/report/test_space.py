"""The leaderboard as a static Space: its metadata, its page opened from that folder, and nothing of this machine."""

import json
import re
import shutil
from pathlib import Path

import pytest
from huggingface_hub import RepoCard

from calm_harness.cli import main
from calm_harness.report.probe import PROBE, Probe, Table, write
from calm_harness.report.shared.public import is_path, last_part, names
from tests.report import plain_run


@pytest.fixture(scope="module")
def space(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("space") / "made"
    assert main(["report", str(runs), "--space", str(folder), "--title", "Birds: in 3 languages"]) == 0
    return folder


def test_the_card_says_what_a_space_needs(space):
    data = RepoCard.load(space / "README.md", repo_type="space").data.to_dict()
    assert (data["sdk"], data["title"]) == ("static", "Birds: in 3 languages")
    assert (space / data["app_file"]).is_file()
    assert len(data["short_description"]) <= 60
    assert {data["colorFrom"], data["colorTo"]} <= {
        *("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"),
    }


def test_the_cards_text_is_the_ranking_with_intervals(space, board):
    text = (space / "README.md").read_text("utf-8")
    row = next(row for row in board.rows if row.run.mode.startswith("RAG"))
    cell = row.run.figures["acc"]
    assert "{:.3f} [{:.3f}, {:.3f}]".format(cell["value"], *cell["interval"]) in text


def test_the_page_opens_from_a_copy_of_the_folder_and_asks_for_nothing_else(space, board, visit, tmp_path):
    copy = shutil.copytree(space, tmp_path / "elsewhere")
    found = visit(copy / "leaderboard.html")
    assert found.page.inner_text("h1") == "Birds: in 3 languages"
    assert found.page.locator("#ranking tbody tr").count() == len(board.rows)
    for view in ("compare", "questions", "about"):
        found.view(view)
    assert found.said == []
    inside = copy.resolve().as_uri()
    assert [url for url in found.asked if not url.startswith((inside, "data:", "blob:"))] == []


def test_nothing_of_this_machine_is_in_it(space, runs, offline_model, adapter):
    for path in space.rglob("*"):
        text = path.read_text("utf-8") if path.is_file() else ""
        for secret in (runs, offline_model, adapter, Path.cwd()):
            assert f"{secret.parent}/" not in text, (path, secret)


def test_runs_of_the_space_are_compared_as_ever(space, report):
    """Without their folders models are still who they were: the adapter has its base, copies are one model."""
    of = {
        folder: json.loads(re.search(r'id="meta"[^>]*>(.*?)</script>', (folder / "leaderboard.html").read_text())[1])
        for folder in (space, report)
    }
    links = {folder: [(row["scope"], row["base"], row["how"]) for row in meta["rows"]] for folder, meta in of.items()}
    assert sorted(map(str, links[space])) == sorted(map(str, links[report]))


def test_a_folder_with_something_else_is_refused(runs, space, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["report", str(runs / "base"), "--space", str(tmp_path)]) == 1
    assert "holds notes.txt, which would be published; name a new folder" in capsys.readouterr().err
    assert main(["report", str(runs / "base"), "--space", str(space), "--text"]) == 1
    assert "make it with a command of its own" in capsys.readouterr().err


def test_a_space_is_written_anew(runs, tmp_path):
    for _ in range(2):
        assert main(["report", str(runs / "base"), "--space", str(tmp_path / "space")]) == 0


def test_names_without_their_folders():
    assert [
        is_path(name) for name in ("org/model", "gpt2", "/a/b", "~/b", "./b", "../b", "a/b/c", r"C:\b", r"a\b")
    ] == [
        *(False, False, True, True, True, True, True, True, True),
    ]
    assert last_part("/home/me/runs/dpo/") == "dpo"
    assert last_part("~") == "?"
    assert names(["/a/dpo", "/b/dpo", "/c/sft", "org/dpo"]) == {
        "/a/dpo": "dpo (1)",
        "/b/dpo": "dpo (2)",
        "/c/sft": "sft",
        "org/dpo": "org/dpo",
    }


def test_probes_are_in_it_under_the_names_of_their_models(tmp_path):
    """A model that was both run and probed has one name; another that lies in a folder of that name has its own."""
    models = [str(tmp_path / "mine" / "gemma"), str(tmp_path / "theirs" / "gemma"), "org/other"]
    plain_run.write(tmp_path / "runs" / "one", model=models[0])
    cells = {"en": {"de": {"value": 0.5, "stderr": 0.1, "interval": [0.3, 0.7], "questions": 9}}}
    table = Table("Success", "success", "edited in", "asked in", ["en"], ["de"], cells)
    whos = [models[0], f"{models[1]} @ main + {tmp_path}/runs/dpo", models[2]]
    for place, who in enumerate(whos):
        folder = tmp_path / "runs" / f"probe{place}"
        folder.mkdir()
        write(Probe("edit", f"Edits of {who}", who, "mini", 9, [f"Facts of {who}."], [table]), folder)
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / PROBE).write_text("{}")
    assert main(["report", str(tmp_path / "runs"), "--space", str(tmp_path / "space")]) == 0
    page = (tmp_path / "space" / "leaderboard.html").read_text("utf-8")
    assert str(tmp_path) not in page
    for who in ("gemma (1)", "gemma (2) @ main + dpo", "org/other"):
        assert f"<h2>Edits of {who}</h2>" in page.replace("\u2068", "").replace("\u2069", "")
        assert f"Facts of {who}." in page
    assert "probe.json: kind is missing; make the probe again" in page
