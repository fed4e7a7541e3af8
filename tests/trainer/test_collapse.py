"""Models whose answers end in few positions are named wherever their figures stand."""

from pathlib import Path

import numpy as np
import pytest

from calm_harness.metrics import Answers
from calm_harness.report.outcome import Best, StudyOutcome
from calm_harness.report.training import brief
from calm_harness.report.training.collapse import MEANING, collapses
from trainer.rounds import outcome, report, stopping

SPREAD = np.random.default_rng(0).integers(0, 4, (60, 2))


def answered(position, first=0):
    position = np.array(position)
    return Answers(
        question_ids=tuple(f"q{first + number:04}" for number in range(len(position))),
        languages=("en", "fr"),
        chosen=1 << position,
        position=position,
        gold=np.zeros(len(position), dtype=int),
        size=np.full(len(position), 4),
    )


def always(letter, but=0):
    """Say one letter to all questions but so many, to which it is said what the base model says."""
    return np.where(np.arange(60)[:, None] < but, SPREAD, letter)


def study(**arms):
    """A study of two seeds with other questions each: an arm's answers by seed."""
    evaluations = {
        "unseen": {
            name: outcome.ArmAnswers(
                model="M",
                base="base",
                asked=["0", "1"],
                rounds=[[answered(SPREAD, 100 * seed), answered(after[seed], 100 * seed)] for seed in (0, 1)],
                kept=[1, 1],
            )
            for name, after in arms.items()
        }
    }
    kept = {name: [1, 1] for name in arms}
    return StudyOutcome(
        "T", [0, 1], False, next(iter(arms)), outcome.study(evaluations, [0, 1], next(iter(arms))), kept, kept
    )


def test_arms_that_say_one_letter_each_are_named():
    """One seed always says A and the other always B: together these are two letters, and neither model has two."""
    found = study(
        vote=[always(0), always(1)], spread=[SPREAD[::-1], SPREAD], half=[always(0, but=30), always(0, but=30)]
    )
    *lines, last = collapses(found)
    assert last == MEANING
    assert [line.split(":")[0] for line in lines] == ["vote", "half"]
    assert lines[0].endswith(" to 0.000 in unseen).")
    for text in (report.study_markdown(found), brief.study(found, Path("runs"), "study.log")):
        assert lines[0] in text
        assert MEANING in text
        assert text.index(lines[0]) < text.index("log" if text.startswith("\n") else "## unseen")


def test_where_letters_are_spread_nothing_is_said():
    found = study(spread=[SPREAD[::-1], SPREAD])
    assert collapses(found) == []
    assert "collapsed" not in report.study_markdown(found) + brief.study(found, Path("runs"), "study.log")


@pytest.mark.parametrize(("questions", "said"), [(60, True), (3, False)])
def test_few_questions_say_too_little(questions, said):
    base, after = (
        answered(SPREAD[:questions]),
        answered(always(2, but=20)[:questions] if questions > 20 else [[2, 2], [2, 1], [2, 0]]),
    )
    signals, best = [stopping.NOTHING] * 2, Best(1, "round1/dpo", "there are no dev questions to judge by")
    found = outcome.loop({"unseen": [base, after]}, signals, {"model": "M", "task": "T"}, best)
    assert bool(collapses(found)) == said
    assert ("- round 1: positions of answers collapsed" in report.loop_markdown(found)) == said
    assert ("round 1: positions of answers collapsed" in brief.loop(found, Path("runs"), "loop.log")) == said
