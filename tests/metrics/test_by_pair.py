"""Transfer, its lift and overlap, by pairs of languages; and pairs of one script or family against others."""

import json
import math
from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calm_harness import metrics
from calm_harness.metrics import Answer, Answers, pairwise, pairwise_report, related, tables_of_right
from calm_harness.metrics.bootstrap import estimate
from calm_harness.predictions import read
from calm_harness.predictions.scoring import tabulate

pytestmark = pytest.mark.filterwarnings("error")

ENGLISH = (1, 1, 1, 1, 0, 0, 0, 0)
FRENCH = (1, 1, 0, 0, 1, 0, 0, 0)


def bools(*lines):
    return np.array(lines, dtype=bool)


def run(lines, languages, gold=0):
    """Answers that are right where a language's line has 1, wrong where it has 0 and none where it has None."""
    answers = [
        Answer(f"q{number:03}", language, None if told is None else 1 - told, gold, (0, 1, 2))
        for language, line in zip(languages, lines, strict=True)
        for number, told in enumerate(line)
    ]
    return Answers.collect(answers, languages)


# Facts


def test_transfer_is_the_share_right_in_the_other_of_those_right_in_one():
    transfer = tables_of_right(bools(ENGLISH, FRENCH))["transfer"]
    assert (transfer.value[0, 1], transfer.questions[0, 1]) == (2 / 4, 4)
    assert (transfer.value[1, 0], transfer.questions[1, 0]) == (2 / 3, 3)


def test_lift_is_transfer_above_what_the_other_language_has_anyway():
    lift = tables_of_right(bools(ENGLISH, FRENCH))["lift"]
    assert lift.value[0, 1] == pytest.approx((2 / 4 - 3 / 8) / (1 - 3 / 8))
    assert lift.value[1, 0] == pytest.approx((2 / 3 - 4 / 8) / (1 - 4 / 8))
    assert lift.questions.tolist() == [[0, 4], [3, 0]]


def test_lift_is_one_where_all_is_carried_over_and_below_zero_where_one_is_right_instead_of_the_other():
    lift = tables_of_right(bools((1, 0, 0, 0), (1, 1, 0, 0), (0, 0, 1, 1)))["lift"].value
    assert (lift[0, 1], lift[1, 0]) == (1, pytest.approx((1 / 2 - 1 / 4) / (3 / 4)))
    assert lift[0, 2] == lift[1, 2] == -1  # (0 - 1/2) / (1/2)


def test_overlap_is_what_is_right_in_both_of_what_is_right_in_either():
    overlap = tables_of_right(bools(ENGLISH, FRENCH))["overlap"]
    assert (overlap.value[0, 1], overlap.questions[0, 1]) == (2 / 5, 5)


def test_without_a_right_answer_there_is_no_transfer_and_not_none_of_it():
    tables = tables_of_right(bools(ENGLISH, [0] * 8, [0] * 8))
    assert tables["transfer"].value[0, 1] == 0  # nothing came over
    for name in ("transfer", "lift"):
        assert np.isnan([tables[name].value[1, 0], tables[name].low[1, 0], tables[name].high[1, 0]]).all()
        assert tables[name].questions[1, 0] == 0
    assert tables["overlap"].value[0, 1] == 0
    assert np.isnan(tables["overlap"].value[1, 2])


def test_where_all_is_right_there_is_no_lift_to_be_had():
    tables = tables_of_right(bools(ENGLISH, [1] * 8))
    assert tables["transfer"].value[0, 1] == 1
    assert np.isnan(tables["lift"].value[0, 1])
    assert tables["lift"].value[1, 0] == 0


def test_no_answer_is_a_wrong_answer():
    table = run([(1, 1, None, 0), (1, None, 1, 0)], ("en", "fr"))
    tables = pairwise(table)
    assert tables["transfer"].value[0, 1] == 1 / 2
    assert tables["overlap"].value[0, 1] == 1 / 3
    assert (tables["consistency"].value[0, 1], tables["consistency"].questions[0, 1]) == (1, 2)


def test_hidden_labels_leave_agreement_alone():
    assert list(pairwise(run([(1, 0), (1, 1)], ("en", "fr"), gold=-1))) == ["consistency"]


def test_the_report_has_none_where_nothing_can_be_said():
    report = pairwise_report(run([(1, 1, 0), (0, 0, 0)], ("en", "fr")))
    assert report["transfer"]["en"]["en"] is None
    assert report["transfer"]["en"]["fr"]["questions"] == 2
    assert report["transfer"]["en"]["fr"]["value"] == 0
    assert report["transfer"]["fr"]["en"] == {"value": None, "interval": [None, None], "questions": 0}
    assert json.loads(json.dumps(report, allow_nan=False)) == report


@pytest.mark.parametrize("right", [[True, False], [[1, 0], [0, 1]], [[[True]]]])
def test_what_is_no_table_of_right_answers_is_refused(right):
    with pytest.raises(ValueError, match=r"right answers are booleans \[languages, questions\]"):
        tables_of_right(right)


def test_a_list_of_lists_will_do():
    assert tables_of_right([[True, True], [True, False]])["transfer"].value[0, 1] == 1 / 2


# Properties


right_answers = st.integers(2, 4).flatmap(
    lambda languages: st.integers(2, 12).flatmap(
        lambda questions: st.lists(
            st.lists(st.booleans(), min_size=questions, max_size=questions), min_size=languages, max_size=languages
        )
    )
)


@settings(deadline=None, max_examples=60)
@given(right=right_answers)
def test_tables_are_what_their_definitions_say(right):
    tables = tables_of_right(right)
    known = [{q for q, is_right in enumerate(line) if is_right} for line in right]
    questions = len(right[0])
    for one, other in permutations(range(len(right)), 2):
        both, either = len(known[one] & known[other]), len(known[one] | known[other])
        shares = {
            "transfer": (both, len(known[one])),
            "overlap": (both, either),
        }
        for name, (some, among) in shares.items():
            expected = some / among if among else math.nan
            assert tables[name].value[one, other] == pytest.approx(expected, nan_ok=True)
            assert tables[name].questions[one, other] == among
        lift = math.nan
        if known[one] and len(known[other]) < questions:
            usual = Fraction(len(known[other]), questions)
            lift = float((Fraction(both, len(known[one])) - usual) / (1 - usual))
        assert tables["lift"].value[one, other] == pytest.approx(lift, abs=1e-12, nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(right=right_answers)
def test_bounds_and_symmetry(right):
    tables = tables_of_right(right)
    transfer, lift, overlap = (tables[name] for name in ("transfer", "lift", "overlap"))
    for table in tables.values():
        assert np.isnan(np.diagonal(table.value)).all()
        defined = ~np.isnan(table.value)
        assert (table.low[defined] <= table.value[defined]).all()
        assert (table.value[defined] <= table.high[defined]).all()
        assert (table.high[defined] <= 1).all()
        assert np.isnan(table.low[~defined]).all()
    for table in (transfer, overlap):
        assert not (table.low < 0).any()
    for name in ("value", "low", "high", "questions"):
        assert np.array_equal(getattr(overlap, name), getattr(overlap, name).T, equal_nan=name != "questions")
    both = np.nan_to_num(transfer.value) * transfer.questions
    assert both == pytest.approx(both.T)
    assert not (overlap.value > transfer.value + 1e-12).any()
    assert not (lift.value > transfer.value + 1e-12).any()


@given(counts=st.tuples(*[st.integers(1, 4)] * 4))
def test_lift_is_zero_where_languages_are_independent(counts):
    right, wrong, other_right, other_wrong = counts
    crossed = list(product([True] * right + [False] * wrong, [True] * other_right + [False] * other_wrong))
    lift = tables_of_right(list(zip(*crossed, strict=True)))["lift"].value
    assert [lift[0, 1], lift[1, 0]] == pytest.approx([0, 0], abs=1e-12)


@settings(deadline=None, max_examples=30)
@given(right=right_answers, data=st.data())
def test_intervals_are_of_questions_drawn_anew(right, data):
    """A cell is a sum over questions: what is drawn twice counts twice."""
    numbers = data.draw(st.lists(st.sampled_from(range(len(right[0]))), min_size=1, max_size=12))
    array = np.array(right)
    drawn, times = array[:, numbers], np.bincount(numbers, minlength=array.shape[1])
    for make in (metrics.transfer, metrics.lift, metrics.overlap):
        one, again = make(array[0], array[1]), make(drawn[0], drawn[1])
        assert one.finish(times @ one.parts) == pytest.approx(float(again), abs=1e-12, nan_ok=True)


def test_of_few_right_questions_little_can_be_said():
    one, many = bools([1] * 3 + [0] * 57)[0], bools([1] * 50 + [0] * 10)[0]
    low = {n: estimate({"": metrics.transfer(given, given)})[""].low for n, given in ((3, one), (50, many))}
    assert low[3] < 0.4
    assert 0.9 < low[50] < 1


# Scripts and families


LANGUAGES = ("en", "de", "hi", "zh")  # Latn, Latn, Deva, Hans; three of one family
LINES = bools((1, 1, 1, 0, 0, 1), (1, 1, 0, 1, 0, 0), (1, 0, 0, 0, 1, 0), (0, 1, 1, 0, 0, 0))


def slow_transfer(one, other):
    return Fraction(int((LINES[one] & LINES[other]).sum()), int(LINES[one].sum()))


def test_pairs_of_one_script_or_family_are_held_against_others():
    found = related(run(LINES.astype(int).tolist(), LANGUAGES))
    assert list(found) == ["script", "family"]
    same_script = [(0, 1), (1, 0)]
    same_family = list(permutations(range(3), 2))
    for trait, same in (("script", same_script), ("family", same_family)):
        other = [pair for pair in permutations(range(4), 2) if pair not in same]
        for side, pairs in (("same", same), ("other", other)):
            cell = found[trait]["transfer"][side]
            assert cell["value"] == pytest.approx(float(sum(slow_transfer(*pair) for pair in pairs) / len(pairs)))
            assert cell["pairs"] == len(pairs)
            low, high = cell["interval"]
            assert low <= cell["value"] <= high
        sides = found[trait]["transfer"]
        assert sides["difference"]["value"] == pytest.approx(sides["same"]["value"] - sides["other"]["value"])


def test_agreement_counts_a_pair_once():
    found = related(run(LINES.astype(int).tolist(), LANGUAGES))["family"]["consistency"]
    alike = [float((LINES[one] == LINES[other]).mean()) for one, other in combinations(range(3), 2)]
    assert found["same"]["value"] == pytest.approx(sum(alike) / 3)
    assert (found["same"]["pairs"], found["other"]["pairs"]) == (3, 3)


def test_a_language_that_is_not_known_is_in_no_group():
    lines = LINES.astype(int).tolist()
    with_it = related(run([*lines, lines[0]], (*LANGUAGES, "xx")))
    assert with_it == related(run(lines, LANGUAGES))


def test_a_side_without_a_pair_has_no_value():
    found = related(run(LINES[:2].astype(int).tolist(), ("en", "de")))["script"]["transfer"]
    nothing = {"value": None, "stderr": None, "interval": [None, None]}
    assert found["same"]["pairs"] == 2
    assert found["other"] == {**nothing, "pairs": 0}
    assert found["difference"] == nothing


def test_a_pair_without_a_value_is_left_out_and_not_counted():
    found = related(run([(1, 1, 0), (1, 0, 0), (0, 0, 0)], ("en", "de", "fr")))["script"]["transfer"]["same"]
    assert found["pairs"] == 4  # nothing is right in French: from it to the others there is nothing to be seen
    assert found["value"] == pytest.approx((1 / 2 + 1 + 0 + 0) / 4)


def test_hidden_labels_leave_agreement_of_groups():
    found = related(run(LINES.astype(int).tolist(), LANGUAGES, gold=-1))
    assert [list(measures) for measures in found.values()] == [["consistency"], ["consistency"]]


@settings(deadline=None, max_examples=20)
@given(right=right_answers)
def test_a_difference_of_groups_is_paired_by_question(right):
    """Where both sides hold the same answers, nothing is between them, and no doubt."""
    assume(any(map(any, right)))
    line = [int(any(column)) for column in zip(*right, strict=True)]
    found = related(run([line] * 3, ("en", "de", "zh")))["script"]["transfer"]["difference"]
    assert found["value"] == 0


# A real log


def test_tables_of_a_real_log_are_those_of_its_lines(recorded_log):
    right = {}
    for line in recorded_log.read_text("utf-8").splitlines():
        row = json.loads(line)
        doc, choice = row["doc"], row["answers"]["choice"]
        given = "" if choice is None else " ".join(doc["options"][choice].split())
        gold = " ".join(doc["options"][doc["answer"]].split())
        right.setdefault(doc["language"], {})[doc["question_id"]] = choice is not None and given == gold
    table = tabulate(read(recorded_log))
    report = pairwise_report(table)
    assert set(report) == {"consistency", "transfer", "lift", "overlap"}
    plain = tables_of_right([[right[tag][name] for name in table.question_ids] for tag in table.languages])
    for (row, one), (column, other) in permutations(enumerate(table.languages), 2):
        known = [{name for name, is_right in right[tag].items() if is_right} for tag in (one, other)]
        cell = report["transfer"][one][other]
        assert cell["value"] == pytest.approx(len(known[0] & known[1]) / len(known[0]))
        assert cell["questions"] == len(known[0])
        assert cell["value"] == plain["transfer"].value[row, column]
        assert cell["interval"] == [plain["transfer"].low[row, column], plain["transfer"].high[row, column]]
        overlap = len(known[0] & known[1]) / len(known[0] | known[1])
        assert report["overlap"][one][other]["value"] == pytest.approx(overlap)
