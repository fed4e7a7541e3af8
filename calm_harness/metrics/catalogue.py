"""All metrics by name: what each needs to make sense, and which way is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from calm_harness.metrics import accuracy, agreement, ranking
from calm_harness.metrics.accuracy import PIVOT
from calm_harness.metrics.margin import margin
from calm_harness.metrics.sums import Statistic
from calm_harness.metrics.table import Answers

Need = Literal["labels", "languages", "pivot", "scores", "truncation", "responses", "free"]
"""What a run must have for a metric: gold answers, several languages, English beside others, options' scores, responses
of which it is known whether they were cut, responses of which it is known whether their thoughts end, answers to
questions without options."""


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        compute: from a table of answers to the metric.
        needs: what a run must have for it.
        higher_is_better: None where neither more nor less is better in itself.
    """

    compute: Callable[[Answers], Statistic]
    needs: frozenset[Need]
    higher_is_better: bool | None


def _metric(compute: Callable[[Answers], Statistic], higher_is_better: bool | None, *needs: Need) -> Metric:
    return Metric(compute, frozenset(needs), higher_is_better)


METRICS: dict[str, Metric] = {
    "acc": _metric(accuracy.acc, True, "labels"),
    "em": _metric(accuracy.em, True, "labels", "free"),
    "other_language": _metric(accuracy.other_language, None, "labels", "free"),
    "consistency": _metric(agreement.consistency, True, "languages"),
    "consistency_strict": _metric(agreement.consistency_strict, True, "languages"),
    "consistency_all": _metric(agreement.consistency_all, True, "languages"),
    "correct_all": _metric(accuracy.correct_all, True, "labels", "languages"),
    "correct_any": _metric(accuracy.correct_any, True, "labels", "languages"),
    "potential": _metric(accuracy.potential, None, "labels", "languages"),
    "potential_chance": _metric(accuracy.potential_chance, None, "labels", "languages"),
    "alpha": _metric(agreement.alpha, True, "languages"),
    "kappa_strict": _metric(agreement.kappa_strict, True, "languages"),
    "rankc": _metric(ranking.rankc, True, "scores", "languages"),
    "rankc_chance": _metric(ranking.rankc_chance, None, "scores", "languages"),
    "margin": _metric(margin, None, "scores"),
    "majority_acc": _metric(accuracy.majority_acc, True, "labels", "languages"),
    "tied": _metric(accuracy.tied, False, "languages"),
    "pivot_gap": _metric(accuracy.pivot_gap, None, "labels", "languages", "pivot"),
    "position_entropy": _metric(agreement.position_entropy, None),
    "invalid": _metric(accuracy.invalid, False),
    "truncated": _metric(accuracy.truncated, False, "truncation"),
    "unfinished": _metric(accuracy.unfinished, False, "responses"),
}
"""Every metric, in the order in which they are shown; beside them there are those of BY_LANGUAGE for each language."""

BY_LANGUAGE: dict[str, Callable[[Answers, str], Statistic]] = {"acc": accuracy.acc, "em": accuracy.em, "margin": margin}
"""The metrics that each language has for itself, too: `acc_<lang>`."""

HIGHER_IS_BETTER: dict[str, bool | None] = {name: metric.higher_is_better for name, metric in METRICS.items()}


def names(
    languages: Sequence[str],
    *,
    labelled: bool,
    scored: bool,
    truncation: bool = False,
    responses: bool = False,
    free: bool = False,
) -> list[str]:
    """Name the metrics that make sense for a run, those of single languages included.

    Args:
        languages: the run's languages; a single one has no cross-lingual metric.
        labelled: whether gold answers are known.
        scored: whether options have scores (likelihoods), which RankC and the margin need.
        truncation: whether answers are free text of which it is known whether they were cut.
        responses: whether answers are free text of which it is known whether its thoughts end.
        free: whether questions were asked without options.
    """
    met: dict[Need, bool] = {
        "labels": labelled,
        "languages": len(languages) > 1,
        "pivot": PIVOT in languages,
        "scores": scored,
        "truncation": truncation,
        "responses": responses,
        "free": free,
    }
    applicable = [name for name, metric in METRICS.items() if all(met[need] for need in metric.needs)]
    return applicable + [f"{name}_{language}" for name in BY_LANGUAGE if name in applicable for language in languages]


def parted(name: str) -> tuple[str, str | None]:
    """Part the name of a metric of a single language: `acc_de` into `acc` and `de`; other names have no language."""
    metric, _, language = name.partition("_")
    return (metric, language) if language and metric in BY_LANGUAGE else (name, None)


def statistic(name: str, answers: Answers) -> Statistic:
    """Return the metric of that name, be it one of a single language.

    Raises:
        KeyError: there is no such metric.
    """
    metric, language = parted(name)
    return METRICS[metric].compute(answers) if language is None else BY_LANGUAGE[metric](answers, language)
