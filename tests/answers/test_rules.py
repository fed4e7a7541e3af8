"""Each rule decides its own examples; what it is for and its patterns stand in `calm_harness.answers.rules`."""

import re
from pathlib import Path

import pytest

from calm_harness.answers import explain, extract
from calm_harness.answers.notation import KINDS, pattern
from calm_harness.answers.rules import RULES

ROOT = Path(__file__).parents[2]
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]


def letter(index):
    return "-" if index is None else "ABCDE"[index]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda each: getattr(each, "name", None))
def test_an_example_is_read_as_it_says(rule, example):
    reading = explain(example.response, example.texts, example.language)
    assert letter(reading.answer) == example.letter
    assert extract(example.response, example.texts, example.language) == reading.answer


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_decides_an_example_of_its_own(rule):
    decided = {explain(each.response, each.texts, each.language).rule for each in rule.examples}
    assert rule.name in decided


def test_names_of_rules_are_their_own():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert len(set(KINDS.values())) == len(KINDS)


def test_what_is_explained_are_the_words_that_decided():
    reading = explain("They swim. The answer is A? No, it is not A but B. They like it.", ["hospital", "sea"], "en")
    assert (reading.answer, reading.rule) == (1, "not A but B")
    assert reading.words == "not A but B"
    assert explain("<think>B, or so", ["hospital", "sea"], "en").rule == "thoughts"
    assert explain("Who knows?", ["hospital", "sea"], "en").rule == ""


def test_a_pattern_is_written_in_names():
    assert pattern(r"(?<! not ) answer good*+ [^ newline . letter ]{0,10}? is (?= letter )").pattern == (
        r"(?<!X)NG*+[^\n.L]{0,10}?I(?=L)"
    )
    assert pattern(r"(?P<text> text )").groupindex == {"text": 1}
    with pytest.raises(re.error):
        pattern("(answer")


def test_there_is_no_second_reader():
    """Tasks, logs and pairs read responses through `calm_harness.answers` alone."""
    texts = {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for package in ("calm_harness", "trainer")
        for path in (ROOT / package).rglob("*.py")
        if path.parent.name != "answers"
    }
    inside = re.compile(r"calm_harness\.answers\.(?:reader|statements|texts|line|notation)\b")
    reads = re.compile(r"answers import .*\b(?:extract|explain|read)\b|calm_harness import answers\b")
    assert [name for name, text in texts.items() if inside.search(text)] == []
    assert {name for name, text in texts.items() if reads.search(text)} == {
        "calm_harness/task/answers.py",
        "calm_harness/predictions/rows/answering.py",
        "calm_harness/predictions/llama_factory.py",
        "calm_harness/predictions/targets.py",
        "calm_harness/cli/data.py",
        "trainer/preferences/texts.py",
        "trainer/rollouts/reward.py",
        "trainer/preferences/translation/faults.py",
    }
