import math
import random
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, permutations, product

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.metrics import Answer, Answers, names, pairwise, statistic, twins
from tests import stacked

pytestmark = pytest.mark.filterwarnings("error")

LANGUAGES = ("en", "zh", "fr", "de", "ja", "it")


def table(*rows, gold="A", size=5, texts=None):
    """Make a table from answers written as letters: "AAB-" are four languages' answers, the last one none."""
    answers = []
    for number, row in enumerate(rows):
        right = gold[number % len(gold)]
        for place, (language, letter) in enumerate(zip(LANGUAGES, row, strict=False)):
            options = texts[place] if texts else "ABCDEFGHIJ"[:size]
            answers.append(
                Answer(
                    f"q{number:03}",
                    language,
                    None if letter == "-" else ord(letter) - ord("A"),
                    -1 if right == "?" else ord(right) - ord("A"),
                    twins(options),
                )
            )
    return Answers.collect(answers, LANGUAGES[: len(rows[0])])


def ranked(*questions):
    """Make a table from each question's lists of scores, one list a language."""
    answers = [
        Answer(f"q{number}", language, int(np.argmax(scores)), 0, tuple(range(len(scores))), tuple(scores))
        for number, question in enumerate(questions)
        for language, scores in zip(LANGUAGES, question, strict=False)
    ]
    return Answers.collect(answers, LANGUAGES[: len(questions[0])])


def stack(*tables):
    """Put tables of the same languages, but different numbers of options, below one another."""
    answers = [
        Answer(
            f"{part}/{q}",
            language,
            None if choice < 0 else choice,
            gold,
            tuple(range(size)),
        )
        for part, one in enumerate(tables)
        for q, row, gold, size in zip(
            one.question_ids, one.position.tolist(), one.gold.tolist(), one.size.tolist(), strict=True
        )
        for language, choice in zip(one.languages, row, strict=True)
    ]
    return Answers.collect(answers, tables[0].languages)


def value(name, answers):
    return float(statistic(name, answers))


# Facts


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("AAAA", 1),
        ("AAAB", 3 / 6),
        ("AABB", 2 / 6),
        ("AABC", 1 / 6),
        ("ABCD", 0),
        ("AA--", 1),
        ("AB--", 0),
        ("AAB-", 1 / 3),
        ("A---", 0),
        ("----", 0),
    ],
)
def test_consistency_is_equal_pairs_among_valid_answers(row, expected):
    assert value("consistency", table(row)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("row", "expected"), [("AAAA", 1), ("AAA-", 3 / 6), ("AA--", 1 / 6), ("A---", 0), ("----", 0), ("AABB", 2 / 6)]
)
def test_strict_consistency_counts_pairs_without_an_answer_as_unequal(row, expected):
    assert value("consistency_strict", table(row)) == pytest.approx(expected)


def test_consistency_is_a_mean_over_questions_not_over_pairs():
    assert value("consistency", table("AAAA", "AB--")) == pytest.approx((1 + 0) / 2)


def test_all_and_any():
    answers = table("AAA", "BBB", "AA-", "ABC", "---", gold="A")
    assert value("consistency_all", answers) == 2 / 5
    assert value("correct_all", answers) == 1 / 5
    assert value("correct_any", answers) == 3 / 5


def test_no_answer_is_wrong_and_invalid():
    answers = table("A-A", "BA-", gold="A")
    assert value("acc", answers) == pytest.approx(3 / 6)
    assert value("acc_en", answers) == 1 / 2
    assert value("acc_zh", answers) == 1 / 2
    assert value("invalid", answers) == pytest.approx(2 / 6)


def test_pivot_gap_is_english_minus_the_mean_of_the_others():
    assert value("pivot_gap", table("AAB", "ABB", "BAA", "ABB")) == pytest.approx(3 / 4 - (2 / 4 + 1 / 4) / 2)
    assert value("pivot_gap", table("BAA")) == -1


def test_pivot_gap_finds_english_wherever_it_stands():
    answers = [Answer("q", language, int(language != "en"), 0, (0, 1)) for language in ("fr", "en", "zh")]
    assert value("pivot_gap", Answers.collect(answers, ("fr", "en", "zh"))) == 1


@pytest.mark.parametrize(
    ("row", "gold", "accuracy", "tie"),
    [
        ("AAB", "A", 1, 0),
        ("AAB", "B", 0, 0),
        ("ABC", "A", 0, 1),
        ("AABB", "A", 0, 1),
        ("AABBC", "A", 0, 1),
        ("AABC-", "A", 1, 0),
        ("A---", "A", 1, 0),
        ("AB--", "A", 0, 1),
        ("----", "A", 0, 0),
    ],
)
def test_majority_vote(row, gold, accuracy, tie):
    answers = table(row, gold=gold)
    assert (value("majority_acc", answers), value("tied", answers)) == (accuracy, tie)


def test_alpha_of_krippendorff_2011_section_c():
    observers = ["ABCCBADAB---", "ABCCBBDABE-C", "-CCCBCDBBEA-", "ABCCBDDABEA-"]
    units = ["".join(unit) for unit in zip(*observers, strict=True)]
    assert value("alpha", table(*units)) == pytest.approx(0.743, abs=5e-4)


def test_alpha_written_out():
    # 2 of 4 pairs differ: observed 4; counts A 5, B 3 of 8: expected (64 - 25 - 9) / 7 = 30 / 7.
    assert value("alpha", table("AA", "BB", "AB", "AA")) == pytest.approx(1 - 2 / (30 / 7))


def test_alpha_is_undefined_where_only_one_answer_occurs():
    assert math.isnan(value("alpha", table("BB", "BB", "B-")))
    assert math.isnan(value("alpha", table("A-", "-B")))


def test_alpha_of_always_b_is_not_rewarded_by_one_exception():
    assert value("alpha", table("BBB", "BBB", "BBB", "BBA")) == pytest.approx(0)


def test_alpha_takes_chance_within_each_number_of_options():
    four, five = table("AA", "AB", "BA", "BB", size=4), table("CC", "CC", "DC", size=5)
    answers = stack(four, five)
    observed, expected = 4 + 2, (64 - 32) / 7 + (36 - 26) / 5
    assert value("alpha", answers) == pytest.approx(1 - observed / expected)


def test_kappa_of_fleiss_for_ten_subjects_and_fourteen_raters():
    """The example that is worked out wherever Fleiss' kappa is explained: .378 observed, .213 expected."""
    counts = ["0 0 0 0 14", "0 2 6 4 2", "0 0 3 5 6", "0 3 9 2 0", "2 2 8 1 1"]
    counts += ["7 7 0 0 0", "3 2 6 3 0", "2 5 3 2 2", "6 5 2 1 0", "0 2 2 3 7"]
    raters = [f"rater {number}" for number in range(14)]
    answers = [
        Answer(f"subject {subject}", rater, choice, 0, tuple(range(5)))
        for subject, line in enumerate(counts)
        for rater, choice in zip(
            raters, (place for place, n in enumerate(line.split()) for _ in range(int(n))), strict=True
        )
    ]
    assert value("kappa_strict", Answers.collect(answers, raters)) == pytest.approx(0.210, abs=5e-4)


def test_kappa_written_out():
    # Of 8 answers 4 are A, 3 B and one none: two drawn are the same in 16 + 9 of 64 cases. Of 4 pairs 2 are the same.
    assert value("kappa_strict", table("AA", "BB", "A-", "AB")) == pytest.approx((2 / 4 - 25 / 64) / (1 - 25 / 64))


def test_silence_agrees_with_nothing():
    assert value("kappa_strict", table("--", "--")) == 0
    assert value("kappa_strict", table("A-", "-A")) == pytest.approx((0 - 4 / 16) / (1 - 4 / 16))
    assert value("kappa_strict", table("AB", "BA")) == -1
    spoken = value("kappa_strict", table("AA", "BB", "CC"))
    assert value("kappa_strict", table("AA", "BB", "CC", "--")) < spoken == 1


def test_kappa_is_undefined_where_only_one_answer_occurs():
    assert math.isnan(value("kappa_strict", table("BB", "BB")))
    assert not math.isnan(value("kappa_strict", table("BB", "B-")))


@pytest.mark.parametrize("seed", range(6))
def test_kappa_is_alpha_without_its_correction_where_every_answer_is_read(seed):
    rows = random_rows(seed, missing=0)
    total = len("".join(rows))
    answers = table(*rows)
    assert 1 - value("alpha", answers) == pytest.approx((1 - value("kappa_strict", answers)) * (total - 1) / total)


def test_potential_is_any_language_minus_the_best():
    answers = table("AB", "BA", "AA", "BB", "AB")
    assert value("potential", answers) == pytest.approx(4 / 5 - 3 / 5)
    assert value("potential_chance", answers) == pytest.approx(1 - (1 - 3 / 5) * (1 - 2 / 5) - 3 / 5)
    assert value("potential", table("AA", "BB")) == 0


def test_the_best_language_is_that_of_each_resample():
    metric = statistic("potential", table("AB", "BA"))  # English knows the first question, Chinese the second
    assert float(metric) == 1 / 2
    assert [float(metric.finish(np.array(times) @ metric.parts)) for times in ([2, 0], [0, 2])] == [0, 0]


def test_entropy_of_positions():
    assert value("position_entropy", table("ABCD", "ABCD", size=4)) == pytest.approx(1)
    assert value("position_entropy", table("AABB", size=4)) == pytest.approx(0.5)
    assert str(value("position_entropy", table("BBB", "B-B"))) == "0.0"


def test_entropy_is_averaged_over_answers_of_each_number_of_options():
    answers = stack(table("AB", "A-", size=2), table("DD", size=4))
    thirds = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3)) / math.log(2)
    assert value("position_entropy", answers) == pytest.approx((3 * thirds + 2 * 0) / 5)


def test_rankc_of_equal_and_of_reversed_rankings():
    assert value("rankc", ranked([[3, 2, 1], [30, 20, 10]])) == pytest.approx(1)
    # Top sets of 3 options reversed overlap in 0 of 1, 1 of 2 and 3 of 3.
    weights = [math.exp(3), math.exp(2), math.exp(1)]
    assert value("rankc", ranked([[3, 2, 1], [1, 2, 3]])) == pytest.approx((weights[1] / 2 + weights[2]) / sum(weights))


@pytest.mark.parametrize(("size", "expected"), [(5, 0.310), (4, 0.377)])
def test_rankc_chance_level(size, expected):
    one = list(range(size))
    assert value("rankc_chance", ranked([one, one])) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_rankc_chance_is_the_mean_over_all_rankings(size):
    all_rankings = ranked(*([list(range(size)), list(other)] for other in permutations(range(size))))
    assert value("rankc", all_rankings) == pytest.approx(value("rankc_chance", all_rankings))


def test_rankc_takes_equal_scores_in_the_order_shown():
    assert value("rankc", ranked([[7, 7, 7], [3, 2, 1]])) == pytest.approx(1)


def test_rankc_ranks_nan_and_minus_infinity_last_but_before_options_that_are_not_there():
    nothing = -math.inf
    bad = [[math.nan, 2, 1], [0, 2, 1]], [[nothing, 2, 1], [0, 2, 1]]
    assert value("rankc", ranked(*bad, [[5, 4, 3, 2, 1], [5, 4, 3, 2, 1]])) == pytest.approx(1)


def test_a_language_without_any_score_ranks_nothing():
    """All NaN: no answer, and no ranking in the order shown, which would be like every other such one."""
    nothing = [math.nan] * 3
    silent = {"q1": (nothing, nothing), "q2": ([3, 2, 1], nothing), "q3": ([3, 2, 1], [3, 2, 1])}
    answers = [
        Answer(q, language, None if scores is nothing else 0, 0, (0, 1, 2), scores=tuple(scores))
        for q, both in silent.items()
        for language, scores in zip(("en", "zh"), both, strict=True)
    ]
    assert value("rankc", Answers.collect(answers, ("en", "zh"))) == pytest.approx(1 / 3)
    assert value("rankc", Answers.collect(answers[:4], ("en", "zh"))) == 0
    assert pairwise(Answers.collect(answers, ("en", "zh")))["rankc"].value[0, 1] == pytest.approx(1)


def test_rankc_needs_scores_and_of_responses_it_needs_to_be_known():
    with pytest.raises(ValueError, match="scores"):
        statistic("rankc", table("AB"))
    with pytest.raises(ValueError, match="thoughts"):
        statistic("unfinished", table("AB"))
    with pytest.raises(ValueError, match="cut"):
        statistic("truncated", table("AB"))


def test_truncated_is_the_share_of_cut_responses():
    cut = {("q1", "en"): True, ("q1", "zh"): False, ("q2", "en"): False, ("q2", "zh"): False}
    answers = [Answer(q, language, 0, 0, (0, 1), truncated=was) for (q, language), was in cut.items()]
    assert value("truncated", Answers.collect(answers, ("en", "zh"))) == 1 / 4


def test_a_right_answer_in_another_language_is_right_but_no_exact_match():
    told = {("q1", "en"): (0, True), ("q1", "zh"): (0, False), ("q2", "en"): (1, True), ("q2", "zh"): (None, False)}
    answers = [Answer(q, tag, choice, 0, (0, 1), own_language=own) for (q, tag), (choice, own) in told.items()]
    free = Answers.collect(answers, ("en", "zh"))
    assert (value("acc", free), value("em", free), value("other_language", free)) == (1 / 2, 1 / 4, 1 / 4)
    assert (value("em_en", free), value("em_zh", free), value("acc_zh", free)) == (1 / 2, 0, 1 / 2)
    assert value("consistency", free) == 1 / 2
    assert value("em", stacked.stack([free, free])) == 1 / 4
    with pytest.raises(ValueError, match="no free answers"):
        statistic("em", table("AB"))


def test_unfinished_is_the_share_of_responses_whose_thoughts_never_end():
    ends = {("q1", "en"): True, ("q1", "zh"): False, ("q2", "en"): True, ("q2", "zh"): False}
    answers = [
        Answer(q, language, 0 if ended else None, 0, (0, 1), unfinished=not ended)
        for (q, language), ended in ends.items()
    ]
    collected_answers = Answers.collect(answers, ("en", "zh"))
    assert value("unfinished", collected_answers) == value("invalid", collected_answers) == 1 / 2
    assert value("unfinished", collected_answers.only(["q2"])) == 1 / 2


# Options with the same text


def test_twins_are_the_same_text_but_for_white_space():
    assert twins(["Flugzeug", "Bahn", " Flugzeug ", "Die  Bahn", "Bahn"]) == (0, 1, 0, 3, 1)


def test_twins_do_not_mix_up_case_sharp_s_or_superscripts():
    assert twins(["Masse", "Maße", "10²", "102", "Aa", "aa"]) == (0, 1, 2, 3, 4, 5)


def test_an_answer_stands_for_all_options_with_its_text():
    answer = Answer("q", "de", 2, 0, twins(["ein", "zwei", " ein"]))
    assert answer.options == 0b101
    assert answer.right
    assert not replace(answer, choice=1).right
    assert not replace(answer, gold=-1).right


def test_an_answer_equals_another_where_any_of_its_options_does():
    same_in_english = ["XXYZ", "ABCD"]
    for row, equal in [("AA", 1), ("AB", 1), ("BA", 1), ("BB", 1), ("AC", 0), ("CC", 1), ("CD", 0)]:
        answers = table(row, texts=same_in_english)
        assert value("consistency", answers) == equal, row
        assert value("consistency_strict", answers) == equal, row
        assert value("consistency_all", answers) == equal, row


def test_equality_through_a_shared_text_does_not_carry_on_to_a_third_language():
    answers = table("ABA", texts=["XYZ", "XYZ", "XXZ"])
    assert value("consistency", answers) == pytest.approx(2 / 3)
    assert value("consistency_all", answers) == 0


def test_an_answer_is_right_where_any_of_its_options_is_gold():
    answers = table("AAA", gold="B", texts=["XXZ", "XYZ", "XXZ"])
    assert [value(f"acc_{language}", answers) for language in LANGUAGES[:3]] == [1, 0, 1]


@pytest.mark.parametrize(
    ("row", "texts", "accuracy", "tie"),
    [
        ("AA", ["XXZ", "XXZ"], 1, 0),  # one text, not a tie
        ("ABC", ["XXZ", "XYZ", "XYZ"], 1, 0),  # B has two votes
        ("AAB", ["XXZ", "XYZ", "XYZ"], 0, 1),  # A and B have two votes each, from different languages
        ("ABA", ["XYZ", "XYZ", "XYZ"], 0, 0),
    ],
)
def test_vote_with_the_same_texts(row, texts, accuracy, tie):
    answers = table(row, gold="B", texts=texts)
    assert (value("majority_acc", answers), value("tied", answers)) == (accuracy, tie)


def test_alpha_counts_an_answer_for_the_option_that_most_languages_chose():
    texts = ["XXZ", "XYZ", "XYZ"]
    assert value("alpha", table("ABB", "CCC", texts=texts)) == value("alpha", table("BBB", "CCC", size=3)) == 1


# Definitions, once more and slowly


@dataclass
class Question:
    texts: dict[str, list[str]]
    chosen: dict[str, int | None]
    scores: dict[str, list[float]]
    truncated: dict[str, bool]
    unfinished: dict[str, bool]
    own_language: dict[str, bool]
    gold: int

    @property
    def size(self):
        return len(next(iter(self.texts.values())))

    def votes(self, language):
        if self.chosen[language] is None:
            return set()
        own = self.texts[language]
        return {i for i in range(self.size) if own[i] == own[self.chosen[language]]}

    def equal(self, one, other):
        return any(i in self.votes(one) and i in self.votes(other) for i in range(self.size))

    def right(self, language):
        return self.gold in self.votes(language)


def collected(questions, languages):
    answers = [
        Answer(
            f"q{number:03}",
            language,
            question.chosen[language],
            question.gold,
            twins(question.texts[language]),
            tuple(question.scores[language]),
            question.truncated[language],
            question.unfinished[language],
            own_language=question.own_language[language],
        )
        for number, question in enumerate(questions)
        for language in languages
    ]
    return Answers.collect(answers, languages)


def average(values):
    values = list(values)
    return sum(values, Fraction(0)) / len(values)


def slow_acc(questions, languages):
    return average(Fraction(q.right(language)) for q in questions for language in languages)


def slow_consistency(questions, languages):
    def one_question(q):
        valid = [language for language in languages if q.chosen[language] is not None]
        pairs = list(combinations(valid, 2))
        return Fraction(sum(q.equal(*pair) for pair in pairs), len(pairs)) if pairs else Fraction(0)

    return average(map(one_question, questions))


def slow_consistency_strict(questions, languages):
    return average(Fraction(q.equal(*pair)) for q in questions for pair in combinations(languages, 2))


def slow_consistency_all(questions, languages):
    def one_question(q):
        return any(all(i in q.votes(language) for language in languages) for i in range(q.size))

    return average(Fraction(one_question(q)) for q in questions)


def slow_correct_all(questions, languages):
    return average(Fraction(all(q.right(language) for language in languages)) for q in questions)


def slow_correct_any(questions, languages):
    return average(Fraction(any(q.right(language) for language in languages)) for q in questions)


def slow_potential(questions, languages):
    best = max(slow_acc(questions, [language]) for language in languages)
    return slow_correct_any(questions, languages) - best


def slow_potential_chance(questions, languages):
    shares = [slow_acc(questions, [language]) for language in languages]
    return 1 - math.prod(1 - share for share in shares) - max(shares)


def slow_kappa_strict(questions, languages):
    """Draw two answers, of one question and of all with as many options; one that cannot be read is like no other."""
    observed, expected = Fraction(0), Fraction(0)
    for size in {q.size for q in questions}:
        asked = [q for q in questions if q.size == size]
        values = []
        for number, q in enumerate(asked):
            popular = [sum(i in q.votes(language) for language in languages) for i in range(size)]
            values.append(
                [
                    max(sorted(q.votes(x)), key=lambda i: popular[i]) if q.votes(x) else f"{number} {x}"
                    for x in languages
                ]
            )
        observed += sum(
            Fraction(sum(one == other for one, other in combinations(row, 2)), math.comb(len(row), 2)) for row in values
        )
        pool = Counter(value for row in values for value in row if isinstance(value, int))
        chance = sum(Fraction(count, len(asked) * len(languages)) ** 2 for count in pool.values())
        expected += len(asked) * chance
    apart = len(questions) - expected
    return (observed - expected) / apart if apart else math.nan


def slow_alpha(questions, languages):
    """Compute alpha from the coincidence matrix of each number of options."""
    observed, expected = Fraction(0), Fraction(0)
    for size in {q.size for q in questions}:
        coincidences = Counter()
        for q in (q for q in questions if q.size == size):
            popular = [sum(i in q.votes(language) for language in languages) for i in range(size)]
            values = [max(sorted(q.votes(x)), key=lambda i: popular[i]) for x in languages if q.votes(x)]
            for one, other in permutations(range(len(values)), 2):
                coincidences[values[one], values[other]] += Fraction(1, len(values) - 1)
        marginal = [sum(coincidences[i, k] for k in range(size)) for i in range(size)]
        for i, k in permutations(range(size), 2):
            observed += coincidences[i, k]
            if marginal[i] and marginal[k]:
                expected += marginal[i] * marginal[k] / (sum(marginal) - 1)
    return 1 - observed / expected if expected else math.nan


def slow_rankc(questions, languages):
    def one_pair(q, one, other):
        rankings = [sorted(range(q.size), key=lambda i, x=x: (-q.scores[x][i], i)) for x in (one, other)]
        exponentials = [math.exp(q.size - j) for j in range(q.size)]
        return sum(
            exponentials[j - 1] / sum(exponentials) * len(set(rankings[0][:j]) & set(rankings[1][:j])) / j
            for j in range(1, q.size + 1)
        )

    def one_question(q):
        answered = [language for language in languages if q.chosen[language] is not None]
        values = [one_pair(q, *pair) for pair in combinations(answered, 2)]
        return sum(values) / len(values) if values else 0

    return sum(map(one_question, questions)) / len(questions)


def slow_rankc_chance(questions, _):
    def level(n):
        exponentials = [math.exp(n - j) for j in range(n)]
        return sum(e / sum(exponentials) * (j + 1) / n for j, e in enumerate(exponentials))

    return sum(level(q.size) for q in questions) / len(questions)


def slow_margin(questions, languages):
    def one_language(x):
        lead = apart = 0
        for q in questions:
            best = {}
            for text, score in zip(q.texts[x], q.scores[x], strict=True):
                best[text] = max(score, best.get(text, -math.inf))
            ranked = sorted(best.values(), reverse=True)
            if len(ranked) > 2:
                lead += ranked[0] - ranked[1]
                apart += ranked[0] - ranked[-1]
        return lead / apart if apart else math.nan

    return sum(map(one_language, languages)) / len(languages)


def slow_vote(q, languages):
    """Return the options that won, and whether that is a tie."""
    voters = [{language for language in languages if i in q.votes(language)} for i in range(q.size)]
    most = max(map(len, voters))
    winners = [i for i in range(q.size) if most and len(voters[i]) == most]
    return winners, any(voters[i] != voters[winners[0]] for i in winners)


def slow_majority_acc(questions, languages):
    def one_question(q):
        winners, tie = slow_vote(q, languages)
        return q.gold in winners and not tie

    return average(Fraction(one_question(q)) for q in questions)


def slow_tied(questions, languages):
    return average(Fraction(slow_vote(q, languages)[1]) for q in questions)


def slow_pivot_gap(questions, languages):
    others = [language for language in languages if language != "en"]
    return slow_acc(questions, ["en"]) - slow_acc(questions, others)


def slow_position_entropy(questions, languages):
    answers, total = 0, 0.0
    for size in {q.size for q in questions}:
        shown = [q.chosen[x] for q in questions if q.size == size for x in languages if q.chosen[x] is not None]
        shares = [count / len(shown) for count in Counter(shown).values()]
        answers += len(shown)
        total += len(shown) * -sum(share * math.log(share) for share in shares) / math.log(size)
    return total / answers if answers else math.nan


def slow_invalid(questions, languages):
    return average(Fraction(q.chosen[language] is None) for q in questions for language in languages)


def slow_truncated(questions, languages):
    return average(Fraction(q.truncated[language]) for q in questions for language in languages)


def slow_unfinished(questions, languages):
    return average(Fraction(q.unfinished[language]) for q in questions for language in languages)


def slow_em(questions, languages):
    return average(Fraction(q.right(x) and q.own_language[x]) for q in questions for x in languages)


def slow_other_language(questions, languages):
    return slow_acc(questions, languages) - slow_em(questions, languages)


SLOW = {name: globals()[f"slow_{name}"] for name in metrics.HIGHER_IS_BETTER}


@st.composite
def parallel_questions(draw, ties=True):
    """Draw languages and questions; with `ties`, options may share texts and scores within a language."""
    languages = draw(st.permutations(LANGUAGES[: draw(st.integers(2, 5))]))
    questions = []
    for _ in range(draw(st.integers(1, 6))):
        size = draw(st.integers(2, 5))
        options = range(size)
        distinct = st.permutations(options)
        some = st.lists(st.sampled_from(options), min_size=size, max_size=size)
        numbers = st.one_of(distinct, some) if ties else distinct
        question = Question(
            texts={x: [f"text {i}" for i in draw(numbers)] for x in languages},
            chosen={x: draw(st.one_of(st.none(), st.sampled_from(options))) for x in languages},
            scores={x: [float(i) for i in draw(numbers)] for x in languages},
            truncated={x: draw(st.booleans()) for x in languages},
            unfinished={x: draw(st.booleans()) for x in languages},
            own_language={x: draw(st.booleans()) for x in languages},
            gold=draw(st.integers(-1, size - 1)),
        )
        questions.append(question)
    return questions, tuple(languages)


def all_values(answers):
    wanted = names(answers.languages, labelled=True, scored=True, truncation=True, responses=True, free=True)
    return {name: value(name, answers) for name in wanted}


def slow_values(questions, languages):
    values = {name: float(slow(questions, languages)) for name, slow in SLOW.items()}
    values |= {f"acc_{x}": float(slow_acc(questions, [x])) for x in languages}
    values |= {f"em_{x}": float(slow_em(questions, [x])) for x in languages}
    return values | {f"margin_{x}": slow_margin(questions, [x]) for x in languages}


@settings(deadline=None, max_examples=150)
@given(drawn=parallel_questions())
def test_metrics_are_what_their_definitions_say(drawn):
    questions, languages = drawn
    expected = slow_values(questions, languages)
    assert all_values(collected(questions, languages)) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@settings(deadline=None, max_examples=100)
@given(drawn=parallel_questions(), data=st.data())
def test_weighted_sums_give_the_metrics_of_questions_drawn_several_times(drawn, data):
    questions, languages = drawn
    numbers = data.draw(st.lists(st.sampled_from(range(len(questions))), min_size=1, max_size=8))
    times = np.bincount(numbers, minlength=len(questions))
    expected = slow_values([questions[i] for i in numbers], languages)
    answers = collected(questions, languages)
    for name, drawn_value in expected.items():
        metric = statistic(name, answers)
        assert metric.finish(times @ metric.parts) == pytest.approx(drawn_value, abs=1e-12, nan_ok=True), name


@settings(deadline=None, max_examples=40)
@given(drawn=parallel_questions())
def test_pairwise_tables(drawn):
    questions, languages = drawn
    tables = pairwise(collected(questions, languages))
    for (i, one), (k, other) in product(enumerate(languages), repeat=2):
        both = [q for q in questions if q.chosen[one] is not None and q.chosen[other] is not None]
        expected = float(average(Fraction(q.equal(one, other)) for q in both)) if both and i != k else math.nan
        assert tables["consistency"].value[i, k] == pytest.approx(expected, abs=1e-12, nan_ok=True)
        assert tables["consistency"].questions[i, k] == (len(both) if i != k else 0)
        expected = slow_rankc(both, (one, other)) if both and i != k else math.nan
        assert tables["rankc"].value[i, k] == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_pairwise_report_has_none_where_a_table_has_nan():
    half = {"value": 0.5, "questions": 2}
    nothing = {"value": None, "interval": [None, None], "questions": 0}
    found = metrics.pairwise_report(table("AA-", "AB-"))["consistency"]
    low, high = found["en"]["zh"]["interval"]
    assert 0 <= low < 0.5 < high <= 1
    assert found == {
        "en": {"en": None, "zh": {**half, "interval": [low, high]}, "fr": nothing},
        "zh": {"en": {**half, "interval": [low, high]}, "zh": None, "fr": nothing},
        "fr": {"en": nothing, "zh": nothing, "fr": None},
    }


def test_pairwise_has_no_rankc_without_scores():
    assert "rankc" not in pairwise(table("AB"))


# Alpha as others compute it


def random_rows(seed, questions=40, languages=4, size=4, missing=0.2):
    rng = random.Random(seed)
    letters = "ABCDE"[:size]
    rows = []
    for _ in range(questions):
        usual = rng.choice(letters)
        cells = [rng.choice([usual, usual, rng.choice(letters)]) for _ in range(languages)]
        rows.append("".join("-" if rng.random() < missing else cell for cell in cells))
    return rows


def published_alpha(rows):
    numbers = [[np.nan if letter == "-" else ord(letter) for letter in row] for row in rows]
    return krippendorff.alpha(np.array(numbers).T, level_of_measurement="nominal")


@pytest.mark.parametrize("seed", range(20))
def test_alpha_is_that_of_the_krippendorff_package(seed):
    rows = random_rows(seed, size=2 + seed % 4, missing=seed % 5 / 6)
    assert value("alpha", table(*rows)) == pytest.approx(published_alpha(rows), abs=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_alpha_of_mixed_numbers_weighs_each_number_by_its_expected_disagreement(seed):
    groups = {size: random_rows(100 * seed + size, questions=5 * size, size=size) for size in (3, 4, 5)}

    def expected_disagreement(rows):
        counts = Counter("".join(row for row in rows if len(row.replace("-", "")) > 1).replace("-", ""))
        return (counts.total() ** 2 - sum(n**2 for n in counts.values())) / (counts.total() - 1)

    weights = [expected_disagreement(rows) for rows in groups.values()]
    pooled = np.average([published_alpha(rows) for rows in groups.values()], weights=weights)
    answers = stack(*(table(*rows, size=size) for size, rows in groups.items()))
    assert value("alpha", answers) == pytest.approx(pooled, abs=1e-12)


# Properties


@settings(deadline=None, max_examples=40)
@given(drawn=parallel_questions(), data=st.data())
def test_the_order_of_languages_changes_nothing(drawn, data):
    questions, languages = drawn
    other = tuple(data.draw(st.permutations(languages)))
    expected = all_values(collected(questions, languages))
    assert all_values(collected(questions, other)) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(drawn=parallel_questions(ties=False), data=st.data())
def test_the_order_of_options_changes_nothing_where_none_are_the_same(drawn, data):
    questions, languages = drawn
    orders = {size: data.draw(st.permutations(range(size))) for size in range(2, 6)}
    moved = []
    for q in questions:
        order = orders[q.size]  # the option that now stands at each place
        place = {old: new for new, old in enumerate(order)}
        moved.append(
            Question(
                texts={x: [q.texts[x][i] for i in order] for x in languages},
                chosen={x: None if q.chosen[x] is None else place[q.chosen[x]] for x in languages},
                scores={x: [q.scores[x][i] for i in order] for x in languages},
                truncated=q.truncated,
                unfinished=q.unfinished,
                own_language=q.own_language,
                gold=place.get(q.gold, -1),
            )
        )
    expected = all_values(collected(questions, languages))
    assert all_values(collected(moved, languages)) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@settings(deadline=None, max_examples=30)
@given(drawn=parallel_questions(), data=st.data())
def test_the_order_of_rows_changes_nothing(drawn, data):
    questions, languages = drawn
    answers = [
        Answer(
            *(f"q{n}", x, q.chosen[x], q.gold, twins(q.texts[x]), tuple(q.scores[x]), q.truncated[x], q.unfinished[x]),
            own_language=q.own_language[x],
        )
        for n, q in enumerate(questions)
        for x in languages
    ]
    shuffled = data.draw(st.permutations(answers))
    one, other = Answers.collect(answers, languages), Answers.collect(shuffled, languages)
    assert one.question_ids == other.question_ids
    assert all_values(other) == pytest.approx(all_values(one), rel=0, abs=0, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(drawn=parallel_questions())
def test_a_language_that_always_abstains(drawn):
    questions, languages = drawn
    for q in questions:
        q.texts["sw"] = q.texts[languages[0]]
        q.chosen["sw"] = None
        q.scores["sw"] = q.scores[languages[0]]
        q.truncated["sw"] = q.unfinished["sw"] = q.own_language["sw"] = False
    without, with_it = collected(questions, languages), collected(questions, (*languages, "sw"))
    for name in ("consistency", "alpha", "majority_acc", "tied", "position_entropy", "correct_any"):
        assert value(name, with_it) == pytest.approx(value(name, without), abs=1e-12, nan_ok=True), name
    width = len(languages)
    assert value("consistency_strict", with_it) == pytest.approx(
        value("consistency_strict", without) * (width - 1) / (width + 1)
    )
    assert value("consistency_all", with_it) == value("correct_all", with_it) == 0


@settings(deadline=None, max_examples=40)
@given(drawn=parallel_questions())
def test_bounds_that_hold_by_definition(drawn):
    questions, languages = drawn
    got = all_values(collected(questions, languages))
    assert got["acc"] == pytest.approx(sum(got[f"acc_{x}"] for x in languages) / len(languages), abs=1e-12)
    assert got["consistency_all"] <= got["consistency_strict"] + 1e-12
    assert got["consistency_strict"] <= got["consistency"] + 1e-12
    assert got["correct_all"] <= got["consistency_all"] + 1e-12
    assert got["correct_all"] <= got["acc"] + 1e-12
    assert got["acc"] <= got["correct_any"] + 1e-12
    assert got["majority_acc"] + got["tied"] <= 1 + 1e-12
    assert got["potential"] == pytest.approx(
        got["correct_any"] - max(got[f"acc_{language}"] for language in languages), abs=1e-12
    )
    assert got["potential"] <= 1 - 1 / len(languages) + 1e-12
    assert math.isnan(got["kappa_strict"]) or -1 <= got["kappa_strict"] <= 1
    shares = set(got) - {"alpha", "kappa_strict", "pivot_gap", "position_entropy"}
    assert all(0 <= got[name] <= 1 + 1e-12 for name in shares if not math.isnan(got[name]))
    assert not [name for name in shares if math.isnan(got[name]) and not name.startswith("margin")]


@pytest.mark.parametrize("name", ["consistency", "consistency_strict", "consistency_all", "alpha", "kappa_strict"])
def test_identical_answers_are_consistent(name):
    assert value(name, table("AAAA", "BBBB", "CCCC")) == 1


def test_a_question_of_63_options():
    answers = Answers.collect([Answer("q", x, 62, 62, tuple(range(63))) for x in ("en", "zh")], ("en", "zh"))
    assert value("acc", answers) == value("consistency_all", answers) == value("majority_acc", answers) == 1


# Names


OF_RESPONSES = ("truncated", "unfinished", "em", "other_language")


def test_free_answers_are_held_against_the_language_asked_for():
    assert names(["en", "fr"], labelled=True, scored=False, free=True)[:3] == ["acc", "em", "other_language"]
    assert names(["en", "fr"], labelled=True, scored=False, free=True)[-4:] == ["acc_en", "acc_fr", "em_en", "em_fr"]
    assert "em" not in names(["en", "fr"], labelled=False, scored=False, free=True)


def test_names_of_a_run():
    assert names(["en", "zh"], labelled=True, scored=True) == [
        *(name for name in metrics.HIGHER_IS_BETTER if name not in OF_RESPONSES),
        "acc_en",
        "acc_zh",
        "margin_en",
        "margin_zh",
    ]


def test_one_language_has_no_cross_lingual_metric():
    assert names(["en"], labelled=True, scored=True, truncation=True, responses=True) == [
        "acc",
        "margin",
        "position_entropy",
        "invalid",
        "truncated",
        "unfinished",
        "acc_en",
        "margin_en",
    ]


def test_hidden_gold_leaves_no_accuracy():
    assert names(["en", "zh"], labelled=False, scored=False, responses=False) == [
        "consistency",
        "consistency_strict",
        "consistency_all",
        "alpha",
        "kappa_strict",
        "tied",
        "position_entropy",
        "invalid",
    ]


def test_no_pivot_gap_without_english():
    assert "pivot_gap" not in names(["fr", "zh"], labelled=True, scored=False, responses=False)


# Collecting


def test_incomplete_questions_are_left_out_and_counted():
    answers = [Answer(q, x, 0, 0, (0, 1)) for q, x in [("b", "en"), ("a", "zh"), ("a", "en"), ("c", "zh")]]
    collected_answers = Answers.collect(answers, ("en", "zh"))
    assert collected_answers.question_ids == ("a",)
    assert collected_answers.incomplete == 2


def test_answers_in_other_languages_are_left_out():
    answers = [Answer("q", x, i, 0, (0, 1, 2)) for i, x in enumerate(("en", "zh", "fr"))]
    assert Answers.collect(answers, ("fr", "en")).position.tolist() == [[2, 0]]


def test_what_a_table_holds():
    answers = [
        Answer("q", "en", 2, 1, (0, 1, 1), (0.1, 0.3, 0.3), True),
        Answer("q", "zh", None, 1, (0, 1, 2), (0.3, 0.1, 0.2), False),
        Answer("p", "en", 0, -1, (0, 1), (0.9, 0.1), False),
        Answer("p", "zh", 1, -1, (0, 1), (0.1, 0.9), False),
    ]
    collected_answers = Answers.collect(answers, ("en", "zh"))
    assert collected_answers.question_ids == ("p", "q")
    assert collected_answers.chosen.tolist() == [[0b01, 0b10], [0b110, 0]]
    assert collected_answers.position.tolist() == [[0, 1], [2, -1]]
    assert collected_answers.gold.tolist() == [-1, 1]
    assert collected_answers.hidden
    assert collected_answers.size.tolist() == [2, 3]
    nothing = -math.inf
    assert collected_answers.scores.tolist() == [
        [[0.9, 0.1, nothing], [0.1, 0.9, nothing]],
        [[0.1, 0.3, 0.3], [0.3, 0.1, 0.2]],
    ]
    assert collected_answers.truncated.tolist() == [[False, False], [True, False]]


def test_a_question_answered_twice_is_refused():
    answer = Answer("q7", "zh", 0, 0, (0, 1))
    with pytest.raises(CalmError, match="question q7 is answered twice in zh"):
        Answers.collect([answer, replace(answer, choice=1)], ("zh",))


@pytest.mark.parametrize("other", [Answer("q7", "zh", 0, 1, (0, 1)), Answer("q7", "zh", 0, 0, (0, 1, 2))])
def test_languages_that_disagree_about_a_question_are_refused(other):
    with pytest.raises(CalmError, match="question q7: languages disagree"):
        Answers.collect([Answer("q7", "en", 0, 0, (0, 1)), other], ("en", "zh"))


@pytest.mark.parametrize("size", [1, 64])
def test_too_few_or_too_many_options_are_refused(size):
    with pytest.raises(CalmError, match=f"question q7 has {size} options, not 2 to 63"):
        Answers.collect([Answer("q7", "en", 0, 0, tuple(range(size)))], ("en",))


@pytest.mark.parametrize(
    ("choice", "gold", "scores"), [(2, 0, None), (-1, 0, None), (0, 2, None), (0, -2, None), (0, 0, (0.5,))]
)
def test_an_answer_that_does_not_fit_its_options_is_refused(choice, gold, scores):
    with pytest.raises(CalmError, match=r"question q7 in zh: .* do not fit its 2 options"):
        Answer("q7", "zh", choice, gold, (0, 1), scores)


def test_letters_of_answers():
    assert [str(Answer("q", "en", choice, 0, (0, 1, 2))) for choice in (0, 2, None)] == ["A", "C", "-"]


@pytest.mark.parametrize("answers", [[], [Answer("q", "en", 0, 0, (0, 1), (0.5, 0.5), True, False, own_language=True)]])
def test_a_table_without_a_complete_question_gives_nan_everywhere(answers):
    empty = Answers.collect(answers, ("en", "zh"))
    assert empty.incomplete == len(answers)
    assert all(math.isnan(got) for got in all_values(empty).values())
    assert all(np.isnan(cells.value).all() and not cells.questions.any() for cells in pairwise(empty).values())


def test_scores_are_kept_only_where_every_answer_has_them():
    scored, plain = Answer("q", "en", 0, 0, (0, 1), (0.5, 0.5)), Answer("q", "zh", 0, 0, (0, 1))
    assert Answers.collect([scored, plain], ("en", "zh")).scores is None
    assert Answers.collect([scored, plain], ("en",)).scores is not None
