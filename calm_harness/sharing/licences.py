"""Which texts may be passed on: those of a set whose licence says so, and is known here.

The rule: texts go up if it is known from the run what they are, and their licence lets everybody pass them on. Else
they stay at home, unless the user names a licence, and so says that they may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from calm_harness.questions import SETS, load
from calm_harness.questions.sets.hub import XCSQA
from calm_harness.report.run import Run

SETS_LICENCES = {"mini": "Apache-2.0", "bmlama": "Apache-2.0"}  # from whatever source: there is one
SOURCES_LICENCES = {XCSQA: "MIT"}
RELEASE = ("medqa", "xcsqa")


def of_run(run: Run) -> tuple[str | None, str]:
    """Return the licence of a run's texts, None where it is not known or there is none, and whose it is.

    Args:
        run: as it was found: what its settings name is not shortened yet.
    """
    if not run.ours:
        return None, f"the task {run.task}, whose licence is not known here"
    if "RAG" in run.mode:
        return None, "the passages of its index, whose licence is not known here"
    source = run.settings.get("source")
    if source in SOURCES_LICENCES and run.set_name == "xcsqa":
        return SOURCES_LICENCES[source], source
    if run.set_name in SETS_LICENCES:
        return SETS_LICENCES[run.set_name], run.set_name
    if run.set_name in RELEASE:
        return None, "the CALM release, which names no licence"
    return None, f"the set {run.set_name}, whose licence is not known here"


def of_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[str | None, str]:
    """Return the licence of rows that do not say which run they come from: by what they ask.

    Only the built-in set can be known from its questions, since it is at hand.
    """
    ours = {
        (row.question_id, row.language): row.stem
        for split in SETS["mini"].splits
        for row in load("mini", split=split).rows
    }
    for row in rows:
        stem = ours.get((str(row.get("question_id")), str(row.get("language"))))
        if stem is None or row.get("stem") != stem:
            return None, "questions or texts that are none of mini's, whose licence is not known here"
    return SETS_LICENCES["mini"], "mini"
