"""Which questions are trained on: no stem on both sides, disjoint tests, an order that depends on ids alone."""

import pytest

from calm_harness.errors import CalmError
from calm_harness.questions import QuestionSet, Row, load
from trainer.rounds.split import fresh, groups, split


def questions(count, repeats=()):
    """English and French questions; a pair in `repeats` shares its French stem."""
    rows = []
    same = {later: earlier for earlier, later in repeats}
    for number in range(count):
        rows.append(Row(f"q{number}", "en", f"Stem {number}?", ("a", "b"), 0))
        rows.append(Row(f"q{number}", "fr", f"Question {same.get(number, number)} ?", ("a", "b"), 0))
    return QuestionSet("made", "train", ("en", "fr"), rows)


def test_parts_are_disjoint_and_whole():
    found = split(questions(50), train=None, dev=10, test=15)
    assert (len(found.train), len(found.dev), len(found.test)) == (25, 10, 15)
    assert len({*found.train, *found.dev, *found.test}) == 50


def test_tests_of_rotations_are_disjoint_until_all_were_in_one():
    tests = [split(questions(50), train=20, dev=5, test=10, rotation=rotation).test for rotation in range(5)]
    assert len({name for test in tests for name in test}) == 50
    again = split(questions(50), train=20, dev=5, test=10, rotation=5)
    assert again.test == tests[0]


def test_training_may_come_from_before_the_test():
    found = split(questions(50), train=35, dev=5, test=10, rotation=4)
    assert len(found.train) == 35
    assert not {*found.train} & {*found.dev, *found.test}


def test_the_order_of_the_set_does_not_matter():
    forward = questions(30)
    backward = QuestionSet("made", "train", ("en", "fr"), [row for q in list(forward.questions())[::-1] for row in q])
    assert split(forward, train=10, dev=5, test=5) == split(backward, train=10, dev=5, test=5)


def test_questions_with_a_stem_in_common_stay_together():
    made = questions(40, repeats=[(0, 1), (1, 2), (7, 30)])
    together = [set(group) for group in groups(made) if len(group) > 1]
    assert {"q0", "q1"} in together or {"q0", "q1", "q2"} in together
    assert {"q7", "q30"} in together
    for rotation in range(4):
        found = split(made, train=None, dev=8, test=8, rotation=rotation)
        for group in groups(made):
            parts = [set(group) & set(part) for part in (found.train, found.dev, found.test)]
            assert sum(map(bool, parts)) == 1


def test_bmlama_repeats_prompts(bmlama17):
    facts = load("bmlama", source=bmlama17, languages=["en", "fr"])
    found = split(facts, train=None, dev=50, test=100)
    stems = [
        {row.stem for row in facts.rows if row.question_id in set(part)}
        for part in (found.train, found.dev, found.test)
    ]
    assert not stems[0] & stems[1]
    assert not stems[0] & stems[2]


def test_too_few_questions():
    with pytest.raises(CalmError, match="made train has 10 questions, not 8 to train on, 2 for dev and 3 to test on"):
        split(questions(10), train=8, dev=2, test=3)


def test_fresh_questions_for_every_round():
    train = [f"q{number}" for number in range(10)]
    rounds = [fresh(train, 3, number) for number in (1, 2, 3)]
    assert [len(part) for part in rounds] == [3, 3, 3]
    assert len({name for part in rounds for name in part}) == 9
