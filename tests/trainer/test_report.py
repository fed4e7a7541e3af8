"""Reports: seeds pooled by question, and what the vote does not beat said first."""

import dataclasses
import json

import numpy as np
import pytest

from calm_harness.metrics import Answer, Answers
from calm_harness.report.outcome import Best, Cost, StudyOutcome, WithoutLabels, read, to_json
from trainer.rounds import outcome, report, stopping
from trainer.rounds.calibrated import calibrated

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


def arm(*seeds, base=None, kept=None, asked=None, model="M"):
    """An arm of one evaluation: of each seed the answers of the base model and of each round."""
    return outcome.ArmAnswers(
        model=model,
        base=base or "base",
        asked=asked or [str(seed) for seed in range(len(seeds))],
        rounds=seeds,
        kept=kept or [len(rounds) - 1 for rounds in seeds],
    )


def study(transductive=False, **arms):
    """A study of the vote against other arms, on one evaluation."""
    seeds = list(range(len(next(iter(arms.values())).rounds)))
    evaluations = outcome.study({"unseen": arms}, seeds, "crosslingual")
    kept = {name: answers.kept for name, answers in arms.items()}
    return StudyOutcome("T", seeds, transductive, "crosslingual", evaluations, kept, {name: {} for name in arms})


def runs(*shares, first=1, count=300):
    """One round on a base model, of as many seeds as shares; each is asked questions of its own."""
    return [
        [
            table(drawn(count, 1 + seed), first=count * seed),
            table(drawn(count, 100 * first + seed, share), first=count * seed),
        ]
        for seed, share in enumerate(shares)
    ]


# What is said first ---------------------------------------------------------------------------------------------------


def test_what_the_vote_does_not_beat_is_said_first():
    found = study(
        crosslingual=arm(*runs(0.6, 0.6, 0.6, first=1)),
        english=arm(*runs(0.9, 0.9, 0.9, first=2)),
        own=arm(*runs(0.3, 0.3, 0.3, first=3)),
    )
    said = report.verdict(found, "unseen")
    assert said[0].startswith("- In acc, `crosslingual` beats `own`: +0.")
    assert "`crosslingual` is worse than `english`" in said[2]
    text = report.study_markdown(found)
    assert text.index("beats `own`") < text.index("| base |")
    assert "| english | " in text
    assert "95% intervals over seeds and questions together" in text
    same = study(crosslingual=arm(*runs(0.6, 0.6, 0.6, first=1)), english=arm(*runs(0.6, 0.6, 0.6, first=2)))
    assert "`crosslingual` does not beat `english`" in report.verdict(same, "unseen")[0]


@pytest.mark.parametrize(("seeds", "words"), [(1, "on this run"), (2, "on these 2 runs")])
def test_fewer_than_three_seeds_say_nothing_of_others(seeds, words):
    vote, worse, better = ([share] * seeds for share in (0.6, 0.3, 0.9))
    found = study(
        crosslingual=arm(*runs(*vote, first=1)), own=arm(*runs(*worse, first=2)), english=arm(*runs(*better, first=3))
    )
    said = report.verdict(found, "unseen")
    assert f"`crosslingual` is ahead of `own` {words}" in said[0]
    assert f"`crosslingual` is behind `english` {words}" in said[2]
    text = report.study_markdown(found)
    assert "95% intervals over questions alone, of these runs" in text
    assert not any(verb in text for verb in (" beats ", " beat ", "worse than"))


def test_seeds_that_differ_decide_nothing():
    """Ahead by 20, 0 and 16 points: over questions alone that is a gain, and another seed may come out at 0."""
    found = study(crosslingual=arm(*runs(0.7, 0.5, 0.66, first=1)), own=arm(*runs(0.5, 0.5, 0.5, first=2)))
    cell = found.evaluations["unseen"].arms["own"].measured.against["acc"]
    assert cell["interval"][0] < 0 < cell["value"] - 1.96 * 0.017  # of 900 questions: sd of a question's .5, over 30
    assert "does not beat" in report.verdict(found, "unseen")[0]


def test_the_spread_between_seeds_is_printed_in_points():
    """Of 100 questions right in no language before, 10, 20 and 30 in both after."""
    nothing = np.zeros((100, 2), bool)
    seeds = []
    for seed, right in enumerate((10, 20, 30)):
        after = nothing.copy()
        after[:right] = True
        seeds.append([table(nothing, first=100 * seed), table(after, first=100 * seed)])
    found = study(crosslingual=arm(*seeds))
    difference = found.evaluations["unseen"].arms["crosslingual"].measured.difference["acc"]
    assert difference["value"] == pytest.approx(0.2)
    assert difference["spread"] == pytest.approx(0.1)
    # Over questions alone it would reach .05 to either side; the mean of three such seeds has an error of .058.
    assert difference["interval"][1] - 0.2 > 3 * 0.058
    text = report.study_markdown(found)
    assert "How far seeds differ (standard deviation of their differences to the base, in points):" in text
    assert "\n| crosslingual | 10.0 | " in text
    alone = study(crosslingual=arm(seeds[0]))
    assert "How far seeds differ" not in report.study_markdown(alone)


def test_a_transductive_report_says_so():
    found = study(transductive=True, crosslingual=arm(*runs(0.6)))
    assert report.study_markdown(found).splitlines()[2].startswith("**Transductive**: the model was aligned")


def test_a_loop_without_dev_questions_is_judged_by_nothing():
    rounds = [table(drawn(20, seed)) for seed in range(3)]
    signals, best = [stopping.NOTHING] * 3, Best(2, "round2/dpo", "there are no dev questions to judge by")
    found = outcome.loop({"unseen": rounds}, signals, {"model": "M", "task": "T"}, best)
    assert found.signals[0] == WithoutLabels(None, None, None)
    text = report.loop_markdown(found)
    assert "Kept: round 2 (round2/dpo), without labels (there are no dev questions to judge by)." in text
    assert "## Without labels" not in text
    assert "NaN" not in to_json(found)


# What is shown --------------------------------------------------------------------------------------------------------


def test_levels_and_differences_have_every_measure_that_rivals_are_held_against():
    right = [(1, 1), (1, 0), (0, 0), (1, 0)]
    text = report.study_markdown(study(crosslingual=arm([table(right), table([(1, 1)] * 4)])))
    shown = (
        "acc | acc_en | consistency | rankc | consistency_all | correct_all | alpha | majority_acc | position_entropy"
    )
    assert text.count(f"|  | {shown} |") == 2
    (after,) = [line for line in text.splitlines() if line.startswith("| crosslingual | 1.000")]
    (gained,) = [line for line in text.splitlines() if line.startswith("| crosslingual | +0.500")]
    assert [float(cell.split()[0]) for cell in after.split(" | ")[1:6]] == [1, 1, 1, 1, 1]
    # Of four questions three were right in English, one in both languages; French was alone in two.
    assert [float(cell.split()[0]) for cell in gained.split(" | ")[1:7]] == [0.5, 0.25, 0.5, 0, 0.5, 0.75]
    assert all("[" in cell for cell in gained.split(" | ")[1:7])
    assert "\nRankC of rankings at random: 0.377.\n" in text  # four options


def test_open_tasks_show_exact_match_and_no_rankc():
    def answered(own):
        answers = [
            Answer(f"q{i}", language, 0, 0, TWINS, own_language=is_own)
            for i, row in enumerate(own)
            for language, is_own in zip(("en", "fr"), row, strict=True)
        ]
        return Answers.collect(answers, ("en", "fr"))

    text = report.study_markdown(study(crosslingual=arm([answered([(1, 0), (1, 0)]), answered([(1, 1), (1, 0)])])))
    assert "|  | acc | em | other_language | acc_en | em_en | consistency | consistency_all |" in text
    gained = next(line for line in text.splitlines() if line.startswith("| crosslingual | +0.000"))
    assert [float(cell.split()[0]) for cell in gained.split(" | ")[1:6]] == [0, 0.25, -0.25, 0, 0]
    assert "RankC" not in text


def test_what_training_took_is_said_by_seed(tmp_path):
    found = study(crosslingual=arm(*runs(0.6, 0.6, 0.6)), own=arm(*runs(0.5, 0.5, 0.5, first=2)))
    costs = {"crosslingual": [Cost(61.4, 48210), Cost(None, 48100), Cost(60, 1200000)]}
    found = dataclasses.replace(found, costs=costs)
    text = report.study_markdown(found)
    assert "| crosslingual | round 1, round 1, round 1 | 61; not known; 60 | 48,210; 48,100; 1,200,000 |" in text
    assert "| own | round 1, round 1, round 1 | not known | not known |" in text
    path = tmp_path / "report.json"
    path.write_text(to_json(found), "utf-8")
    assert to_json(read(path)) == to_json(found)
    assert read(path).costs == costs
    content = json.loads(path.read_text("utf-8"))
    assert content["costs"]["crosslingual"][1] == {"seconds": None, "tokens": 48100}
    del content["costs"]  # as earlier versions wrote it
    path.write_text(json.dumps(content), "utf-8")
    assert read(path).costs == {}


# Calibrated by the base model -----------------------------------------------------------------------------------------


def by_pmi(likelihoods, nulls, languages=("en", "fr"), gold=0):
    """Answers by `pmi`: [question][language][option] log-likelihoods, and [language][option] after the null context."""
    answers = []
    for i, question in enumerate(likelihoods):
        for language, totals, null in zip(languages, question, nulls, strict=True):
            scores = tuple(total - base for total, base in zip(totals, null, strict=False))
            best = max(range(len(scores)), key=scores.__getitem__)
            answers.append(Answer(f"q{i}", language, best, gold, tuple(range(len(scores))), scores, totals=totals))
    return Answers.collect(answers, languages)


# The first option is right. The base model is wrong in French, whose second option is likelier by 2 than it should be.
BASE = by_pmi([((-4.0, -5.0), (-6.0, -5.0))], [(-3.0, -3.0), (-3.0, -3.0)])


def test_a_model_is_calibrated_by_its_own_null_context_as_it_was():
    twice = by_pmi([((-1.1, -1.1), (-0.3, -0.7)), ((-2.0, -9.0), (-1.0, -2.0))], [(-0.1, -0.1), (-0.2, -0.7)])
    for each in (BASE, twice):  # the second has ties
        found = calibrated(each, each)
        assert found.scores.tolist() == each.scores.tolist()
        assert found.position.tolist() == each.position.tolist()


def test_a_gain_of_the_null_context_alone_is_gone():
    """French: likelihoods where the question is asked stay; the second option's after the answer word rises by 2."""
    arm = by_pmi([((-4.0, -5.0), (-6.0, -5.0))], [(-3.0, -3.0), (-3.0, -1.0)])
    assert arm.right.tolist() == [[True, True]]
    found = calibrated(arm, BASE)
    assert found.right.tolist() == [[True, False]]
    assert found.scores.tolist() == BASE.scores.tolist()


def test_a_gain_where_questions_are_asked_stays():
    arm = by_pmi([((-4.0, -5.0), (-4.0, -5.0))], [(-3.0, -3.0), (-3.0, -3.0)])
    assert calibrated(arm, BASE).right.tolist() == [[True, True]]


def test_a_text_that_became_likelier_whatever_is_asked_counts():
    """French: the first option by 2, also after the answer word, which `pmi` by its own null context takes off."""
    arm = by_pmi([((-4.0, -5.0), (-4.0, -5.0))], [(-3.0, -3.0), (-1.0, -3.0)])
    assert arm.right.tolist() == [[True, False]]
    assert calibrated(arm, BASE).right.tolist() == [[True, True]]


def test_languages_and_questions_of_the_base_may_stand_in_another_order():
    likelihoods = [((-1.0, -2.0), (-4.0, -3.0)), ((-2.0, -1.0), (-3.0, -3.5, -4.0))]
    nulls = [(-1.0, -1.5, -1.5), (-2.0, -2.5, -0.5)]
    sizes = [[question[0], question[1][: len(question[0])]] for question in likelihoods]
    arm = by_pmi(sizes, nulls)
    turned = by_pmi([question[::-1] for question in sizes], nulls[::-1], languages=("fr", "en"))
    found = calibrated(arm.only(["q1", "q0"]), turned)
    assert found.scores.tolist() == arm.only(["q1", "q0"]).scores.tolist()


def test_options_that_a_question_has_not_are_never_chosen():
    nulls = [(-1.0, -1.5, -1.5), (-2.0, -2.5, -0.5)]
    two_and_three = [((-1.0, -2.0), (-4.0, -3.0)), ((-2.0, -1.0, -5.0), (-3.0, -3.5, -4.0))]
    table_of_both = by_pmi(two_and_three, nulls)
    found = calibrated(table_of_both, table_of_both)
    assert found.chosen.tolist() == table_of_both.chosen.tolist()
    assert found.scores[0, :, 2].tolist() == [-np.inf, -np.inf]


def test_calibration_needs_log_likelihoods():
    with pytest.raises(ValueError, match="needs the options' log-likelihoods"):
        calibrated(dataclasses.replace(BASE, totals=None), BASE)


def test_a_study_shows_what_is_left_by_the_base_models_null_context(tmp_path):
    likelihoods = [((-4.0, -5.0), (-6.0, -5.0))] * 20
    base = by_pmi(likelihoods, [(-3.0, -3.0), (-3.0, -3.0)])
    prior = by_pmi(likelihoods, [(-3.0, -3.0), (-3.0, -1.0)])
    better = by_pmi([((-4.0, -5.0), (-4.0, -5.0))] * 20, [(-3.0, -3.0), (-3.0, -3.0)])
    arms = {
        "crosslingual": arm([base, better]),
        "prior": arm([base, prior]),
        "base": arm([base, prior], kept=[0]),
    }
    found = study(**{name: dataclasses.replace(each, by_pmi=True) for name, each in arms.items()})
    measured = {name: each.measured for name, each in found.evaluations["unseen"].arms.items()}
    assert {name: each.difference["acc"]["value"] for name, each in measured.items()} == {
        "crosslingual": 0.5,
        "prior": 0.5,
        "base": 0,
    }
    assert {name: each.calibrated.difference["acc"]["value"] for name, each in measured.items()} == {
        "crosslingual": 0.5,
        "prior": 0,
        "base": 0,
    }
    assert measured["prior"].calibrated.metrics.keys() == {"acc", "consistency"}
    text = report.study_markdown(found)
    below = text[text.index("Calibrated by the base model") :]
    assert "\n| base | 0.500 [" in below
    assert "\n| prior | 0.500 [" in below
    assert "| +0.000 [" in next(line for line in below.splitlines() if line.startswith("| prior |"))
    (tmp_path / "report.json").write_text(to_json(found), "utf-8")
    assert to_json(read(tmp_path / "report.json")) == to_json(found)
    assert "Calibrated by the base model" not in report.study_markdown(study(**arms))


# DCO ------------------------------------------------------------------------------------------------------------------


def of_odds(*questions, first=0):
    """Answers in two languages by the log-odds of the first of two options, which is gold: [question][language]."""
    answers = [
        Answer(f"q{first + i:04}", language, 0 if odds > 0 else 1, 0, (0, 1), scores=(odds, 0.0), totals=(odds, 0.0))
        for i, question in enumerate(questions)
        for language, odds in zip(("en", "fr"), question, strict=True)
    ]
    return Answers.collect(answers, ("en", "fr"))


# Before training French is wrong twice, after it nobody is.
BEFORE = of_odds((3, -1), (1, -2), (2, 2), (1, 1))
AFTER = of_odds((3, 1), (1, 2), (2, 2), (1, 1))


def test_a_loop_of_dco_says_where_it_was_to_end_up_and_where_it_did(tmp_path):
    told = {"model": "M", "task": "T", "pairs": {"objective": "dco", "partners": "all"}}
    found = outcome.loop({"unseen": [BEFORE, AFTER]}, [stopping.NOTHING] * 2, told, Best(1, "round1/dpo", "so"))
    base, after = found.evaluations["unseen"].rounds
    assert base.foretold is None
    values = [
        {name: cell["value"] for name, cell in part.items()}
        for part in (after.foretold.before, after.foretold.predicted, after.foretold.after)
    ]
    # The odds become 2 and 2, -1 and -1, 4 and 4, 2 and 2: languages agree, on the second question on what is wrong.
    assert values == [
        {"acc": 6 / 8, "consistency": 1 / 2},
        {"acc": 6 / 8, "consistency": 1},
        {"acc": 1, "consistency": 1},
    ]
    text = report.loop_markdown(found)
    assert "|  | acc: before | acc: predicted | acc: after | consistency: before |" in text
    assert "| round 1 | 0.750 [" in text
    (tmp_path / "report.json").write_text(to_json(found), "utf-8")
    assert read(tmp_path / "report.json").evaluations["unseen"].rounds == found.evaluations["unseen"].rounds
    votes = outcome.loop(
        {"unseen": [BEFORE, AFTER]}, [stopping.NOTHING] * 2, {**told, "pairs": {}}, Best(0, None, "so")
    )
    assert votes.evaluations["unseen"].rounds[1].foretold is None
    assert "was to end up" not in report.loop_markdown(votes)


def test_a_study_of_dco_pools_what_was_foretold():
    """Of the second seed's only question the odds become 6 and 6; it was right before in both."""
    seeds = [[BEFORE, AFTER], [of_odds((5, 1), first=4), of_odds((5, 1), first=4)]]
    found = study(crosslingual=arm(*seeds), dco=dataclasses.replace(arm(*seeds), partners="english"))
    told = found.evaluations["unseen"].arms["dco"].rounds[0].measured.foretold
    assert told.before["acc"]["value"] == pytest.approx(8 / 10)
    assert told.predicted["consistency"]["value"] == 1
    assert told.after["acc"]["value"] == 1
    assert found.evaluations["unseen"].arms["crosslingual"].rounds[0].measured.foretold is None
    text = report.study_markdown(found)
    assert text.count("| dco, round 1 (seeds 0, 1) |") == 1
    assert "| crosslingual, round 1" not in text


# What is compared with what -------------------------------------------------------------------------------------------


def test_differences_to_the_base_are_paired():
    right = drawn(300, 5)
    better = right.copy()
    better[:30] = True
    found = study(crosslingual=arm([table(right), table(better)])).evaluations["unseen"]
    row = found.arms["crosslingual"].measured.difference["acc"]
    assert row["value"] == pytest.approx(better.mean() - right.mean())
    assert row["interval"][0] > 0  # two independent runs of 300 questions would not tell


def test_each_arm_is_compared_with_its_own_base():
    """Another model, which is right more often before any training, and did not learn: no gain."""
    small, large = drawn(300, 1, 0.4), drawn(300, 2, 0.8)
    found = study(
        crosslingual=arm([table(small), table(small)], base="base", model="small"),
        other=arm([table(large), table(large)], base="base-2", model="large"),
    )
    unseen = found.evaluations["unseen"]
    assert [(base.model, base.arms) for base in unseen.bases] == [("small", ["crosslingual"]), ("large", ["other"])]
    for measured in (arm.measured for arm in unseen.arms.values()):
        assert measured.difference["acc"]["value"] == 0
    apart = unseen.arms["other"].measured.against["acc"]["value"]
    assert apart == pytest.approx(small.mean() - large.mean())  # the same questions: comparable, and said
    text = report.study_markdown(found)
    assert "| base of `other` | " in text
    assert "| other (of another base) | -0." in text
    assert "- `other`: 300 questions in en, fr, of large" in text


def test_other_questions_or_languages_are_not_compared():
    two, three = drawn(200, 1), np.random.default_rng(2).random((200, 3)) < 0.9
    languages = ("en", "fr", "zh")
    found = study(
        crosslingual=arm([table(two), table(two)], asked=["two"]),
        own=arm([table(three, languages=languages), table(three, languages=languages)], base="b", asked=["three"]),
        english=arm([table(two), table(two)], asked=["two, options the other way round"]),
    )
    unseen = found.evaluations["unseen"]
    assert unseen.arms["own"].measured.against is None
    assert unseen.arms["english"].measured.against is None
    text = report.study_markdown(found)
    assert text.count("| not comparable: other questions or languages |") == 2
    assert "- `crosslingual` and `own` are not comparable: other questions or languages (unseen)." in text
    assert "|  | en | fr | zh |" in text
    assert "|  | en | fr |\n" in text


def test_an_evaluation_that_not_all_arms_have_is_reported_of_those_that_have_it():
    """The compared arm may not have it, or may not be done."""
    found = study(own=arm(*runs(0.6)), english=arm(*runs(0.5, first=2)))
    assert found.evaluations["unseen"].arms["own"].measured.against is None
    text = report.study_markdown(found)
    assert "| own | 0." in text
    assert "comparable" not in text


# Rounds ---------------------------------------------------------------------------------------------------------------


def test_the_kept_round_is_reported_and_all_are_shown():
    """One seed keeps round 1 of two, one the base model, one its only round."""
    levels = {0: 100, 1: 160, 2: 130}

    def answered(number, seed):
        right = np.zeros((300, 2), bool)
        right[: levels[number]] = True
        return table(right, first=300 * seed)

    seeds = [[answered(number, seed) for number in range(count)] for seed, count in enumerate((3, 3, 2))]
    found = study(crosslingual=arm(*seeds, kept=[1, 0, 1]))
    measured = found.evaluations["unseen"].arms["crosslingual"]
    # 60 of 300 questions more in two of three seeds; none where the base model is kept.
    assert measured.measured.difference["acc"]["value"] == pytest.approx((0.2 + 0 + 0.2) / 3)
    assert [(part.seeds, part.measured.difference["acc"]["value"]) for part in measured.rounds] == [
        ([0, 1, 2], pytest.approx(0.2)),
        ([0, 1], pytest.approx(0.1)),
    ]
    text = report.study_markdown(found)
    assert "\n| crosslingual | round 1, base, round 1 | not known | not known |" in text
    assert "| crosslingual, round 2 (seeds 0, 1) | 0.433" in text


def test_where_every_seed_keeps_the_base_model_nothing_is_gained():
    found = study(crosslingual=arm(*runs(0.3, 0.3, 0.3), kept=[0, 0, 0]))
    row = found.evaluations["unseen"].arms["crosslingual"].measured
    gained = {name: cell["value"] for name, cell in row.difference.items()}
    assert {gained.pop(name) for name in ("margin", "margin_en", "margin_fr")} == {None}  # all scores are equal here
    assert set(gained.values()) == {0}
    assert row.metrics["acc"]["value"] == found.evaluations["unseen"].bases[0].measured.metrics["acc"]["value"]
