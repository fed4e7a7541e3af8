"""The marks of chat templates."""

import re
import time

import pytest

from calm_harness.predictions.chat_marks import MARKS, question_of, without_empty_thoughts, without_marks


@pytest.mark.parametrize(("mark", "text"), [(mark, text) for mark in MARKS for text in mark.matches])
def test_a_mark_matches_as_a_whole(mark, text):
    assert re.fullmatch(mark.pattern, text)
    assert without_marks(f"D. iron{text}") == "D. iron\n"


@pytest.mark.parametrize(("mark", "text"), [(mark, text) for mark in MARKS for text in mark.misses])
def test_what_only_looks_like_a_mark_is_none(mark, text):
    assert not re.search(mark.pattern, text)


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("USER: A. wood B. iron ASSISTANT:", "USER: A. wood B. iron"),
        ("User: B. iron\n\nAssistant:", "User: B. iron"),
        ("Human: B. iron###Assistant:", "Human: B. iron"),
        ("### Instruction:\nB. iron\n\n### Response:\n", "### Instruction:\nB. iron"),
        ("GPT4 Correct User: B. ironGPT4 Correct Assistant:", "GPT4 Correct User: B. iron"),
        ("user\nB. iron\nmodel\n", "user\nB. iron\n"),
        ("user\n\nB. ironassistant\n\n", "user\n\nB. iron"),
        ("B. role model", "B. role model"),
        ("B. medical assistant", "B. medical assistant"),
        ("B. medical assistantassistant\n", "B. medical assistant"),
        (
            "<|im_start|>user\nB. iron<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
            "\nuser\nB. iron\n\n\n",
        ),
    ],
)
def test_who_speaks_next_is_no_part_of_the_question(prompt, asked):
    assert question_of(prompt) == asked


@pytest.mark.parametrize(
    "thoughts",
    [
        "<seed:think>Hm.</seed:think>",
        "◁think▷Hm.◁/think▷",
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>",
        "<|channel>thoughtHm.<channel|>",
    ],
)
def test_thoughts_stay_in_one_notation(thoughts):
    assert without_marks(f"{thoughts}B") == "<think>Hm.</think>B"


def test_thoughts_without_a_thought_fall_away():
    assert without_empty_thoughts("<think>\n\n</think>\n\nB") == "B"
    assert without_empty_thoughts("<think>Hm.</think>B") == "<think>Hm.</think>B"


def test_white_space_takes_linear_time():
    prompt = f"User: a{' ' * 50_000}b{chr(10) * 50_000}c"
    start = time.process_time()
    assert question_of(prompt) == prompt
    assert time.process_time() - start < 1
