"""Pairs, completions and texts as tokens: what a model reads, what it is to say, and how that ends.

Texts are encoded as lm-eval does when it evaluates, prompt and completion as one; a turn of a chat stands behind the
tokens of its prompt, as it was generated. Nothing is cut: what is too long is left out and counted.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.prompts import chat
from trainer.preferences.write import CLOZE, TURN
from trainer.training.data import TEXT

log = logging.getLogger(__name__)

PIECE = 512  # pairs that are encoded at a time
SIDES = ("chosen", "rejected")
_DATE = re.compile(r"\b\d{1,2} \w{3,9} \d{4}\b")  # which some templates write of the day


@dataclass
class Count:
    """What was noticed while pairs were turned into tokens.

    Attributes:
        pairs: all of them.
        too_long: of more tokens than `--max_length`, and left out.
        turns: whose prompts turned out to open a turn of the chat template, though the file does not say so.
        plain: sampled without the chat template with which they are trained on.
        lengths: by language, the number of pairs that are trained on, and the tokens of each side in all of them.
    """

    pairs: int = 0
    too_long: int = 0
    turns: int = 0
    plain: int = 0
    lengths: dict[str, list[int]] = field(default_factory=dict)

    def add(self, language: str, sides: Sequence[Sequence[int]]) -> None:
        """Count the tokens of a pair's sides."""
        sums = self.lengths.setdefault(language, [0] * (1 + len(sides)))
        self.lengths[language] = [total + more for total, more in zip(sums, (1, *map(len, sides)), strict=True)]

    def warn(self, end: str) -> None:
        """Say what was noticed, a line each."""
        if self.too_long:
            log.warning("%d of %d pairs are longer than max_length and left out", self.too_long, self.pairs)
        if self.turns:
            log.warning(
                "%d of %d prompts open a turn of the chat template, so their responses end with its %r",
                self.turns,
                self.pairs,
                end.strip(),
            )
        if self.plain:
            log.warning(
                "%d of %d prompts were sampled as plain text, and are trained on in the chat template",
                self.plain,
                self.pairs,
            )


@dataclass(frozen=True)
class Texts:
    """A pair as text.

    Attributes:
        prompt: what the model reads.
        sides: what it says, a text a side.
        border: as much of the prompt as is encoded alone, to see where completions begin.
        end: what ends each side: a text of one special token, or "".
        in_turn: whether the sides were generated behind the prompt's own tokens.
        language: of the question; `all` where the row does not say.
    """

    prompt: str
    sides: tuple[str, ...]
    border: str
    end: str
    in_turn: bool = False
    language: str = "all"


class Writer:
    """Writes pairs as text for one tokenizer.

    Args:
        tokenizer: of transformers.
        sides: which are wanted.
        name: of the model, for messages.
    """

    def __init__(self, tokenizer: Any, sides: Sequence[str] = SIDES, name: str = "this model") -> None:
        self.tokenizer = tokenizer
        self.sides = sides
        self.name = name
        self.turn = chat.turn(tokenizer)
        self.count = Count()

    @property
    def end_of_turn(self) -> str:
        """What ends a response in a chat; the end of the sequence where the template does not say."""
        return self.turn.end if self.turn else self.tokenizer.eos_token or ""

    def texts(self, number: int, row: Mapping[str, Any]) -> Texts:
        """Write a pair as text.

        Raises:
            CalmError: it is messages which the tokenizer's template does not turn into what sampling read.
        """
        self.count.pairs += 1
        return replace(self._texts(number, row), language=str(row.get("language") or "all"))

    def _texts(self, number: int, row: Mapping[str, Any]) -> Texts:
        if self.sides == TEXT:
            return self._ended("", [row[side] for side in self.sides], self.tokenizer.eos_token or "")
        if not isinstance(row["prompt"], str):
            prompt = self._rendered(number, row)
            return self._in_turn(prompt, [_said(number, side, row[side]) for side in self.sides])
        prompt, said = row["prompt"], [row[side] for side in self.sides]
        if row.get("format") == CLOZE:
            return Texts(prompt, tuple(said), prompt.rstrip(), "")
        if row.get("format") == TURN:
            return self._in_turn(prompt, said)
        if self.turn and self.turn.opening.strip() and self.turn.opening.strip() in prompt:
            self.count.turns += 1
            return self._in_turn(prompt, said)
        return self._ended(prompt, said, self.tokenizer.eos_token or "")

    def _in_turn(self, prompt: str, said: Sequence[str]) -> Texts:
        return replace(self._ended(prompt, said, self.end_of_turn), in_turn=True)

    @staticmethod
    def _ended(prompt: str, said: Sequence[str], end: str) -> Texts:
        """An end that a file has written already is not written again."""
        bare = [text.rstrip().removesuffix(end.strip()) if _ends(text, end) else text for text in said]
        return Texts(prompt, tuple(bare), prompt, end)

    def _rendered(self, number: int, row: Mapping[str, Any]) -> str:
        """Return the prompt of messages: what sampling read, which the template has to give, where it is known."""
        messages, read = row["prompt"], row.get("rendered")
        if read is None or [message.get("content") for message in messages] == [read]:
            self.count.plain += read is not None
            return self._render(number, row)
        undated = _DATE.sub("", read)
        if any(_DATE.sub("", text) == undated for text in chat.renderings(self.tokenizer, messages)):
            return str(read)
        raise CalmError(
            f"row {number} of the pairs: the chat template of {self.name} makes another prompt of its messages than "
            "sampling read (another model, or a log of an earlier version, which has no system text and examples); "
            "sample this model again, or make pairs without --chat"
        )

    def _render(self, number: int, row: Mapping[str, Any]) -> str:
        messages = row["prompt"]
        try:
            return chat.render(self.tokenizer, messages, **chat.told(row))
        except chat.REFUSALS as error:
            raise CalmError(
                f"row {number} of the pairs: the chat template of {self.name} refuses its messages, "
                f"{chat.refusal(messages, error)}; give messages that it takes, such as a system text at the head of "
                "the user's turn"
            ) from None


def _said(number: int, side: str, messages: Sequence[Any]) -> str:
    """Return the text of a completion that is messages."""
    message = messages[0] if len(messages) == 1 else None
    if not isinstance(message, Mapping) or not isinstance(message.get("content"), str):
        raise CalmError(
            f"row {number} of the pairs: {side} must be one message of the assistant with a text as content"
        )
    return str(message["content"])


def _ends(text: str, end: str) -> bool:
    return bool(end.strip()) and text.rstrip().endswith(end.strip())


def encode_all(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Encode texts as lm-eval does; one that begins with the beginning-of-sequence token gets no second one."""
    begun = [bool(tokenizer.bos_token) and text.startswith(tokenizer.bos_token) for text in texts]
    encoded: dict[int, list[int]] = {}
    for has_first in (False, True):
        places = [place for place, value in enumerate(begun) if value == has_first]
        if places:
            found = tokenizer([texts[place] for place in places], add_special_tokens=not has_first)["input_ids"]
            encoded |= dict(zip(places, found, strict=True))
    return [encoded[place] for place in range(len(texts))]


def split(encoded: Sequence[list[int]]) -> tuple[list[int], list[list[int]]]:
    """Part texts that begin alike into the tokens of a prompt and those of each completion.

    Where no token reaches over the border, that is where the prompt ends, as in lm-eval's `_encode_pair` (0.4.13). A
    token that does reach over it counts to the completions, of which each keeps its own: every text has the tokens
    that it has when it is encoded as a whole.

    Args:
        encoded: the prompt up to the border, then the whole texts.
    """
    prompt, *wholes = encoded
    length = min(_common(prompt, whole) for whole in wholes)
    return prompt[:length], [whole[length:] for whole in wholes]


def behind(
    tokenizer: Any, encoded: Sequence[list[int]], completions: Sequence[str]
) -> tuple[list[int], list[list[int]]]:
    """Part texts as `split` does, but leave the prompt its own tokens, behind which a model generates.

    A completion whose first token would reach over the border is encoded alone, if that is the same text.

    Args:
        tokenizer: of transformers.
        encoded: the prompt, then the whole texts.
        completions: the texts behind the prompt.
    """
    prompt, *wholes = encoded
    sides = []
    for whole, completion in zip(wholes, completions, strict=True):
        side = whole[len(prompt) :]
        if whole[: len(prompt)] != prompt:
            side = tokenizer.encode(completion, add_special_tokens=False)
            if tokenizer.decode([*prompt, *side]) != tokenizer.decode(whole):
                return split(encoded)
        sides.append(side)
    return prompt, sides


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Count the tokens with which two lists begin alike."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def tokens(
    rows: Iterable[Mapping[str, Any]], writer: Writer, max_length: int | None = None, numbers: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Turn pairs into `prompt_ids`, `chosen_ids` and `rejected_ids` (of the writer's sides), as TRL has them.

    A response (or a text) ends with the end-of-sequence token, a turn of a chat with its template's end of turn. An
    option of a cloze has no end: what follows it was never scored. What a text has for a prompt is the beginning of
    the sequence, where the tokenizer writes one.

    Args:
        rows: the pairs, or rows of another format.
        writer: writes them as text, and counts.
        max_length: pairs with more tokens are left out; None keeps all.
        numbers: columns of numbers that are handed on.

    Raises:
        CalmError: see `Writer.texts`.
    """
    tokenizer, numbered = writer.tokenizer, enumerate(rows)
    ends: dict[str, list[int]] = {"": []}
    while piece := [
        (writer.texts(number, row), {name: float(row[name]) for name in numbers})
        for number, row in itertools.islice(numbered, PIECE)
    ]:
        flat = [text for one, _ in piece for text in (one.border, *(one.prompt + side for side in one.sides))]
        encoded = encode_all(tokenizer, flat)
        width = 1 + len(writer.sides)
        for place, (one, known) in enumerate(piece):
            if one.end not in ends:
                ends[one.end] = tokenizer.encode(one.end, add_special_tokens=False)
            found = encoded[place * width : (place + 1) * width]
            prompt_ids, sides = behind(tokenizer, found, one.sides) if one.in_turn else split(found)
            sides = [[*side, *ends[one.end]] for side in sides]
            if max_length is not None and len(prompt_ids) + max(map(len, sides)) > max_length:
                writer.count.too_long += 1
                continue
            writer.count.add(one.language, sides)
            by_side = {f"{side}_ids": ids for side, ids in zip(writer.sides, sides, strict=True)}
            yield {"prompt_ids": prompt_ids, **by_side, **known}


def demonstrations(rows: Iterable[Mapping[str, list[int]]]) -> Iterator[dict[str, list[int]]]:
    """Keep the one side of tokenised rows that is learned, each once, as SFTTrainer's `input_ids` and `labels`.

    Of a text that has no prompt all tokens are labels, the beginning of the sequence too, as with TRL: nothing comes
    before that one, so no loss is taken on it.
    """
    seen: set[bytes] = set()
    for row in rows:
        (side,) = row.keys() - {"prompt_ids"}
        prompt_ids, ids = row["prompt_ids"], row[side]
        key = hashlib.sha256(repr((prompt_ids, ids)).encode()).digest()[:16]
        if key not in seen:
            seen.add(key)
            unlearned = prompt_ids if side == "text_ids" else [-100] * len(prompt_ids)
            yield {"input_ids": [*prompt_ids, *ids], "labels": [*unlearned, *ids]}
