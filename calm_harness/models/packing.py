"""Rows of tokens in which a prompt stands once and all its continuations branch off from it.

A row is the prompt's tokens, then the tokens of one continuation after the other. A branch starts at the position where
the prompt ends, and its tokens see the prompt and their own branch, nothing else: a tree, laid out in a line. The last
token of a continuation predicts nothing, so it is not in the row, and a continuation of one token takes no room at all.
The idea of tree attention is SpecInfer's (https://arxiv.org/abs/2305.09781), who verify guessed continuations so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

Tokens = tuple[int, ...]
Request = tuple[object, list[int], list[int]]  # as lm-eval hands them over: its cache key, context, continuation


@dataclass(frozen=True)
class Branch:
    """A continuation of a row's prompt, and the numbers of the requests that ask for it."""

    tokens: Tokens
    requests: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """A prompt with its continuations."""

    prefix: Tokens
    branches: tuple[Branch, ...]

    def __len__(self) -> int:
        """Count the tokens that the model is given."""
        return len(self.prefix) + self.reads - 1

    @property
    def reads(self) -> int:
        """Count the places whose prediction is read: the prompt's end, and each token of a branch but the last."""
        return 1 + sum(len(branch.tokens) - 1 for branch in self.branches)


@dataclass(frozen=True)
class Batch:
    """Rows as tensors, padded at the right.

    Attributes:
        rows: the rows.
        tokens, positions: what the model is given; int64, [rows, length].
        branch: 0 for tokens of a prompt, k for those of the k-th branch, -1 for padding; int64, [rows, length].
        reads: row and column of the places to read, row by row; int64, [2, reads].
    """

    rows: tuple[Row, ...]
    tokens: torch.Tensor
    positions: torch.Tensor
    branch: torch.Tensor
    reads: torch.Tensor

    @property
    def branched(self) -> bool:
        """Whether any row has a branch of its own tokens; otherwise plain causal attention is right."""
        return bool((self.branch > 0).any())

    def mask(self, window: int | None = None, chunk: int | None = None) -> torch.Tensor:
        """Tell which tokens see which.

        Args:
            window: a token sees no further back than this many positions, itself included (sliding attention).
            chunk: a token sees only positions of its own chunk of this length (chunked attention).

        Returns:
            True where the query sees the key; bool, [rows, 1, query, key].
        """
        query_branch, key_branch = self.branch[:, :, None], self.branch[:, None, :]
        length, device = self.branch.shape[1], self.branch.device
        seen = (key_branch == 0) | (key_branch == query_branch)
        seen &= torch.ones(length, length, dtype=torch.bool, device=device).tril()
        query_position, key_position = self.positions[:, :, None], self.positions[:, None, :]
        if window is not None:
            seen &= query_position - key_position < window
        if chunk is not None:
            seen &= query_position // chunk == key_position // chunk
        seen |= torch.eye(length, dtype=torch.bool, device=device)
        return seen[:, None]


def truncate(context: Sequence[int], continuation: Sequence[int], max_length: int) -> Tokens:
    """Cut a context from the left as lm-eval's `hf` does, so that all that the model is given fits in `max_length`.

    Returns:
        What is left of the context; at least its last token, since a continuation has at most `max_length` tokens.
    """
    room = max_length + 1 - len(continuation)
    return tuple(context[-room:])


def rows(requests: Sequence[Request], max_length: int, branch_tokens: int = 128) -> list[Row]:
    """Lay requests out as rows, the longest first; what is asked twice is in one row, once.

    Args:
        requests: as lm-eval hands them to `_loglikelihood_tokens`.
        max_length: the most tokens that the model is given for one request.
        branch_tokens: a prompt with more tokens in branches (and more than it has itself) is repeated in a next row:
            attention in a row grows with the square of its length.
    """
    by_prefix: dict[Tokens, dict[Tokens, list[int]]] = {}
    for number, (_, context, continuation) in enumerate(requests):
        prefix = truncate(context, continuation, max_length)
        by_prefix.setdefault(prefix, {}).setdefault(tuple(continuation), []).append(number)
    result = []
    for prefix, continuations in by_prefix.items():
        room = max(branch_tokens, len(prefix))
        branches: list[Branch] = []
        for tokens, numbers in continuations.items():
            branch = Branch(tokens, tuple(numbers))
            if branches and Row(prefix, (*branches, branch)).reads - 1 > room:
                result.append(Row(prefix, tuple(branches)))
                branches = []
            branches.append(branch)
        result.append(Row(prefix, tuple(branches)))
    return sorted(result, key=lambda row: (-len(row), row.prefix))


def batches(ordered: Sequence[Row], fits: Callable[[int, int, int], bool]) -> Iterator[list[Row]]:
    """Split rows into batches, in their order; a row that fits nowhere stands alone.

    Args:
        ordered: rows, the longest first.
        fits: whether a batch of so many rows, of that length, with so many places to read, can be run.
    """
    batch: list[Row] = []
    reads = 0
    for row in ordered:
        if batch and not fits(len(batch) + 1, len(batch[0]), reads + row.reads):
            yield batch
            batch, reads = [], 0
        batch.append(row)
        reads += row.reads
    if batch:
        yield batch


def pack(batch: Sequence[Row], pad: int, device: torch.device | str = "cpu", *, virtual: int = 0) -> Batch:
    """Turn rows into tensors on a device, padded with the token `pad`, which also keeps places for virtual tokens."""
    batch = [replace(row, prefix=(pad,) * virtual + row.prefix) for row in batch]
    shape = len(batch), max(map(len, batch))
    tokens = torch.full(shape, pad)
    positions = torch.zeros(shape, dtype=torch.int64)
    branch_numbers = torch.full(shape, -1)
    reads: list[tuple[int, int]] = []
    for i, row in enumerate(batch):
        end = len(row.prefix)
        row_tokens, row_positions, row_branch_numbers = list(row.prefix), list(range(end)), [0] * end
        reads.append((i, end - 1))
        for k, branch in enumerate(row.branches, start=1):
            inputs = branch.tokens[:-1]
            reads += [(i, len(row_tokens) + j) for j in range(len(inputs))]
            row_tokens += inputs
            row_positions += range(end, end + len(inputs))
            row_branch_numbers += [k] * len(inputs)
        tokens[i, : len(row_tokens)] = torch.tensor(row_tokens)
        positions[i, : len(row_tokens)] = torch.tensor(row_positions)
        branch_numbers[i, : len(row_tokens)] = torch.tensor(row_branch_numbers)
    tensors = (tokens, positions, branch_numbers, torch.tensor(reads).T)
    return Batch(tuple(batch), *(tensor.to(device) for tensor in tensors))


def targets(batch: Sequence[Row]) -> tuple[torch.Tensor, torch.Tensor, list[tuple[Branch, slice]]]:
    """Tell which token each read place should predict.

    Returns:
        The places (indices into `Batch.reads`), the target tokens there, and for each branch the slice of these that is
        its own; int64, [targets].
    """
    places: list[int] = []
    target_tokens: list[int] = []
    spans: list[tuple[Branch, slice]] = []
    next_place = 0
    for row in batch:
        prompt_end, next_place = next_place, next_place + 1
        for branch in row.branches:
            start = len(target_tokens)
            branch_reads = len(branch.tokens) - 1
            places += [prompt_end, *range(next_place, next_place + branch_reads)]
            next_place += branch_reads
            target_tokens += branch.tokens
            spans.append((branch, slice(start, len(target_tokens))))
    return torch.tensor(places), torch.tensor(target_tokens), spans
