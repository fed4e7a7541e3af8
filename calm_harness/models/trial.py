"""Requests that show whether a model reads packed rows rightly: random tokens, in a row like those of a run."""

from __future__ import annotations

import torch

from calm_harness.models.packing import Request

COPIED = 8  # tokens that two continuations have in common
FILLING = 9  # tokens of a continuation that only takes room: the last is not in the row


def trial_requests(
    vocabulary: int, prefix_length: int, branch_tokens: int, max_length: int
) -> tuple[list[Request], list[Request]]:
    """Make requests with one prompt.

    The row is as long as any of a run, so that windows and the like come to bear as they would there; the
    continuations that are compared stand at its end. Two of them begin alike, and a model that saw one from the other
    would copy it: a difference of many nats.

    Args:
        vocabulary: number of tokens.
        prefix_length: tokens of the longest prompt.
        branch_tokens: the most that a row of the run has beyond its prompt.
        max_length: the most tokens that the model is given for one request.

    Returns:
        Continuations that fill the row, and the three that are compared.
    """
    length = max(12, min(prefix_length, max_length - 2 * COPIED))
    size = length + COPIED + 2 + -(-branch_tokens // (FILLING - 1)) * FILLING
    tokens = torch.randint(vocabulary, (size,), generator=torch.Generator().manual_seed(0)).tolist()
    context, copied = tokens[:length], tokens[length : length + COPIED]
    start = length + COPIED + 2
    first, second = tokens[start - 2 : start]
    filling = [tokens[place : place + FILLING] for place in range(start, size, FILLING)]
    compared = [[*copied, first], [*copied, second], [second]]
    return [(None, context, end) for end in filling], [(None, context, end) for end in compared]
