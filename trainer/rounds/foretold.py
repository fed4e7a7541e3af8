"""Where a round of DCO was to end up, held against where it did (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from calm_harness.metrics import Answers, names, statistic
from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.compare import to_json
from calm_harness.metrics.seeds import together
from calm_harness.report.outcome import Figures, Foretold, Measured
from calm_harness.report.tables import markdown, number
from trainer.votes.fixed_point import Partners, by_likelihood, predicted

SHOWN = ("acc", "consistency")
HEAD = (
    "Where DCO was to end up, computed from the model before it (if these questions were trained on, in these "
    "languages), and where it did; all by log-likelihood, whichever score decides above:"
)


def partners_in(settings: Mapping[str, Any]) -> Partners | None:
    """Return whose log-odds a loop with these settings learns; None where it learns by something else."""
    pairs = settings.get("pairs") or {}
    return pairs.get("partners", "english") if pairs.get("objective") == "dco" else None


def foretold(before: Sequence[Answers], after: Sequence[Answers], partners: Partners | None) -> Foretold | None:
    """Predict a round from the answers of the model that it started from.

    Args:
        before: of several seeds, or one: a table each.
        after: likewise, of the round.
        partners: whose log-odds were learned; None where none were.

    Returns:
        None where there is nothing to predict: another objective, no scores, no English that was to be a partner.
    """
    if partners is None or not before or any(table.scores is None for table in (*before, *after)):
        return None
    try:
        return Foretold(
            _figures(before, by_likelihood),
            _figures(before, lambda table: predicted(table, partners)),
            _figures(after, by_likelihood),
        )
    except ValueError:  # English is none of the languages
        return None


def _figures(tables: Sequence[Answers], decide: Callable[[Answers], Answers]) -> Figures:
    """Estimate over questions, of all seeds together."""
    decided = [decide(table) for table in tables]
    known = names(decided[0].languages, labelled=not any(table.hidden for table in decided), scored=True)
    question_ids = [table.question_ids for table in decided]
    return to_json(
        estimate(
            {
                name: together([statistic(name, table) for table in decided], question_ids)
                for name in SHOWN
                if name in known
            }
        )
    )


def lines(rounds: Mapping[str, Measured]) -> list[str]:
    """Lay out what was foretold of rounds, by what they are called; nothing where nothing was."""
    told = {name: measured.foretold for name, measured in rounds.items() if measured.foretold is not None}
    if not told:
        return []
    shown = [metric for metric in SHOWN if any(metric in of_round.before for of_round in told.values())]
    head = ["", *(f"{metric}: {when}" for metric in shown for when in ("before", "predicted", "after"))]
    rows = [
        [name, *(number(part.get(metric)) for metric in shown for part in (one.before, one.predicted, one.after))]
        for name, one in told.items()
    ]
    return ["", HEAD, "", *markdown(head, rows)]
