"""Edit and ask: one fact in one language at a time, each written down when its answers are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from tqdm import tqdm

from calm_harness.probes.editing.plan import Plan
from calm_harness.probes.editing.record import Line, Record, keyed
from calm_harness.probes.editing.scoring import score
from calm_harness.questions.facts import NEW, Fact, FactSet

if TYPE_CHECKING:
    from calm_harness.probes.editing.weights import Editor

Place = Literal["context", "weights"]
PLACES: tuple[Place, ...] = ("context", "weights")


def ask(lm: Any, facts: FactSet, plan: Plan, record: Record, editor: Editor | None) -> None:
    """Ask what has not been asked yet.

    Args:
        lm: lm-eval's model.
        facts: for how their options are scored.
        plan: of the run.
        record: what was asked, to which is added.
        editor: puts facts into weights; None: they are stated before the questions.
    """
    alone = facts.score == "pmi"
    if (None, None) not in record.lines:
        asked = list(plan.before())
        record.add(Line(None, None, keyed(asked, score(lm, asked, null=alone))))
    work = [(fact, tag) for fact in plan.edits for tag in plan.languages]
    left = [(fact, tag) for fact, tag in work if (fact.fact_id, tag) not in record.lines]
    for fact, tag in tqdm(left, total=len(work), initial=len(work) - len(left), desc="Editing", unit="edit"):
        with _told(fact, tag, editor) as (statement, loss):
            asked = list(plan.after(fact))
            # In context the null context is that of the model as it is: it was scored before.
            found = score(lm, asked, statement, null=alone and editor is not None)
        record.add(Line(fact.fact_id, tag, keyed(asked, found), loss))


@contextmanager
def _told(fact: Fact, tag: str, editor: Editor | None) -> Iterator[tuple[str, tuple[float, float] | None]]:
    """Tell a fact in a language: yield what is to stand before questions, and the losses of an edit in weights."""
    if editor is None:
        yield fact.statements[tag], None
        return
    question = fact.questions[tag]
    with editor.edited(question.prompt, question.options[NEW]) as loss:
        yield "", loss
