"""What the model reads and what it is scored on, from one row of a question set (pure: a row in, text out).

The functions that the task files name take lm-eval's document: a row as a dictionary (`question_id`, `language`,
`stem`, `options`, `answer`, ..., and `words` where the set brings a language's). A continuation carries the white space
before it, since languages differ in that.
The `_rag` tasks' documents have `passages` too, and a prompt begins with them: lm-eval cuts a prompt at its left.
Documents whose languages are mixed say in `mix` how (`kind`, `language`, `note`, and `languages`, those of the stem and
of each option), and their `words` are those of the stem's language, in which all of the prompt is but stem and options.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import repeat
from string import ascii_uppercase
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.prompts.languages import Language, words_of

Document = Mapping[str, Any]

MASK = "<mask>"  # stands for the option in a cloze sentence
BLANK = "____"  # stands for the mask where a sentence is asked as a question
_SENTENCE = re.compile(r"[^.。।۔]+[.。।۔]")


def _head(word: str, words: Language) -> str:
    return f"{word}{words.colon}"


def _question(doc: Document, words: Language) -> str:
    return f"{_head(words.question, words)}{words.space}{doc['stem']}"


def _lettered(doc: Document) -> str:
    if len(doc["options"]) > len(ascii_uppercase):
        raise CalmError(f"question {doc['question_id']} has {len(doc['options'])} options; there are 26 letters")
    return "\n".join(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, doc["options"], strict=False))


def passage_text(passage: Mapping[str, Any], words: Language) -> str:
    """Render a passage (`title` and `text`) as a line: the title, if it has one, and what it says."""
    return f"{passage['title']}{words.colon}{words.space}{passage['text']}" if passage["title"] else passage["text"]


def context(doc: Document) -> str:
    """Render the passages below the context word, and a blank line; nothing where there are none."""
    if not doc.get("passages"):
        return ""
    words = words_of(doc, "context")
    lines = [_head(words.context, words), *(passage_text(passage, words) for passage in doc["passages"])]
    return "\n".join(lines) + "\n\n"


def note(doc: Document) -> str:
    """Render the line that says that question and answers may be in different languages, where it is asked for."""
    return f"{words_of(doc, 'mixed').mixed}\n" if (doc.get("mix") or {}).get("note") else ""


def target(doc: Document) -> int:
    """Return the gold option's position, -1 where it is hidden."""
    return int(doc["answer"])


def letters_text(doc: Document) -> str:
    """Render the stem, the lettered options, and the answer word."""
    words = words_of(doc)
    return f"{context(doc)}{note(doc)}{_question(doc, words)}\n{_lettered(doc)}\n{_head(words.answer, words)}"


def letters_choices(doc: Document) -> list[str]:
    """Return the letters, as they follow the answer word."""
    space = words_of(doc).space
    return [f"{space}{letter}" for letter in ascii_uppercase[: len(doc["options"])]]


def cloze_text(doc: Document) -> str:
    """Render the stem and the answer word; of a cloze sentence, what stands before the mask."""
    if MASK in doc["stem"]:
        return context(doc) + doc["stem"].partition(MASK)[0].rstrip()
    words = words_of(doc)
    return f"{context(doc)}{note(doc)}{_question(doc, words)}\n{cloze_null(doc)}"


def cloze_choices(doc: Document) -> list[str]:
    """Return the options' texts, as they follow the answer word; of a cloze sentence, each with the rest of it."""
    if MASK in doc["stem"]:
        before, _, after = doc["stem"].partition(MASK)
        space = before[len(before.rstrip()) :]
        return [f"{space}{option}{after}" for option in doc["options"]]
    space = words_of(doc).space
    return [f"{space}{option}" for option in doc["options"]]


def cloze_null(doc: Document) -> str:
    """Render the context in which an option shows only how likely its words are: the answer word, nothing else."""
    if MASK in doc["stem"]:
        return ""
    words = words_of(doc)
    return _head(words.answer, words)


def cloze_alone(doc: Document) -> list[tuple[str, str]]:
    """Return each option as it follows its null context, and that: the answer word of the option's own language."""
    if not doc.get("mix"):
        return [(cloze_null(doc), choice) for choice in cloze_choices(doc)]
    brought = doc.get("option_words") or repeat(None)
    alone = []
    for option, tag, own in zip(doc["options"], doc["mix"]["languages"][1:], brought, strict=False):
        words = words_of({"language": tag, "words": own})
        alone.append((_head(words.answer, words), f"{words.space}{option}"))
    return alone


def cot_text(doc: Document) -> str:
    """Render the instruction to explain and then answer, its format, the stem and the lettered options."""
    words = words_of(doc, "instruction", "explanation", "placeholder_explanation", "placeholder_letter")
    return (
        f"{context(doc)}{note(doc)}{words.instruction}\n"
        f"{_head(words.explanation, words)}{words.space}{words.placeholder_explanation}\n"
        f"{_head(words.answer, words)}{words.space}{words.placeholder_letter}\n\n"
        f"{_question(doc, words)}\n{_lettered(doc)}"
    )


def cot_target(doc: Document) -> str:
    """Render an example's explanation, where it has one, and its answer line; empty where the answer is hidden."""
    if doc["answer"] < 0:
        return ""
    words = words_of(doc)
    rationale = doc.get("rationale")
    explanation = f"\n{_head(words.explanation, words)}{words.space}{rationale}" if rationale else ""
    return f"{explanation}\n{_head(words.answer, words)}{words.space}{ascii_uppercase[doc['answer']]}"


def cot_ends(doc: Document) -> list[str]:
    """Return what begins a next question, after the blank line that parts it from an example.

    A base model that is shown examples goes on with a next question once it has answered: with the question word, or
    with what stands above it, the instruction (of which the first sentence is enough) or passages.
    """
    words = words_of(doc)
    sentence = _SENTENCE.match(words.instruction)
    starts = [_head(words.question, words), sentence[0] if sentence else words.instruction]
    if doc.get("passages"):
        starts.append(_head(words.context, words))
    return [f"\n\n{start}" for start in starts]


def open_text(doc: Document) -> str:
    """Render the stem and the answer word; a cloze sentence as a question with a blank.

    A sentence is not left to be gone on with: in some languages words stand behind the mask, and nothing says where in
    a sentence an answer ends. So it is asked in the same way in all.
    """
    words = words_of(doc)
    asked = {**doc, "stem": doc["stem"].replace(MASK, BLANK)}
    return f"{_question(asked, words)}\n{_head(words.answer, words)}"


def open_chat_text(doc: Document) -> str:
    """Render the turn of a chat's user: what asks for the answer alone, the stem and the answer word."""
    return f"{words_of(doc, 'short').short}\n\n{open_text(doc)}"


def open_target(doc: Document) -> str:
    """Return the gold option's text, as it follows the answer word; empty where it is hidden."""
    return f"{words_of(doc).space}{doc['options'][doc['answer']]}" if doc["answer"] >= 0 else ""


def release_text(doc: Document) -> str:
    """Return the source's own prompt, as the CALM authors' release has it.

    Raises:
        CalmError: the question set has no prompts of its own.
    """
    if not doc.get("prompt"):
        raise CalmError(f"question {doc['question_id']} has no prompt of its own; leave out prompt=release")
    return f"{context(doc)}{doc['prompt']}"
