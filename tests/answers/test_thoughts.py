"""What stands after a response's thoughts, whatever marks they stand between."""

import time

import pytest

from calm_harness.answers import extract, opened, spoken
from calm_harness.answers.thoughts import MARKS

OPTIONS = ["eat", "sleep", "run", "read"]
CHANNELS = "<|channel|>analysis<|message|>D? No.<|end|><|start|>assistant<|channel|>final<|message|>"


@pytest.mark.parametrize(("opening", "closing"), MARKS)
def test_what_stands_after_thoughts_is_the_answer(opening, closing):
    thoughts = "The answer might be D. Answer: D"
    assert extract(f"{opening}\n{thoughts}\n{closing}\n\nB", OPTIONS, "en") == 1
    assert extract(f"{opening}{thoughts}{closing}Answer: B", OPTIONS, "en") == 1
    assert extract(f"{thoughts}\n{closing}\n\nB", OPTIONS, "en") == 1  # the template opened them in the prompt
    assert spoken(f"{opening}\n{thoughts}") == ("", False)
    assert extract(f"{opening}\n{thoughts}", OPTIONS, "en") is None
    assert spoken(f"{opening}\n\n{closing}\n\nAnswer: B") == ("\n\nAnswer: B", True)
    assert spoken(f"{opening} a {closing} b\n{opening} c {closing} d") == (" d", True)
    assert spoken(f"{opening} a {closing} b\n{opening} c") == ("", False)


@pytest.mark.parametrize(
    ("response", "text", "finished"),
    [
        ("Answer: B", "Answer: B", True),
        ("", "", True),
        ("<think>\nIt is B.\n</think>", "", True),  # they end, and nothing is said
        (f"{CHANNELS}Answer: B", "Answer: B", True),
        ("<|channel|>analysis<|message|>The answer is D", "", False),
        ("analysisWe think of D.assistantfinalAnswer: B", "Answer: B", True),  # special tokens were skipped
        ("analysisWe think of D", "", False),
        ("analysis of the options shows B", "analysis of the options shows B", True),
        ("The tag `</think>` ends thoughts. Answer: B", "The tag `</think>` ends thoughts. Answer: B", True),
        ("Here I write <think> as a word. Answer: B", "Here I write <think> as a word. Answer: B", True),
        ("<THINK>D</THINK>B", "B", True),
    ],
)
def test_thoughts_that_end_and_that_do_not(response, text, finished):
    assert spoken(response) == (text, finished)


def test_marks_of_ones_own():
    response = "[[ the answer is D ]]\nAnswer: B"
    assert extract(spoken(response, ["[[", "]]"]).text, OPTIONS, "en") == 1
    assert spoken("[[ the answer is D", ["[[", "]]"]) == ("", False)
    assert spoken("<think>D", ["[[", "]]"]) == ("", False)  # beside those that are known


@pytest.mark.parametrize(
    "unit",
    ["<think>", "</think>", "<thi", "[", "<|channel|>analysis", "\n<think>", "\n ", "analysisA", "assistantfinal"],
)
def test_long_responses_take_no_time(unit):
    start = time.perf_counter()
    for prefix in ("", "analysisA"):
        spoken(prefix + unit * (80_000 // len(unit)))
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("opening", [opening for opening, _ in MARKS])
def test_a_prompt_may_open_thoughts(opening):
    assert opened(f"<user>What is <think>?<assistant>{opening}\n")
    assert not opened(f"<user>{opening} What?<assistant>")


def test_a_prompt_may_open_thoughts_of_ones_own():
    assert opened("What? [[", ["[[", "]]"])
    assert not opened("What? [[")
