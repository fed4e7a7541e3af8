"""Where a response's thoughts end: what stands after them is what it says (pure).

Models that reason write their thoughts in front of the response, between marks of their chat template. Some templates
put the opening mark into the prompt, so that only the closing one is there; lm-eval's `think_end_token` takes thoughts
off before a task sees them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

Marks = tuple[str, str]  # what opens thoughts, and what closes them

MARKS: tuple[Marks, ...] = (
    ("<think>", "</think>"),  # DeepSeek, Qwen, QwQ and most others
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<seed:think>", "</seed:think>"),
    ("<unused94>thought", "<unused95>"),  # MedGemma
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),  # Command A
    ("[THINK]", "[/THINK]"),  # Mistral
    ("◁think▷", "◁/think▷"),  # Kimi
    # The channels of gpt-oss, with their special tokens and as they are left when those are skipped.
    ("<|channel|>analysis", "<|channel|>final<|message|>"),
    ("<|channel>thought", "<channel|>"),  # Gemma 4
)
LONGEST = 200  # characters of a mark that a task is told
_SKIPPED = re.compile(r"\s*analysis(?=[A-Z]).*?(?P<final>assistantfinal(?=\S)|\Z)", re.DOTALL)


class Spoken(NamedTuple):
    """What a response says.

    Attributes:
        text: what stands after its thoughts; "" where they never end.
        finished: whether they end, or there are none.
    """

    text: str
    finished: bool


def spoken(response: str, marks: Sequence[str] = (), *, in_thoughts: bool = False) -> Spoken:
    """Leave a response's thoughts out.

    Args:
        response: what the model wrote.
        marks: what opens and what closes thoughts, where none of the known marks does.
        in_thoughts: whether the prompt opened them (`opened`), so that the response begins within.
    """
    end, is_open = 0, in_thoughts
    for match in _pattern(tuple(marks)).finditer(response):
        is_open = match.lastgroup == "open"
        end = match.end()
    if end == 0 and (skipped := _SKIPPED.match(response)):
        end, is_open = skipped.end(), not skipped["final"]
    return Spoken("", False) if is_open else Spoken(response[end:], True)


def opened(prompt: str, marks: Sequence[str] = ()) -> bool:
    """Whether a prompt ends in an opening mark, as some chat templates have it: then the response begins with thoughts.

    Args:
        prompt: all that the model read.
        marks: as for `spoken`.
    """
    return closing(prompt, marks) != ""


def closing(prompt: str, marks: Sequence[str] = ()) -> str:
    """Return what closes the thoughts that a prompt opened; "" where it opened none. Arguments as for `opened`."""
    own = [(marks[0], marks[1])] if marks else []
    return next((close for opening, close in (*own, *MARKS) if prompt.rstrip().endswith(opening)), "")


@lru_cache
def _pattern(own: tuple[str, ...]) -> re.Pattern[str]:
    """What opens thoughts, at the start of a response or a line or after another mark, and what closes them, anywhere.

    A response may speak of a mark; where it does, the mark stands in quotes, or within a line.
    """
    pairs = [*MARKS, *([(own[0], own[1])] if own else [])]
    opening, closing = (
        "|".join(sorted((re.escape(pair[side]) for pair in pairs), key=len, reverse=True)) for side in (0, 1)
    )
    starts, quoted = r"(?:^|(?<=\n)|(?<=>)|(?<=\])|(?<=assistant))[ \t]*", "`'\"“”«»「」"
    return re.compile(
        rf"{starts}(?P<open>{opening})|(?P<close>(?<![{quoted}])(?:{closing})|(?:{closing})(?![{quoted}]))",
        re.IGNORECASE,
    )
