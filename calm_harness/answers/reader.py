r"""Reads which option a free-text response gives as its answer, or that it gives none.

    >>> extract("Explanation: ...\n\nAnswer: B. florida keys", ["maine", "florida keys", "texas"], "en")
    1

The rule, as careful readers labelled by: a letter stated as the answer counts, in any wording or language, also when
the text beside it is another option's; without a letter the exact text of exactly one option counts; of separate
statements the last counts; several letters in one statement, a refusal, or text that is no option are no answer. What
stands before the end of a response's thoughts says nothing.

First the response becomes a line of tokens (`calm_harness.answers.line`), then the rules (`calm_harness.answers.rules`)
find the statements in it, and the last one decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from calm_harness.answers import line as lines
from calm_harness.answers.line import NOTHING, Line
from calm_harness.answers.notation import pattern
from calm_harness.answers.rules import HEADED, LEAST, STATING
from calm_harness.answers.statements import Statement
from calm_harness.answers.thoughts import spoken
from calm_harness.prompts.answer_words import Words

_NEXT_QUESTION = pattern(r"newline [-(\" filler ]{0,2} question :")


@dataclass(frozen=True)
class Reading:
    """How a response was read.

    Attributes:
        answer: The index of the option that it gives, or None.
        rule: The name of the rule that decided; "" where none found anything, "thoughts" where they never end.
        words: What it was read from.
    """

    answer: int | None
    rule: str = ""
    words: str = ""

    @property
    def is_stated(self) -> bool:
        """Whether an answer is stated, rather than an option mentioned."""
        return self.answer is not None and self.rule not in {rule.name for rule in LEAST}


def extract(response: str, options: Sequence[str], language: str, own: Words | None = None) -> int | None:
    """Returns the index of the option that a response gives as its answer, or None if it gives none.

    Args:
        response: What the model wrote, the prompt not included (repeated, it does no harm).
        options: The options' texts, 2 to 26 of them; their letters are A, B, C, ... in this order.
        language: BCP 47 tag of the language asked for. It decides what a word means that several languages have; all
            languages' words count. For a language without a row English decides.
        own: The words that the question's set brought for its language.
    """
    return read(response, options, language, own=own)[0]


def read(
    response: str,
    options: Sequence[str],
    language: str,
    *,
    thinking: Sequence[str] = (),
    in_thoughts: bool = False,
    own: Words | None = None,
) -> tuple[int | None, bool]:
    """Returns what `extract` does, and whether the response's thoughts end.

    Args:
        response: As for `extract`.
        options: As for `extract`.
        language: As for `extract`.
        thinking: What opens and what closes thoughts, beside the marks that are known.
        in_thoughts: Whether the prompt opened them.
        own: As for `extract`.
    """
    text, finished = spoken(response, thinking, in_thoughts=in_thoughts)
    statement = _deciding(lines.read(text, options, language, own)) if finished else None
    return None if statement is None else _only(statement.options), finished


def explain(response: str, options: Sequence[str], language: str, own: Words | None = None) -> Reading:
    """Returns how `extract` reads a response: its answer, the rule that decided, and the words that say so."""
    text, finished = spoken(response)
    if not finished:
        return Reading(None, "thoughts")
    line = lines.read(text, options, language, own)
    statement = _deciding(line)
    if statement is None:
        return Reading(None)
    end = statement.at + 1
    while end < len(line.kinds) and line.kinds[end] not in "\n.!":
        end += 1
    stop = line.spans[end] if end < len(line.spans) else len(line.text)
    return Reading(_only(statement.options), statement.rule, line.text[line.spans[statement.start] : stop].strip())


def _deciding(line: Line) -> Statement | None:
    """Returns the statement that decides; its options are none where the last one was denied."""
    statements = sorted(_stated(line), key=lambda statement: statement.at)
    if not statements:
        for rule in LEAST:
            for statement in rule.find(line):
                return replace(statement, rule=rule.name)
        return None
    # Base models go on with questions of their own.
    next_question = _NEXT_QUESTION.search(line.kinds, statements[0].at)
    if next_question:
        statements = [statement for statement in statements if statement.at < next_question.start()]
    outright = [statement for statement in statements if statement.outright]
    deciding = None
    for statement in outright or statements:
        if not statement.denied:
            deciding = statement
        elif deciding is None or deciding.options == statement.options:
            deciding = replace(statement, options=NOTHING)
    return deciding


def _stated(line: Line) -> Iterator[Statement]:
    found = [replace(statement, rule=rule.name) for rule in STATING for statement in rule.find(line)]
    yield from found
    for statement in HEADED.find(line, sorted(statement.at for statement in found)):
        yield replace(statement, rule=HEADED.name)


def _only(options: frozenset[int]) -> int | None:
    return next(iter(options)) if len(options) == 1 else None
