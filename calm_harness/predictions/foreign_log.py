"""Rows of the sample logs of other people's lm-eval tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from calm_harness.predictions.prediction import Prediction


def read_row(row: Mapping[str, Any], language: str) -> Prediction:
    """Read a multiple-choice row: the likeliest choice is the answer.

    Logs write the target as text, be it the right choice's number or the choice itself; lm-eval's own verdict decides.

    Raises:
        ValueError: the target fits the verdict in neither way, or in both; or options were not what was scored.
    """
    if not all(isinstance(response, list) for response in row["filtered_resps"]):
        raise ValueError("its answers are no likelihoods of options")
    scores = tuple(float(likelihood) for likelihood, _ in row["filtered_resps"])
    options = tuple(row["arguments"][f"gen_args_{i}"]["arg_1"].strip() for i in range(len(scores)))
    ids = [row["doc"][key] for key in ("question_id", "id") if key in row["doc"]]
    question_id = str(ids[0] if ids else row["doc_id"])
    choice = max(range(len(scores)), key=scores.__getitem__)
    target = str(row.get("target", -1)).strip()
    candidates = [int(target)] if target.lstrip("-").isdigit() else []
    candidates += [place for place, option in enumerate(options) if option == target]
    fitting = {gold for gold in candidates if "acc" not in row or (gold == choice) == (row["acc"] == 1)}
    if len(fitting) != 1:
        why = (
            "may be either of two choices" if fitting else "is no choice, or does not fit the accuracy that was logged"
        )
        raise ValueError(f"the target {target!r} {why}")
    prompt = row["arguments"]["gen_args_0"]["arg_0"]
    return Prediction(
        language, "", options, fitting.pop(), (choice,), question_id, scores, prompt=prompt, digest=row.get("doc_hash")
    )
