"""What sampled answers are worth: rollouts made by hand, and the offline vote over real responses."""

import math

import pytest

from trainer.preferences.samples import load
from trainer.rollouts.reward import of_question, read
from trainer.votes.policies import vote as offline_vote
from trainer.votes.rewards import EMPTY, NO_OPTION, agree, gold, majority, rewards, vote

SILENT = [-0.5, -1.0]  # what NO_OPTION and EMPTY are worth


def test_what_the_majority_of_all_languages_says_is_worth_one():
    said = [[2, 2, 0], [2, NO_OPTION, EMPTY], [0, 1, 2]]
    assert vote(said) == [[1, 1, 0], [1, *SILENT], [0, 0, 1]]


def test_a_majority_is_over_samples_and_not_over_languages():
    assert majority([[0, 0, 0, 0], [1, 1, NO_OPTION, EMPTY], [1, 3, 2, 2]]) == 0


@pytest.mark.parametrize("said", [[[0, 0], [1, 1]], [[0, 1], [NO_OPTION, EMPTY]]])
def test_in_a_tie_nobody_wins(said):
    assert [worth for answers in vote(said) for worth in answers if worth >= 0] == [0] * sum(
        answer >= 0 for answers in said for answer in answers
    )


def test_where_nobody_names_an_option_there_are_penalties_alone():
    said = [[NO_OPTION, EMPTY], [EMPTY, NO_OPTION]]
    assert majority(said) == -1
    assert vote(said) == agree(said) == [[-0.5, -1.0], [-1.0, -0.5]]


def test_agreement_leaves_the_own_language_out():
    said = [[0, 0], [0, 1], [1, EMPTY]]
    # Of four others: en's 0 one of fr's; fr's 0 both of en's; fr's 1 one of de's; de's 1 one of fr's.
    assert agree(said) == [[0.25, 0.25], [0.5, 0.25], [0.25, -1.0]]


def test_an_answer_that_only_its_own_language_gives_agrees_with_nobody():
    assert agree([[3, 3, 3], [0, 1, 2]]) == [[0, 0, 0], [0, 0, 0]]


# Two facts in two languages, three rollouts of each: R by hand from PolyFact's rule.
FACTS = {
    "first": ([[0, 1, EMPTY], [0, 0, NO_OPTION]], [2.0, 1.0, -1.5]),  # 1 + 1, 0 + 1, -1 - .5
    "second": ([[2, 2, 1], [2, 0, 1]], [2.0, 1.0, 0.0]),
}
RIGHT = {"first": [[0], [0]], "second": [[2], [2]]}


@pytest.mark.parametrize("fact", FACTS)
def test_a_rollout_is_worth_its_right_languages_and_shares_that(fact):
    said, totals = FACTS[fact]
    assert gold(said, RIGHT[fact]) == [totals, totals]
    with_bonus = [totals[0] + 1, *totals[1:]]  # the first rollout alone is right in both languages
    assert rewards("gold+all", said, RIGHT[fact]) == [with_bonus, with_bonus]


def test_an_option_with_the_text_of_the_right_one_is_right():
    assert gold([[1, 0], [3, 1]], [[0, 1], [1]]) == [[1, 2], [1, 2]]


def test_rewards_without_labels_do_not_ask_for_them():
    said = FACTS["first"][0]
    for reward in ("vote", "agree"):
        assert rewards(reward, said) == rewards(reward, said, RIGHT["first"])


def rows_of(samples, question, times):
    """A question's rows as TRL gives them to a reward: each language as often as it was asked."""
    for language in range(len(samples.languages)):
        cell = samples.cells[question, language]
        row = {
            "question_id": cell.question_id, "language": cell.language, "options": list(cell.options),
            "thinking": [], "in_thoughts": False, "words": "{}", "right": None,
        }  # fmt: skip
        yield from ((response, row) for response in cell.responses[:times])


def test_the_vote_is_the_offline_vote_over_the_same_responses(recorded_log):
    """Real ones of Llama-3-8B-Instruct: 60 questions in six languages, three samples each."""
    samples = load([str(recorded_log)])
    outcome = offline_vote(samples.ballots(), "crosslingual")
    decided = 0
    for question in range(len(samples.question_ids)):
        responses, rows = zip(*rows_of(samples, question, 3), strict=True)
        said = [read(response, row) for response, row in zip(responses, rows, strict=True)]
        in_log = [choice for language in range(6) for choice in samples.cells[question, language].choices]
        assert [None if answer < 0 else answer for answer in said] == in_log
        winner = int(outcome.winner[question, 0])
        expected = [-0.5 if answer < 0 else float(answer == winner) for answer in said]
        assert of_question("vote", rows, said, 3) == expected
        decided += winner >= 0
    assert 30 < decided <= 60


def test_a_response_of_white_space_is_empty_and_one_without_an_answer_is_not():
    row = {"options": ["red", "blue"], "language": "en", "thinking": [], "in_thoughts": False, "words": "{}"}
    said = [" \n", "", "Hm.", "The answer is B.", "red"]
    assert [read(text, row) for text in said] == [EMPTY, EMPTY, NO_OPTION, 1, 0]
    assert read("B", row | {"in_thoughts": True}) == NO_OPTION  # thoughts that the prompt opened, and that never end


def test_polyfacts_advantage_by_hand():
    """(R - mean) / std over rollouts, std of the population; TRL's is of the sample, so its own is √(2/3) of that."""
    for totals, advantages in (
        (FACTS["first"][1], [1.019049, 0.339683, -1.358732]),
        (FACTS["second"][1], [1.224745, 0.0, -1.224745]),
    ):
        mean = sum(totals) / 3
        spread = math.sqrt(sum((total - mean) ** 2 for total in totals) / 3)
        assert [(total - mean) / spread for total in totals] == pytest.approx(advantages, abs=1e-6)
