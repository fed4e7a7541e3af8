"""What pairs are made of, in figures: how many, where from, how far languages agree, and how often the vote is right.

Labels are read here to be reported, after all pairs are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from calm_harness.metrics import Statistic
from calm_harness.metrics.bootstrap import estimate
from calm_harness.metrics.compare import to_json
from trainer.preferences import held_out, lengths, texts
from trainer.preferences.lengths import Measure, Sums
from trainer.preferences.samples import Samples
from trainer.preferences.sides import Sides
from trainer.preferences.texts import Text
from trainer.votes import expected
from trainer.votes.agreement import agreement, right
from trainer.votes.ballots import Ballots
from trainer.votes.pivot import surety
from trainer.votes.policies import Vote

FOREIGN = 0.1
"""Share of a language's rejected texts in another language from which on that is warned of: it is learned as well."""


class Tally:
    """What pairs are, counted as they come.

    Args:
        samples: of which they are made.
        measure: tells how long texts are.

    Attributes:
        pairs: how many.
        by_language: how many of each language.
        by_source: how many of each source of chosen texts.
        foreign: by language, rejected texts in another language.
        lengths: of the sides.
    """

    def __init__(self, samples: Samples, measure: Measure) -> None:
        self.samples = samples
        self.pairs = 0
        self.by_language, self.by_source, self.foreign = Counter[str](), Counter[str](), Counter[str]()
        self.lengths = Sums(measure)
        self._asked = np.zeros(len(samples.question_ids), dtype=np.bool_)

    def add(self, row: Mapping[str, Any], sides: Sides, rejected: Text) -> None:
        """Count a pair: as it is laid out, of what sides it is, and its rejected text."""
        self.pairs += 1
        self.by_language[row["language"]] += 1
        self.by_source[row["source"]] += 1
        self._asked[sides.cell[0]] = True
        self.lengths.add(row, sides.cell[0])
        if not self.samples.scored and not texts.in_own_language(sides.samples, rejected):
            self.foreign[row["language"]] += 1

    @property
    def questions(self) -> int:
        """How many questions they are of."""
        return int(self._asked.sum())


def counted(
    tally: Tally, ballots: Ballots, counts: tuple[Counter[str], Counter[str]], settings: dict[str, Any]
) -> dict[str, Any]:
    """Put together what is counted of pairs, however they were made.

    Args:
        tally: the pairs.
        ballots: what they were made of.
        counts: why questions in a language, or pairs where it says so, are none; why samples stand on no side.
        settings: the arguments.
    """
    dropped, left_out = counts
    foreign = [
        f"language {name}: {count} of {tally.by_language[name]} rejected texts are in another language: that is "
        "learned too"
        for name, count in tally.foreign.items()
        if count > FOREIGN * tally.by_language[name]
    ]
    compared = tally.lengths.compare()
    assert ballots.taken is not None  # of samples it is known
    return {
        "pairs": tally.pairs,
        "questions": tally.questions,
        "pairs_by_language": dict(tally.by_language),
        "pairs_by_source": dict(tally.by_source),
        "length_unit": compared.unit,
        "lengths_by_language": compared.by_language,
        "lengths_by_source": compared.by_source,
        "rejected_in_another_language": dict(tally.foreign),
        "warnings": [] if tally.samples.scored else [*lengths.warnings(compared), *foreign],
        "sampled_questions": len(ballots.question_ids),
        "unaligned_rows": tally.samples.unaligned,
        "samples": int(ballots.taken.sum()),
        "samples_left_out": dict(left_out.most_common()),
        "dropped": dict(dropped.most_common()),
        "settings": settings,
    }


def of_vote(ballots: Ballots, outcome: Vote, samples: Samples) -> dict[str, Any]:
    """Put together how sure languages are, how far they agree, and how often the vote is right."""
    agreeing = agreement(ballots)
    labelled = bool((ballots.gold >= 0).any())
    correct = right(outcome.winner, ballots)
    by_agreement = {}
    for count in sorted(set(agreeing.tolist())):
        questions = agreeing == count
        by_agreement[str(count)] = {
            "questions": int(questions.sum()),
            **({"vote_acc": _share(correct[questions], outcome.winner[questions] >= 0)} if labelled else {}),
        }
    return {
        "surest": _surest(ballots),
        "agreement": by_agreement,
        **({"vote_acc": _by_language(correct, outcome, samples)} if labelled else {}),
    }


def _surest(ballots: Ballots) -> dict[str, Any]:
    """Rank the languages by how sure they are of themselves, or say why that cannot be known."""
    try:
        found = surety(ballots)
    except ValueError as error:
        return {"unknown": str(error)}
    figures = to_json(estimate(found.figures))
    ranking = sorted(figures.items(), key=lambda item: -item[1]["value"])
    return {"by": found.name, "questions": found.questions, "languages": dict(ranking)}


def _by_language(correct: np.ndarray, outcome: Vote, samples: Samples) -> dict[str, Any]:
    """The share of right votes among those with a winner, of all and by language."""
    voted = outcome.winner >= 0
    shares = {"all": _share(correct, voted)}
    for number, language in enumerate(samples.languages):
        shares[language] = _share(correct[:, [number]], voted[:, [number]])
    return shares


def _share(correct: np.ndarray, voted: np.ndarray) -> dict[str, Any]:
    """The share of right votes with its interval over questions; a question counts by its votes."""
    parts = np.stack([(correct & voted).sum(axis=1), voted.sum(axis=1)], axis=1).astype(np.float64)

    def finish(sums: np.ndarray) -> np.ndarray:
        total = sums[..., 1]
        share: np.ndarray = np.divide(sums[..., 0], total, out=np.full(total.shape, np.nan), where=total > 0)
        return share

    votes = float(voted.shape[1])
    none_right, all_right = np.array([0, votes]), np.array([votes, votes])
    return to_json(estimate({"share": Statistic(parts, finish, none_right, all_right, (0, 1))}))["share"]


def render(figures: Mapping[str, Any]) -> str:
    """Lay a summary out for reading."""
    lines = [
        f"{figures['pairs']} pairs from {figures['questions']} of {figures['sampled_questions']} questions "
        f"({figures['samples']} samples)",
        "  by language: " + ", ".join(f"{name} {count}" for name, count in figures["pairs_by_language"].items()),
        "  chosen text: " + ", ".join(f"{name} {count}" for name, count in figures["pairs_by_source"].items()),
        "  " + lengths.render(figures["length_unit"], figures["lengths_by_language"] | figures["lengths_by_source"]),
        *(f"  warning: {warning}" for warning in figures["warnings"]),
    ]
    for name, counts in (
        ("samples on no side", figures["samples_left_out"]),
        ("left out (questions in a language)", figures["dropped"]),
        ("rejected texts in another language", figures["rejected_in_another_language"]),
    ):
        if counts:
            lines.append(f"  {name}: " + ", ".join(f"{reason} {count}" for reason, count in counts.items()))
    lines += [f"  {line}" for line in held_out.render(figures.get("held_out", {}))]
    made_of = expected.render(figures["fixed_point"]) if "fixed_point" in figures else _votes(figures)
    return "\n".join([*lines, "", *made_of])


def _votes(figures: Mapping[str, Any]) -> list[str]:
    """Lay out what a vote came to."""
    lines = _ranking(figures["surest"])
    lines += ["", "languages that agree   questions" + ("   the vote is right" if "vote_acc" in figures else "")]
    for count, row in figures["agreement"].items():
        lines.append(f"{count:>20} {row['questions']:>11}   {_cell(row.get('vote_acc'))}".rstrip())
    if "vote_acc" in figures:
        lines += ["", "the vote is right (reported only, never used)"]
        lines += [f"  {name:<8} {_cell(row)}" for name, row in figures["vote_acc"].items()]
    return lines


def _ranking(surest: Mapping[str, Any]) -> list[str]:
    """Lay the ranking of languages out."""
    if "unknown" in surest:
        return [f"which language is surest of itself is not known: {surest['unknown']}"]
    head = f"languages by how sure they are of themselves ({surest['by']}, {surest['questions']} questions)"
    return [head, *(f"  {name:<8} {_cell(row)}" for name, row in surest["languages"].items())]


def _cell(share: Mapping[str, Any] | None) -> str:
    if share is None or share["value"] is None:
        return ""
    low, high = share["interval"]
    return f"{share['value']:.3f}" + ("" if low is None else f" [{low:.3f}, {high:.3f}]")
