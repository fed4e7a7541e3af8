"""Where DCO ends up: worked out by hand, for two options and for three, with twins and with languages missing."""

import numpy as np
import pytest

from calm_harness import metrics
from calm_harness.metrics import Answer, Answers
from trainer.rounds.foretold import foretold, partners_in
from trainer.votes.fixed_point import by_likelihood, fixed_point, partners_of, predicted

LANGUAGES = ("en", "fr", "zh")
ODDS = [2.0, -1.0, -4.0]  # of the first of two options, in these languages


def odds_after(odds, partners, languages=LANGUAGES):
    scores = np.array([[[value, 0.0] for value in odds]])
    after = fixed_point(scores, partners_of(languages, partners))[0]
    return (after[:, 0] - after[:, 1]).tolist()


def test_partners():
    assert partners_of(LANGUAGES, "english").tolist() == [
        [False, True, True],
        [True, False, False],
        [True, False, False],
    ]
    for partners in ("all", "random"):
        assert np.array_equal(partners_of(LANGUAGES, partners), ~np.eye(3, dtype=bool))
    with pytest.raises(ValueError, match="partners=english needs samples in en, not only fr, zh"):
        partners_of(("fr", "zh"), "english")


def test_own_odds_plus_the_median_of_the_partners():
    assert odds_after(ODDS, "all") == pytest.approx([2 - 2.5, -1 - 1, -4 + 0.5])
    assert odds_after(ODDS, "english") == pytest.approx([2 - 2.5, -1 + 2, -4 + 2])
    assert odds_after([1, 0, 0, 0, 7], "all", ("en", "fr", "zh", "de", "it"))[0] == pytest.approx(1 + 0)  # not the mean


def test_two_languages_come_to_the_same_odds():
    assert odds_after([3, -1], "english", ("en", "fr")) == pytest.approx([2, 2])


def test_it_is_what_the_loss_is_least_at():
    """The mean distance of a change of odds from the partners' odds, at all changes between -6 and 6."""
    changes = np.linspace(-6, 6, 1201)
    for language, own in enumerate(ODDS):
        others = [odds for place, odds in enumerate(ODDS) if place != language]
        loss = np.abs(changes[:, None] - others).mean(axis=1)
        change = odds_after(ODDS, "all")[language] - own
        assert np.abs(change - np.array(others)).mean() == pytest.approx(loss.min(), abs=1e-9)


def test_a_language_that_is_missing_neither_learns_nor_teaches():
    assert odds_after([2.0, np.nan, -4.0], "all")[::2] == pytest.approx([-2, -2])
    assert np.isnan(odds_after([2.0, np.nan, -4.0], "all")[1])
    assert odds_after([np.nan, -1.0, -4.0], "english")[1:] == pytest.approx([-1, -4])  # without English nothing moves


def test_of_three_options_each_has_the_mean_of_its_odds():
    """The medians make a circle: a before b by 2, b before c by 1, c before a by 1."""
    others = [[3.0, 1.0, 0.0], [0.0, 2.0, 1.0], [2.0, 0.0, 3.0]]
    scores = np.array([[[0.0, 0.0, 0.0], *others]])
    after = fixed_point(scores, partners_of(("en", "fr", "zh", "de"), "all"))
    assert after[0, 0] == pytest.approx([(2 - 1) / 3, (-2 + 1) / 3, (-1 + 1) / 3])


def test_options_with_the_same_text_are_not_told_apart():
    """English has one text for the first and the last option, French has not."""
    scores = np.array([[[1.0, 0.0, 1.0], [0.0, 0.0, 2.0]]])
    twins = np.array([[[0, 1, 0], [0, 1, 2]]])
    after = fixed_point(scores, partners_of(("en", "fr"), "all"), twins)
    assert after[0, 0] == pytest.approx([1 + 1 / 3, 0 - 2 / 3, 1 + 1 / 3])  # what both would have: 0 and 2/3
    assert after[0, 1] == pytest.approx([0 + 1 / 3, 0 - 2 / 3, 2 + 1 / 3])


def test_options_beyond_a_questions_own_are_none():
    scores = np.array([[[2.0, 0.0, np.nan], [-1.0, 0.0, np.nan]]])
    after = fixed_point(scores, partners_of(("en", "fr"), "all"), size=np.array([2]))
    assert (after[0, :, 0] - after[0, :, 1]).tolist() == pytest.approx([1, 1])
    assert np.isnan(after[0, :, 2]).all()


def table(*questions, gold=0, languages=LANGUAGES):
    """Answers by scores that are not the log-likelihoods, which say the contrary: [question][language][option]."""
    return Answers.collect(
        [
            Answer(
                f"q{number}", language, int(np.argmin(totals)), gold, (0, 1),
                scores=tuple(-value for value in totals), totals=tuple(totals),
            )
            for number, question in enumerate(questions)
            for language, totals in zip(languages, question, strict=True)
        ],
        languages,
    )  # fmt: skip


TABLE = [[2.0, 0.0], [-1.0, 0.0], [-4.0, 0.0]], [[3.0, 0.0], [1.0, 0.0], [-1.0, 0.0]]


def test_metrics_are_predicted_by_log_likelihood():
    answers = table(*TABLE)
    before, after = by_likelihood(answers), predicted(answers, "all")
    assert before.position.tolist() == [[0, 1, 1], [0, 0, 1]]
    # The first question's odds become -.5, -2 and -3.5, the second's 3 + 0, 1 + 1 and -1 + 2.
    assert after.position.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert float(metrics.acc(before)) == pytest.approx(3 / 6)
    assert float(metrics.acc(after)) == pytest.approx(3 / 6)
    assert float(metrics.consistency(before)) == pytest.approx(1 / 3)
    assert float(metrics.consistency(after)) == 1


def test_a_language_that_takes_no_part_answers_as_before():
    """French learns nothing of a question of which it has one likelihood alone, and teaches nothing."""
    answers = table([[2.0, 0.0], [1.0, -np.inf], [-4.0, 0.0]], [[3.0, 0.0], [np.nan, 0.0], [-1.0, 0.0]])
    assert by_likelihood(answers).position.tolist() == [[0, 0, 1], [0, 1, 1]]
    assert predicted(answers, "all").position.tolist() == [[1, 0, 1], [0, 1, 0]]


def test_options_with_the_text_of_the_best_one_are_chosen_with_it():
    answers = Answers.collect(
        [
            Answer("q0", language, 0, 2, (0, 1, 0), scores=(0.0, -1.0, 0.0), totals=(0.0, -1.0, 0.0))
            for language in LANGUAGES
        ],
        LANGUAGES,
    )
    assert predicted(answers, "all").chosen.tolist() == [[0b101] * 3]
    assert float(metrics.acc(predicted(answers, "all"))) == 1


def test_without_scores_nothing_is_predicted():
    answers = Answers.collect([Answer("q0", language, 0, 0, (0, 1)) for language in LANGUAGES], LANGUAGES)
    with pytest.raises(ValueError, match="needs the options' scores"):
        predicted(answers, "all")
    assert foretold([answers], [answers], "all") is None


def test_a_round_of_dco_is_held_against_what_was_foretold():
    told = foretold([table(*TABLE)], [table(*TABLE[::-1])], "all")
    assert told.before["consistency"]["value"] == pytest.approx(1 / 3)
    assert told.predicted["consistency"]["value"] == 1
    assert told.after["acc"]["value"] == pytest.approx(3 / 6)
    assert foretold([table(*TABLE)], [table(*TABLE)], None) is None
    assert (
        foretold([table([[1.0, 0.0]], languages=("fr",))], [table([[1.0, 0.0]], languages=("fr",))], "english") is None
    )


def test_which_settings_are_of_dco():
    assert partners_in({"pairs": {"objective": "dco"}}) == "english"
    assert partners_in({"pairs": {"objective": "dco", "partners": "all"}}) == "all"
    assert partners_in({"pairs": {"vote": "pooled"}}) is None
    assert partners_in({}) is None
