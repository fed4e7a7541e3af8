"""Pairs of chats: what of a log becomes messages, what stays text, and which samples are never chosen."""

import json
from dataclasses import replace

import pytest

from calm_harness import prompts
from calm_harness.errors import CalmError
from calm_harness.predictions.task_log import read_row
from calm_harness.questions import load
from trainer.preferences import texts
from trainer.preferences.arguments import PairArguments
from trainer.preferences.make import make
from trainer.preferences.samples import collect

SYSTEM = {"role": "system", "content": "Answer like a teacher."}
SAMPLES = ["Because.\nAnswer: A", "Really.\nAnswer: A", "Or not.\nAnswer: B"]


@pytest.fixture(scope="module")
def doc():
    row = load("mini", split="train", languages=["en"]).rows[0]
    return {
        "question_id": row.question_id, "language": "en", "stem": row.stem, "options": list(row.options), "answer": 0,
    }  # fmt: skip


def user(doc):
    return {"role": "user", "content": prompts.cot_text(doc)}


def rendered(messages):
    """As ChatML has it."""
    turns = [f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n" for message in messages]
    return f"{''.join(turns)}<|im_start|>assistant\n"


def logged(doc, prompt, **record):
    """A row of a log, with the answers of its samples."""
    row = read_row(
        {
            "doc": doc,
            "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": {"until": []}}},
            "resps": [SAMPLES],
            "answers": {"choice": 0, "unfinished": False, **record},
        }
    )
    return collect([replace(row, choices=(0, 0, 1))])


def pair(samples, **settings):
    settings = {"chosen": ["native"], "vote": "own", **settings}
    rows, _ = make(samples, PairArguments(samples=[], output="", **settings))
    return rows[0]


def test_a_chat_as_text_is_a_turn(doc):
    messages = [SYSTEM, user(doc)]
    row = pair(logged(doc, rendered(messages), messages=messages))
    assert (row["prompt"], row["format"]) == (rendered(messages), "turn")
    assert (row["chosen"], row["rejected"]) == (SAMPLES[0], SAMPLES[2])
    assert "rendered" not in row


@pytest.mark.parametrize("chat", [False, True])
def test_answer_lines_alone_are_warned_of_in_a_chat_too(doc, chat):
    (cell,) = logged(doc, rendered([user(doc)]), messages=[user(doc)]).cells.values()
    explained = replace(cell, responses=(*cell.responses[:2], "Or not, for many a reason.\nAnswer: B"))
    settings = PairArguments(samples=[], output="", vote="own", chosen=["template"], chat=chat)
    rows, found = make(collect([explained]), settings)
    assert {row["format"] for row in rows} == {"turn"}
    assert [line.partition(":")[0] for line in found["warnings"]] == ["language en", "source template"]


def test_a_template_after_which_nothing_stands_is_a_turn_still(doc):
    row = pair(logged(doc, f"<s>[INST] {user(doc)['content']}[/INST]"))  # of an earlier version: no messages
    assert row["format"] == "turn"
    assert row["chosen"] == SAMPLES[0]  # no line end before it: the model wrote none


def test_a_chat_as_messages_has_all_of_them_and_what_was_read(doc):
    messages = [SYSTEM, {"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}, user(doc)]
    row = pair(logged(doc, rendered(messages), messages=messages), chat=True)
    assert row["prompt"] == messages
    assert row["rendered"] == rendered(messages)
    assert row["chosen"] == [{"role": "assistant", "content": SAMPLES[0]}]


def test_an_earlier_log_has_the_users_turn_and_what_was_read(doc):
    row = pair(logged(doc, rendered([SYSTEM, user(doc)])), chat=True)
    assert row["prompt"] == [user(doc)]
    assert row["rendered"] == rendered([SYSTEM, user(doc)])  # training sees that the system text is missing


def test_a_server_was_sent_messages_and_made_the_text_itself(doc):
    messages = [SYSTEM, user(doc)]
    samples = logged(doc, [json.dumps(messages)])  # as lm-eval logs local-chat-completions
    row = pair(samples, chat=True)
    assert (row["prompt"], row["rendered"]) == (messages, None)
    with pytest.raises(CalmError, match="a server was sent messages, and the log has no text; take --chat true"):
        pair(samples)


def test_plain_text_with_examples_is_no_chat(doc):
    samples = logged(doc, f"Question: ?\nAnswer: A\n\n{user(doc)['content']}")
    assert pair(samples)["format"] == "response"
    with pytest.raises(CalmError, match="plain text with examples or a system text, which a chat would lose"):
        pair(samples, chat=True)


def test_plain_text_of_the_question_alone_may_become_a_chat(doc):
    samples = logged(doc, user(doc)["content"])
    assert pair(samples)["format"] == "response"
    row = pair(samples, chat=True)
    assert (row["prompt"], row["rendered"]) == ([user(doc)], user(doc)["content"])


# What was cut ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "first"),
    [
        ({"truncated": False, "cut": [False, False, False]}, 0),
        ({"truncated": True, "cut": [True, False, False]}, 1),
        ({"truncated": True, "cut": [True, True, False]}, None),
        ({"truncated": True}, 1),  # of an earlier version, which knew of the first alone
        ({}, 0),
    ],
)
def test_a_sample_that_was_cut_is_not_chosen(record, first, doc):
    (cell,) = logged(doc, user(doc)["content"], **record).cells.values()
    found = texts.native(texts.usable(cell), 0)
    assert [text.text for text in found[:1]] == ([] if first is None else [SAMPLES[first]])


def test_a_sample_that_was_cut_is_not_rejected(doc):
    (cell,) = logged(doc, user(doc)["content"], cut=[False, False, True]).cells.values()
    assert texts.dissenting(texts.usable(cell), 0, "all") == []


def test_runs_that_are_put_together_know_of_each_what_was_cut(doc):
    prompt = user(doc)["content"]
    (one,), (other,) = (
        logged(doc, prompt, **record).cells.values() for record in ({"truncated": True}, {"cut": [True, False, True]})
    )
    (cell,) = collect([one, other]).cells.values()
    assert cell.cuts == (True, None, None, True, False, True)


def test_samples_on_no_side_are_counted_by_why(doc):
    """One of each kind: what is cut is known of all, and what an end looks like decides nothing then."""
    (cell,) = logged(doc, user(doc)["content"]).cells.values()
    responses = (
        "Because.\nAnswer: A",
        "Or not.\nAnswer: B",
        "Answer: A\n\nThey are",
        "I do not know.",
        "<think>Answer: A",
    )
    known = replace(cell, responses=responses, choices=(0, 1, 0, None, None), cut=(False, False, True, False, False))
    rows, found = make(collect([known]), PairArguments(samples=[], output="", vote="own"))
    assert [(row["chosen"].strip(), row["rejected"].strip()) for row in rows] == [responses[:2]]
    assert found["samples_left_out"] == {
        "cut at the token limit": 1, "no answer": 1, "thoughts that never end": 1,
    }  # fmt: skip
    unknown = replace(known, cut=())
    found = make(collect([unknown]), PairArguments(samples=[], output="", vote="own"))[1]
    assert found["samples_left_out"] == {"breaks off": 1, "no answer": 1, "thoughts that never end": 1}


# Thoughts -------------------------------------------------------------------------------------------------------------

THOUGHT = "<think>\nHm. Answer: C\n</think>\n\n"


def thinking(doc, thoughts, prompt=None, **record):
    """One sample with the winning answer twice and one against it, with what is written before each."""
    (cell,) = logged(doc, prompt or rendered([user(doc)]), messages=[user(doc)], **record).cells.values()
    responses = tuple(f"{before}{text}" for before, text in zip(thoughts, SAMPLES, strict=True))
    return collect([replace(cell, responses=responses, cut=(False,) * 3)])


def sides(samples, **settings):
    rows, found = make(samples, PairArguments(samples=[], output="", vote="own", **settings))
    return [(row["chosen"], row["rejected"]) for row in rows], found


def test_thoughts_are_left_out_unless_they_are_wanted(doc):
    samples = thinking(doc, [THOUGHT] * 3)
    assert sides(samples)[0] == [(SAMPLES[0], SAMPLES[2])]
    assert sides(samples, thoughts=True)[0] == [(THOUGHT + SAMPLES[0], THOUGHT + SAMPLES[2])]


def test_thoughts_stand_on_both_sides_or_on_none(doc):
    """The first sample with the answer has none, so the second is taken beside what is rejected with thoughts."""
    samples = thinking(doc, ["", THOUGHT, THOUGHT])
    assert sides(samples, thoughts=True)[0] == [(THOUGHT + SAMPLES[1], THOUGHT + SAMPLES[2])]
    assert sides(samples)[0] == [(SAMPLES[0], SAMPLES[2])]
    lone = thinking(doc, ["", "", THOUGHT])
    assert sides(lone)[0] == [(SAMPLES[0], SAMPLES[2])]
    with pytest.raises(CalmError, match=r"no pair is left \(thoughts on one side alone: 1\)"):
        sides(lone, thoughts=True)


def test_an_answer_line_has_no_thoughts(doc):
    samples = thinking(doc, [THOUGHT] * 3)
    ((chosen, rejected),), _ = sides(samples, chosen=["template"])
    assert (chosen, rejected) == ("Answer: A", SAMPLES[2])
    with pytest.raises(CalmError, match="thoughts on one side alone: 1"):
        sides(samples, chosen=["template"], thoughts=True)


def test_marks_of_a_sets_own(doc):
    samples = thinking(doc, ["[[ Answer: C ]]\n"] * 3, thinking=["[[", "]]"])
    assert sides(samples)[0] == [(SAMPLES[0], SAMPLES[2])]
    assert sides(samples, thoughts=True)[0][0][0] == f"[[ Answer: C ]]\n{SAMPLES[0]}"


@pytest.mark.parametrize("logged_with", [True, False], ids=["logged", "taken off"])
def test_thoughts_that_the_prompt_opened_are_closed(logged_with, doc):
    """Without thoughts, both sides go on behind `<think>` as Qwen's template does without thinking."""
    prompt = rendered([user(doc)]) + "<think>\n"
    before = ["Hm. Answer: C\n</think>\n\n"] * 3 if logged_with else [""] * 3
    samples = thinking(doc, before, prompt, **({"in_thoughts": [True] * 3} if logged_with else {}))
    closed = "\n</think>\n\n"
    assert sides(samples)[0] == [(closed + SAMPLES[0], closed + SAMPLES[2])]
    kept = before[0] if logged_with else closed
    assert sides(samples, thoughts=True)[0] == [(kept + SAMPLES[0], kept + SAMPLES[2])]


def test_thoughts_that_the_prompt_opened_and_that_never_end(doc):
    prompt = rendered([user(doc)]) + "<think>\n"
    samples = thinking(doc, ["</think>", "</think>", ""], prompt, in_thoughts=[True] * 3)
    with pytest.raises(CalmError, match=r"no pair is left \(nothing to reject: 1\)"):
        sides(samples)
    joined = collect([*samples.cells.values(), *thinking(doc, ["", "", ""], prompt).cells.values()])
    (cell,) = joined.cells.values()
    assert cell.in_thoughts == (True, True, True, False, False, False)
