"""Mix the languages of questions: a part of each in the row's own language, the rest in another (pure).

The ways are those of *Crosslingual knowledge barriers* (arXiv 2406.16135, section 4), which asks whether a model that
knows something in one language can use it where question and options are in several. The texts are the set's own
parallel ones. Nobody is asked for a translation.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, get_args

from calm_harness.errors import CalmError
from calm_harness.questions.schema import Finding, Mix, QuestionSet, Row

Kind = Literal["question", "options", "gold", "gold_question", "one_wrong", "all_wrong", "mixup"]
"""What stands in the row's own language: the stem; the options; the right option; stem and right option; one wrong
option, drawn; all wrong options; and the stem, with each option in another language, drawn."""

KINDS: tuple[Kind, ...] = get_args(Kind)
LABELLED = ("gold", "gold_question", "one_wrong", "all_wrong")  # kinds that go by the label
STEM = -1


def mixed(question_set: QuestionSet, mix: Mix, asked: Sequence[str]) -> QuestionSet:
    """Mix the languages of a set.

    What is drawn depends on seed and question alone: the same wrong option is odd in all languages, whatever the order
    of options. Rows in `mix.language` stay as they are.

    Args:
        question_set: in the languages that are asked, and in `mix.language`.
        mix: how; `mixup` draws from all the set's languages.
        asked: BCP 47 tags of the rows that are to be there.

    Returns:
        The set in `asked`, its rows with `languages`; its findings say which rows read as in one language alone.

    Raises:
        CalmError: nothing would be mixed, or labels are hidden that the kind goes by.
    """
    if set(asked) <= {mix.language}:
        raise CalmError(f"mix={mix.kind} with {mix.language}: rows in {mix.language} stay unmixed; ask others, too")
    if mix.kind == "mixup" and len(question_set.languages) < 3:
        raise CalmError("mix=mixup needs three languages; ask more, or take mix=question")
    rows: list[Row] = []
    findings = list(question_set.findings)
    for question in question_set.questions():
        texts = {row.language: row for row in question}
        there = [row for row in question if row.language in asked]
        made = [_row(row, there[0].answer, texts, mix) for row in there]
        rows += made
        findings += [_unmixed(row) for row in made if row.language != mix.language and _is_in_one(row, texts)]
    languages = tuple(language for language in question_set.languages if language in asked)
    return replace(question_set, languages=languages, rows=rows, findings=findings, mix=mix)


def _is_in_one(row: Row, texts: Mapping[str, Row]) -> bool:
    """Tell whether a mixed question reads as it does in one of its languages: its names and numbers are the same."""
    return any((row.stem, row.options) == (text.stem, text.options) for text in texts.values())


def _unmixed(row: Row) -> Finding:
    return Finding("unmixed", "reads as in one language alone", row.language, "", row.question_id)


def _row(row: Row, gold: int, texts: Mapping[str, Row], mix: Mix) -> Row:
    """Mix one row.

    Args:
        row: the question in the row's language.
        gold: position of the right option, by the first language that is asked.
        texts: the question in all languages.
        mix: how.
    """
    count = len(row.options)
    languages: tuple[str, ...]
    if row.language == mix.language:
        return replace(row, languages=(row.language,) * (count + 1))
    if mix.kind == "mixup":
        others = _draw(mix, row).sample(sorted(texts), len(texts))
        others.remove(row.language)
        languages = row.language, *(others[place % len(others)] for place in row.order)
    else:
        if gold < 0 and mix.kind in LABELLED:
            raise CalmError(
                f"mix={mix.kind} goes by the right option, and that of question {row.question_id} is hidden; take "
                "mix=question, options or mixup"
            )
        own = _own(mix, row, gold, texts)
        languages = tuple(row.language if part in own else mix.language for part in range(STEM, count))
    stem, *options = languages
    shown = tuple(texts[language].options[place] for place, language in enumerate(options))
    return replace(row, stem=texts[stem].stem, options=shown, languages=languages, prompt=None)


def _own(mix: Mix, row: Row, gold: int, texts: Mapping[str, Row]) -> set[int]:
    """Return the parts that stay in the row's language: STEM, and positions of options."""
    options = set(range(len(row.options)))
    match mix.kind:
        case "question":
            return {STEM}
        case "options":
            return options
        case "gold":
            return {gold}
        case "gold_question":
            return {STEM, gold}
        case "all_wrong":
            return options - {gold}
        case _:
            return {_wrong(mix, row, gold, texts)}


def _wrong(mix: Mix, row: Row, gold: int, texts: Mapping[str, Row]) -> int:
    """Draw a wrong option; one that reads like the right one, in whatever language, is none."""
    by_source = sorted(range(len(row.options)), key=row.order.__getitem__)
    wrong = [place for place in by_source if all(text.options[place] != text.options[gold] for text in texts.values())]
    if not wrong:
        raise CalmError(f"mix=one_wrong: question {row.question_id} has no wrong option; take its row out")
    return _draw(mix, row).choice(wrong)


def _draw(mix: Mix, row: Row) -> random.Random:
    return random.Random(f"{mix.seed}/{row.question_id}/{mix.kind}")
