"""Names of adapters by what differs among them: short, and never two of them the same."""

import pytest

from calm_harness.metrics import METRICS
from calm_harness.report.page.glossary import MEANINGS
from calm_harness.report.ranking import to_csv, to_markdown
from calm_harness.report.runs import differing


@pytest.mark.parametrize(
    "short",
    [
        {"crosslingual/seed0/round1/dpo": "crosslingual", "english/seed0/round1/dpo": "english"},
        {"/a/own/seed0/round1/dpo": "seed0", "/a/own/seed1/round1/dpo": "seed1"},
        {"own/round1/dpo": "own/…/dpo", "own/round1/sft": "own/…/sft", "gold/round1/dpo": "gold/…/dpo"},
        {"a/x/y/1": "a/…/1", "b/x/y/2": "b/…/2"},
        {"runs/a": "a", "runs/a/b": "a/b"},  # the one begins the other
        {"a/b": "a", "x/a/b": "x/a"},  # the one ends the other
        {"a/a": "a/a", "a": "a"},
        {"own/seed0/round1/dpo": "own/seed0/round1", "own/dpo": "own"},  # parts missing
        {"own/seed0/dpo": "own/seed0", "own/dpo": "own", "own/seed1/dpo": "own/seed1"},
        {"a/b": "a/b", "b/a": "b/a"},  # the same parts in another order
        {"./a": "./a", "a": "a", "b": "b"},  # they differ in what says nothing
        {name: name for name in ("x/c//d", "x/c/d", "x/x/c/d", "x/e")},  # the third would be short for the second
        {"runs\\own\\dpo": "own", "runs\\gold\\dpo": "gold"},
        {"org/one": "one", "org/other": "other"},
        {"/": "/", "a": "a"},
        {},
    ],
)
def test_names_are_shortened_to_what_differs(short):
    assert differing(short) == short
    assert len(set(short.values())) == len(short)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("runs/crosslingual/seed0/round1/dpo", "crosslingual"),
        ("/home/me/loops/mine/round3/dpo/checkpoint-500", "mine"),
        ("org/adapter-of-mine", "org/adapter-of-mine"),
        ("org/dpo", "org/dpo"),
        ("seed0/round1/dpo", "round1/dpo"),
        ("./dpo", "dpo"),
        ("/", "/"),
    ],
)
def test_a_name_that_is_alone_is_its_last_part_that_says_something(name, short):
    assert differing([name, name]) == {name: short}


def test_a_row_has_its_model_and_beneath_it_the_adapter(crowd):
    board, _ = crowd
    lines = {row.run.adapter: row.lines for row in board.rows if row.run.adapter}
    assert lines == {
        "runs/study/crosslingual/seed0/round1/dpo": ("gemma-3-270m", "crosslingual"),
        "runs/study/english/seed0/round1/dpo": ("gemma-3-270m", "english"),
        "runs/study/gold/seed0/round1/dpo": ("gemma-3-270m", "gold"),
        "runs/study/own/seed0/round1/dpo": ("gemma-3-270m", "own"),
        "runs/study/crosslingual/seed1/round1/dpo": ("Qwen/Qwen3-0.6B-Base", "crosslingual"),
    }
    assert [row.lines for row in board.rows if row.run.model.endswith("gemma-3-270m") and not row.run.adapter] == [
        ("gemma-3-270m",)
    ]


def test_other_formats_have_the_names_as_they_were(crowd):
    board, _ = crowd
    assert "gemma-3-270m + crosslingual/seed0/round1/dpo |" in to_markdown(board, "Many")
    assert ".cache/gemma-3-270m,runs/study/crosslingual/seed0/round1/dpo," in to_csv(board)


def test_every_metric_has_a_meaning():
    assert list(MEANINGS)[: len(METRICS)] == list(METRICS)
    assert all(MEANINGS.values())
