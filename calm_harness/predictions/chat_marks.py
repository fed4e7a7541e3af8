"""The marks that chat templates put around and between turns, which are no part of a question or an answer (pure).

Source: the templates of LLaMA-Factory (hiyouga/LLaMA-Factory, src/llamafactory/data/template.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """A kind of mark.

    Attributes:
        name: the templates that have it.
        pattern: a regular expression.
        matches: texts that are such marks as a whole.
        misses: texts with nothing of that kind in them.
    """

    name: str
    pattern: str
    matches: tuple[str, ...]
    misses: tuple[str, ...] = ()


MARKS = (
    Mark(
        "bars: chatml, llama3, phi, cohere, glm4; full-width in deepseek",
        r"<[|｜][^<>|｜\n]{1,40}[|｜]>",
        ("<|im_start|>", "<|START_OF_TURN_TOKEN|>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>"),
        ("a <| b", "x|y", "<b>|</b>"),
    ),
    Mark("half bars: gemma4", r"<\|[A-Za-z_]{1,20}>|<[A-Za-z_]{1,20}\|>", ("<|turn>", "<turn|>"), ("a<b|c>d",)),
    Mark(
        "square bars: exaone, bluelm",
        r"\[\|[A-Za-z]{1,20}\|\]",
        ("[|user|]", "[|endofturn|]", "[|Human|]"),
        ("[a|b]", "||x||"),
    ),
    Mark(
        "ends of sequences: llama2, mistral, gemma, intern, yuan, glm4",
        r"</?s>|<(?:bos|eos|pad|unk|eoa|eod|sep|sop|eop|AI|用户)>|\[gMASK\]",
        ("<s>", "</s>", "<eos>", "<eoa>", "<用户>", "[gMASK]"),
        ("<strong>", "<su>"),
    ),
    Mark(
        "turns: gemma, minimax1, telechat, ziya, bailing",
        r"<(?:start|end|beginning)_of_[a-z]{1,20}>|<_(?:user|bot|system|end)>|<(?:human|bot)>"
        r"|<role>[A-Z]{1,20}</role>",
        ("<start_of_turn>", "<end_of_turn>", "<beginning_of_sentence>", "<_bot>", "<bot>", "<role>ASSISTANT</role>"),
        ("<role>", "end_of_turn"),
    ),
    Mark(
        "instructions: llama2, mistral",
        r"\[/?(?:INST|SYSTEM_PROMPT)\]|<</?SYS>>",
        ("[INST]", "[/INST]", "[SYSTEM_PROMPT]", "<<SYS>>", "<</SYS>>"),
        ("[INST", "<<b>>"),
    ),
    Mark(
        "reserved tokens: baichuan, index",
        r"<reserved_\d{1,4}>|reserved_[01](?!\d)",
        ("<reserved_102>", "<reserved_107>", "reserved_1"),
        ("reserved_102",),
    ),
    Mark("seed", r"<seed:[a-z_]{1,20}>", ("<seed:bos>", "<seed:eos>"), ("seed:bos",)),
    Mark("minimax2", r"\]~!?b[\[\]]|\[e~\[", ("]~!b[", "]~b]", "[e~["), ("a~b",)),
)

ROLE = r"(?:USER|User|Human|HUMAN|ASSISTANT|Assistant|Belle|Falcon|Bot|GPT4 Correct (?:User|Assistant)|问|答)"
"""Who speaks, as templates without special tokens write it: vicuna, llava, deepseek, xverse, openchat, chatglm2."""

_MARK = re.compile("|".join(f"(?:{mark.pattern})" for mark in MARKS))
_THOUGHTS = (  # as templates write the beginning and the end of thoughts
    (re.compile(r"<seed:think>|◁think▷|<\|channel\|?>(?:analysis|thought)(?:<\|message\|>)?"), "<think>"),
    (
        re.compile(
            r"</seed:think>|◁/think▷|<channel\|>"
            r"|<\|end\|>(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>"
        ),
        "</think>",
    ),
)
_NO_THOUGHTS = re.compile(r"<think>\s*</think>\s*")
_LAST_SPEAKER = re.compile(rf"(?<!\s)\s*(?:#{{2,3}}\s*)?(?:{ROLE}|Response)\s*[:：]\s*$")
_LAST_ROLE = re.compile(r"(?:(?<![ \t])(?:assistant|ASSISTANT)|(?<=\n)(?:model|ai|answer))\s*$")
_FIRST_SPEAKER = re.compile(rf"^\s*(?:#{{2,3}}\s*)?(?:{ROLE}|Instruction)\s*[:：]\s*")


def without_marks(text: str) -> str:
    """Return a text with a line end for each mark; thoughts stay, between `<think>` and `</think>`."""
    for pattern, tag in _THOUGHTS:
        text = pattern.sub(tag, text)
    return _MARK.sub("\n", text)


def without_empty_thoughts(text: str) -> str:
    """Leave out thoughts without a thought, as reasoning templates put them before every label."""
    return _NO_THOUGHTS.sub("", text)


def question_of(prompt: str) -> str:
    """Return what a prompt asks: without marks, and without the name of who is to speak next."""
    text = without_empty_thoughts(without_marks(prompt)).rstrip()
    text = text.removesuffix("<think>").rstrip()
    end = _LAST_SPEAKER.search(text) or _LAST_ROLE.search(text)
    return text[: end.start()] if end else text


def without_speaker(line: str) -> str:
    """Return a line without the name of who speaks at its start."""
    return _FIRST_SPEAKER.sub("", line)
