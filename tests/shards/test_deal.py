"""Which questions are in a shard: whole ones, as many in each, the same on every machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calm_harness.errors import CalmError
from calm_harness.shards.deal import Shard, deal


def test_questions_are_dealt_like_cards():
    rows = ["a", "a", "b", "b", "c", "c", "d", "d", "e", "e"]
    assert deal(rows, Shard(1, 2)) == [0, 1, 4, 5, 8, 9]
    assert deal(rows, Shard(2, 2)) == [2, 3, 6, 7]


@given(st.lists(st.integers(0, 20)), st.integers(1, 9))
def test_every_row_is_in_one_shard_with_all_of_its_question(rows, of):
    shards = [deal(rows, Shard(number, of)) for number in range(1, of + 1)]
    assert sorted(row for shard in shards for row in shard) == list(range(len(rows)))
    questions = [{rows[place] for place in shard} for shard in shards]
    assert sum(map(len, questions)) == len(set(rows))
    sizes = [len(each) for each in questions]
    assert max(sizes) - min(sizes) <= 1
    assert all(shard == sorted(shard) for shard in shards)


@pytest.mark.parametrize("text", ["0/4", "5/4", "3", "3/", "/3", "3/0", "-1/4", "a/b", "1/4/2", "03/16"])
def test_what_is_no_shard_is_one_line(text):
    with pytest.raises(CalmError, match=r"--shard .*: write which of how many, counted from 1, as in 3/16"):
        Shard.parse(text)


def test_a_shard_is_read_as_it_is_written():
    assert Shard.parse("3/16") == Shard(3, 16)
    assert str(Shard(3, 16)) == "3/16"
