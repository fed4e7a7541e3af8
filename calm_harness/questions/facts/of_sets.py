"""Facts of a labelled question set: the right option is the old answer, a wrong one, drawn, the new one."""

from __future__ import annotations

import random
from collections.abc import Sequence

from calm_harness.errors import CalmError
from calm_harness.prompts import MASK
from calm_harness.questions import load
from calm_harness.questions.facts.fact import NEW, Fact, FactSet, question
from calm_harness.questions.schema import Row, Source


def read(name: str, split: str | None, languages: Sequence[str] | None, source: Source, seed: int) -> FactSet:
    """Read the facts of a question set.

    Which wrong option is the new answer depends on seed and question alone: it is the same one in all languages,
    whatever the order of options. What is stated is the question with that option, in the words of the `_cloze` task;
    of a cloze sentence (BMLAMA) the sentence with it.

    Raises:
        CalmError: the set cannot be read, or hides its labels.
    """
    question_set = load(name, split=split, languages=languages, source=source)
    facts, cloze, left_out = [], False, 0
    for rows in question_set.questions():
        if any(row.answer < 0 for row in rows):
            raise CalmError(f"{name} {question_set.split}: labels are hidden, and an edit goes by the right option")
        order = _order(rows, seed)
        if order is None:
            left_out += 1
            continue
        asked = {row.language: question(row.language, row.stem, [row.options[at] for at in order]) for row in rows}
        cloze = cloze or any(MASK in row.stem for row in rows)
        statements = {tag: f"{each.prompt}{each.options[NEW]}" for tag, each in asked.items()}
        facts.append(Fact(rows[0].question_id, statements, asked))
    notes = [f"{left_out} facts have labels that differ by language, or no wrong option; left out"] if left_out else []
    label = f"{name} {question_set.split}"
    return FactSet(label, question_set.languages, tuple(facts), "bytes" if cloze else "pmi", tuple(notes))


def _order(rows: Sequence[Row], seed: int) -> list[int] | None:
    """Return the places of the old answer, the new one and the others; None where that cannot be told.

    An option that reads like a right one in any language (BMLAMA knows several right ones) is left out in all.
    """
    first = rows[0]
    gold = first.answer
    if any(row.answer != gold for row in rows):
        return None
    by_source = sorted(range(len(first.options)), key=first.order.__getitem__)
    right = [{row.options[gold], *row.aliases} for row in rows]
    wrong = [
        at for at in by_source if all(row.options[at] not in texts for row, texts in zip(rows, right, strict=True))
    ]
    if not wrong:
        return None
    new = random.Random(f"{seed}/{first.question_id}/edit").choice(wrong)
    return [gold, new, *(at for at in wrong if at != new)]
