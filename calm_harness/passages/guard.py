"""Look for the questions of a set in the passages of an index, in all of them or around those that were found."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from tqdm import tqdm

from calm_harness.passages.leaks import Leak, Leaks, Question, continues
from calm_harness.questions import QuestionSet
from retrieval.corpus.split import Passage
from retrieval.index import Index


def leaks_for(question_set: QuestionSet) -> Leaks:
    """Take the questions of a set, in all its languages."""
    return Leaks(map(Question.of, question_set.rows))


def everywhere(questions: Leaks, index: Index) -> Iterator[tuple[Passage, Leak]]:
    """Go through a whole index and yield the passages that hold a part of a question, in order."""
    seen: deque[Passage] = deque()  # read ahead of what is said about them

    def read() -> Iterator[Passage]:
        for passage in index:
            seen.append(passage)
            yield passage

    for leak in tqdm(questions.scan(read()), total=len(index), unit=" passages", disable=None, leave=False):
        passage = seen.popleft()
        if leak is not None:
            yield passage, leak


def among(questions: Leaks, index: Index, numbers: Iterable[int]) -> dict[int, Leak]:
    """Find which passages of an index hold a part of a question, as going through the whole index would.

    Args:
        questions: what to look for.
        index: where the passages lie.
        numbers: of the passages.

    Returns:
        Number of a passage -> the question.
    """
    passages: dict[int, Passage] = {}

    def passage(number: int) -> Passage:
        if number not in passages:
            passages[number] = index.passage(number)
        return passages[number]

    def beside(number: int, step: int) -> Iterator[int]:
        """Yield the numbers of the passages on one side, as far as a question can reach."""
        reached = 0
        while 0 <= number + step < len(index) and reached <= questions.reach:
            pair = sorted((number, number + step))
            if not continues(passage(pair[0]), passage(pair[1])):
                return
            number += step
            yield number
            reached += len(questions.words(passage(number).text, passage(number).language))

    numbers = set(numbers)
    around = {near for number in numbers for step in (-1, 1) for near in beside(number, step)} | numbers
    found: dict[int, Leak] = {}
    for stretch in _stretches(sorted(around)):
        leaks = questions.scan(map(passage, stretch))
        found |= {number: leak for number, leak in zip(stretch, leaks, strict=True) if leak and number in numbers}
    return found


def _stretches(numbers: list[int]) -> Iterator[range]:
    """Split increasing numbers where one is missing."""
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            yield range(numbers[start], numbers[place - 1] + 1)
            start = place
