"""Packed rows: each token sees its prompt and its own branch, and every request is answered from the right place."""

from hypothesis import given
from hypothesis import strategies as st

from calm_harness.models import packing

TOKENS = st.lists(st.integers(1, 9), min_size=1, max_size=12)
REQUESTS = st.lists(st.tuples(st.none(), TOKENS, TOKENS), min_size=1, max_size=20)


@given(TOKENS, TOKENS, st.integers(12, 40))
def test_contexts_are_cut_as_lm_eval_cuts_them(context, continuation, max_length):
    given_to_hf = (context + continuation)[-(max_length + 1) :][:-1]  # lm_eval.models.huggingface 0.4.13
    own = [*packing.truncate(context, continuation, max_length), *continuation[:-1]]
    assert own == given_to_hf


@given(REQUESTS, st.integers(12, 30), st.integers(1, 20))
def test_every_request_is_in_one_row_with_its_own_prompt(requests, max_length, branch_tokens):
    answered = {}
    for row in packing.rows(requests, max_length, branch_tokens):
        for branch in row.branches:
            for number in branch.requests:
                assert number not in answered
                answered[number] = row.prefix, branch.tokens
    for number, (_, context, continuation) in enumerate(requests):
        assert answered[number] == (packing.truncate(context, continuation, max_length), tuple(continuation))
    assert len(answered) == len(requests)


@given(REQUESTS)
def test_rows_come_longest_first_and_what_is_asked_twice_is_in_one_branch(requests):
    rows = packing.rows(requests, 100)
    assert [len(row) for row in rows] == sorted(map(len, rows), reverse=True)
    asked = {(tuple(context), tuple(continuation)) for _, context, continuation in requests}
    assert sum(len(row.branches) for row in rows) == len(asked)


def test_a_prompt_with_many_continuations_is_repeated_in_a_next_row():
    requests = [(None, [1, 2], [3, 4, 5, number]) for number in range(10)]
    rows = packing.rows(requests, 100, branch_tokens=7)
    assert [len(row.branches) for row in rows] == [2] * 5
    assert all(row.prefix == (1, 2) for row in rows)


@given(REQUESTS, st.integers(1, 5), st.integers(10, 60))
def test_batches_keep_the_order_and_the_limits(requests, most_rows, most_tokens):
    rows = packing.rows(requests, 100)
    batches = list(packing.batches(rows, lambda n, length, reads: n <= most_rows and n * length <= most_tokens))
    assert [row for batch in batches for row in batch] == rows
    for batch in batches:
        assert len(batch) == 1 or (len(batch) <= most_rows and len(batch) * len(batch[0]) <= most_tokens)


def packed(*requests):
    batch = packing.rows([(None, context, continuation) for context, continuation in requests], 100)
    return packing.pack(batch, pad=0)


def test_rows_are_laid_out_as_described():
    batch = packed(([1, 2, 3], [4, 5, 6]), ([1, 2, 3], [7]), ([1, 2, 3], [8, 9]), ([5], [6, 7]))
    assert batch.tokens.tolist() == [[1, 2, 3, 4, 5, 8], [5, 6, 0, 0, 0, 0]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 4, 3], [0, 1, 0, 0, 0, 0]]
    assert batch.branch.tolist() == [[0, 0, 0, 1, 1, 3], [0, 1, -1, -1, -1, -1]]
    assert batch.reads.T.tolist() == [[0, 2], [0, 3], [0, 4], [0, 5], [1, 0], [1, 1]]
    places, wanted, owners = packing.targets(batch.rows)
    read = [(branch.tokens, places[own].tolist(), wanted[own].tolist()) for branch, own in owners]
    assert read == [
        ((4, 5, 6), [0, 1, 2], [4, 5, 6]),
        ((7,), [0], [7]),
        ((8, 9), [0, 3], [8, 9]),
        ((6, 7), [4, 5], [6, 7]),
    ]


def sees(batch, row, **limits):
    return {
        (query, key)
        for query, line in enumerate(batch.mask(**limits)[row, 0].tolist())
        for key, seen in enumerate(line)
        if seen
    }


@given(REQUESTS, st.sampled_from([{}, {"window": 2}, {"window": 5}, {"chunk": 3}]))
def test_a_token_sees_what_it_would_see_if_its_continuation_stood_alone(requests, limits):
    batch = packing.pack(packing.rows(requests, 100), pad=0)
    for row in range(len(batch.rows)):
        found = sees(batch, row, **limits)
        branch, position = batch.branch[row].tolist(), batch.positions[row].tolist()
        for query in range(batch.tokens.shape[1]):
            assert any((query, key) in found for key in range(query + 1))  # or attention has no sum
            if branch[query] < 0:
                continue
            alone = {key for key in range(query + 1) if branch[key] in (0, branch[query])}
            assert [position[key] for key in sorted(alone)] == list(range(position[query] + 1))
            if "window" in limits:
                alone = {key for key in alone if position[query] - position[key] < limits["window"]}
            if "chunk" in limits:
                alone = {key for key in alone if position[key] // limits["chunk"] == position[query] // limits["chunk"]}
            assert {key for seen, key in found if seen == query} == alone


def test_single_tokens_need_no_branches():
    assert not packed(([1, 2, 3], [4]), ([1, 2, 3], [5]), ([7], [8])).branched
    assert packed(([1, 2, 3], [4, 5])).branched
