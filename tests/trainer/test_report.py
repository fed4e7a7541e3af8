"""Reports: seeds pooled by question, and what the vote does not beat said first."""

import numpy as np
import pytest

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers, stack
from calm_harness.metrics.bootstrap import by_question, estimate
from calm_harness.report.outcome import StudyOutcome
from trainer.rounds import outcome, report

TWINS = (0, 1, 2, 3)


def table(right, first=0, languages=("en", "fr")):
    """Answers of which question i is right in language l where right[i][l]; gold is 0, wrong answers are 1."""
    answers = [
        Answer(f"q{first + i:04}", language, 0 if is_right else 1, 0, TWINS, scores=(0.0, 0.0, 0.0, 0.0))
        for i, row in enumerate(right)
        for language, is_right in zip(languages, row, strict=True)
    ]
    return Answers.collect(answers, languages)


def drawn(count, seed, share=0.5):
    return np.random.default_rng(seed).random((count, 2)) < share


def test_tables_stand_below_each_other():
    one, other = table([(1, 0)]), table([(1, 1), (0, 0)], first=5, languages=("fr", "en"))
    found = stack([one, other])
    assert found.question_ids == ("q0000", "q0005", "q0006")
    assert found.languages == ("en", "fr")
    assert found.right.tolist() == [[True, False], [True, True], [False, False]]
    assert found.scores.shape == (3, 2, 4)
    with pytest.raises(CalmError, match="different languages"):
        stack([one, table([(1, 0)], languages=("en", "de"))])


def test_a_question_of_several_seeds_counts_once():
    right = drawn(100, 0)
    once = metrics.acc(table(right))
    thrice = stack([table(right)] * 3)
    pooled = by_question(metrics.acc(thrice), thrice.question_ids)
    assert float(pooled) == pytest.approx(float(once))
    alone, together = estimate({"acc": once})["acc"], estimate({"acc": pooled})["acc"]
    assert together.stderr == pytest.approx(alone.stderr)  # and not smaller by the root of three
    assert estimate({"acc": metrics.acc(thrice)})["acc"].stderr < 0.7 * alone.stderr


def study(vote, english, own, transductive=False):
    base = table(drawn(300, 1))
    arms = {"crosslingual": vote, "english": english, "own": own}
    return StudyOutcome(
        "T", [0], transductive, "crosslingual", outcome.study({"unseen": base}, {"unseen": arms}, "crosslingual"), arms
    )


def test_what_the_vote_does_not_beat_is_said_first():
    vote, worse, better = (table(drawn(300, 2, share)) for share in (0.6, 0.3, 0.9))
    found = study(vote, better, worse)
    said = report.verdict(found, "unseen")
    assert "`crosslingual` beats `own`" in said[0]
    assert "`crosslingual` is worse than `english`" in said[2]
    same = report.verdict(study(vote, table(drawn(300, 3, 0.6)), worse), "unseen")
    assert "`crosslingual` does not beat `english`" in same[2]
    text = report.study_markdown(found)
    assert text.index("beats `own`") < text.index("| base |")
    assert "| english | " in text


def test_a_transductive_report_says_so():
    found = study(*(table(drawn(300, n)) for n in (2, 3, 4)), transductive=True)
    assert report.study_markdown(found).splitlines()[2].startswith("**Transductive**: the model was aligned")


def test_differences_to_the_base_are_paired():
    right = drawn(300, 5)
    better = right.copy()
    better[:30] = True
    found = outcome.study({"unseen": table(right)}, {"unseen": {"crosslingual": table(better)}}, "crosslingual")
    row = found["unseen"].arms["crosslingual"].difference["acc"]
    assert row["value"] == pytest.approx(better.mean() - right.mean())
    assert row["interval"][0] > 0  # two independent runs of 300 questions would not tell
