"""Lay the passage that answers a question, its needle, among passages of the index that do not, its haystack.

The haystack depends on neither the needle's language nor its place, and is the same without it: runs that differ in
these alone are paired passage by passage. It holds no document that the set names as answering the question, in any
language, and no passage that has a question of the set. Nearness and hashes choose it; in the prompt its passages stand
in the order of a hash, so that the nearest are not always the first. Passages are whole: nothing is cut.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.passages import guard
from calm_harness.passages.leaks import Leak
from calm_harness.passages.needle.place import boundary, by_hash, drawn, filled, merged
from calm_harness.passages.needle.settings import MIXED, SAME, Needle
from calm_harness.passages.retrieved import Retrieved, identity
from calm_harness.passages.search import Candidate, Candidates, name_of, named, nearest, record
from calm_harness.prompts import passage_text
from calm_harness.prompts.languages import language as words_of_language
from calm_harness.questions import QuestionSet, Row
from retrieval.errors import RetrievalError
from retrieval.index import Index

log = logging.getLogger(__name__)

FIRST_DEPTH = 32  # passages that are looked up for a haystack; where they are too few, so many times DEEPER more
DEEPER = 4


def hide(question_set: QuestionSet, folder: str, needle: Needle, count: Callable[[str], int]) -> Retrieved:
    """Lay out the needle and the haystack of every row of a set.

    Args:
        question_set: the questions, which name the passages that answer them.
        folder: an index of these and others.
        needle: where and among what the needle is to stand.
        count: counts the model's tokens of a text.

    Returns:
        Passages in the order in which they are shown, and for each row in `needles`: `shown`, `language` and `asked`
        (the position asked for) of the needle, its `tokens`, how many `before` it are of the haystack's, `at` (which
        share of these that is, None without a haystack), `passages_before`, `haystack_tokens`, `haystack_passages`,
        `haystack_language`, `haystack` (its kind) and `seed`. A passage's tokens are those of its line in the prompt.

    Raises:
        CalmError: the set names no passages, the index lacks them or has too few others, or it cannot be read.
    """
    rows = question_set.rows
    if not all(row.gold_passages for row in rows):
        raise CalmError(
            "--metadata: needle needs a set that names the passages which answer its questions, as mini does; "
            f"{question_set.name} does not"
        )
    try:
        index = Index.open(folder)
        index.check_documents()
        if not index.holds_any(passage for row in rows for passage in row.gold_passages):
            raise CalmError(
                f"{folder} has none of the passages which answer {question_set.name}; build the index from its own"
            )
        languages = [row.language if needle.language in (None, SAME) else str(needle.language) for row in rows]
        needles = named(rows, languages, index, "needle") if needle.shown else [[] for _ in rows]
        leaks = guard.leaks_for(question_set)
        hay = _Hay(index, needle, question_set, _sizes(question_set, count))
        haystacks = hay.of(rows, lambda numbers: guard.among(leaks, index, numbers))
        _warn_of(guard.among(leaks, index, {each.number for own in needles for each in own}), index)
    except RetrievalError as error:
        raise CalmError(str(error)) from None
    laid = [
        _laid(row, own, haystack, needle, hay.size) for row, own, haystack in zip(rows, needles, haystacks, strict=True)
    ]
    left_out = {name_of(index.passage(number)): leak for number, leak in hay.leaks.items()}
    return Retrieved([shown for shown, _ in laid], left_out, False, identity(index), [where for _, where in laid])


Size = Callable[[Row, Candidate], int]


def _sizes(question_set: QuestionSet, count: Callable[[str], int]) -> Size:
    """Return what counts the tokens of a passage's line in the prompt of a row, each once."""
    known: dict[tuple[int, str, str], int] = {}

    def size(row: Row, candidate: Candidate) -> int:
        words = question_set.words.get(row.language) or words_of_language(row.language)
        key = candidate.number, words.colon, words.space
        if key not in known:
            known[key] = count(passage_text(record(candidate), words) + "\n")
        return known[key]

    return size


def _warn_of(leaks: dict[int, Leak], index: Index) -> None:
    if leaks:
        log.warning(
            "needle: %d passages that answer contain a question nearly word for word, which makes them easy to find; "
            "they are shown all the same; the first is %s",
            len(leaks),
            name_of(index.passage(min(leaks))),
        )


@dataclass
class _Hay:
    """An index as what haystacks are made of.

    Attributes:
        index: it.
        needle: what haystacks are to be like.
        question_set: whose languages `mixed` draws from.
        size: tokens of a passage in a row's prompt.
        leaks: number of a passage that was left out -> the question that it has.
        answering: question -> documents that answer it, in any language.
    """

    index: Index
    needle: Needle
    question_set: QuestionSet
    size: Size
    leaks: dict[int, Leak] = field(default_factory=dict)
    answering: dict[str, frozenset[str]] = field(init=False)
    _rings: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.answering = self.question_set.answering()

    def of(self, rows: Sequence[Row], leaks_among: Callable[[Iterable[int]], dict[int, Leak]]) -> Candidates:
        """Choose the haystack of each row, the first chosen first.

        Raises:
            CalmError: there are too few passages.
        """
        haystacks: Candidates = [[] for _ in rows]
        if self.needle.passages == 0:
            return haystacks
        looked_at: set[int] = set()
        waiting, depth = list(range(len(rows))), FIRST_DEPTH
        while waiting:
            asked = [rows[place] for place in waiting]
            found = {tag: self._found(asked, tag, depth) for tag in dict.fromkeys(self._all_tags(asked))}
            new = {each.number for lists in found.values() for row_list in lists for each in row_list} - looked_at
            self.leaks |= leaks_among(new)
            looked_at |= new
            unfilled = []
            for number, place in enumerate(waiting):
                row = rows[place]
                lists = {tag: self._fit(row, found[tag][number]) for tag in self._tags(row)}
                haystacks[place], enough = self._filled(row, lists)
                if not enough:
                    unfilled.append(place)
            if unfilled and depth >= len(self.index):
                self._refuse(rows[unfilled[0]], haystacks[unfilled[0]])
            waiting, depth = unfilled, depth * DEEPER
        return haystacks

    def _tags(self, row: Row) -> tuple[str, ...]:
        language = self.needle.haystack_language
        if language == MIXED:
            return self.question_set.languages
        return (row.language if language == SAME else language,)

    def _all_tags(self, rows: Sequence[Row]) -> Iterable[str]:
        return (tag for row in rows for tag in self._tags(row))

    def _found(self, rows: Sequence[Row], tag: str, depth: int) -> Candidates:
        """Look up passages in a language for each row that may have some in it."""
        available = int(self.index.in_language(tag).sum())
        depth = min(depth, available)
        places = [place for place, row in enumerate(rows) if tag in self._tags(row)]
        found: Candidates = [[] for _ in rows]
        if self.needle.kind == "near":
            lists = nearest(self.index, [rows[place].stem for place in places], depth, 0, tag)
        else:
            lists = [self._drawn(rows[place], tag, depth) for place in places]
        for place, row_list in zip(places, lists, strict=True):
            found[place] = row_list
        return found

    def _drawn(self, row: Row, tag: str, depth: int) -> list[Candidate]:
        """Take the passages whose hashes follow that of the question, round a ring: the same ones in every language."""
        if not self._rings:
            for number, passage in enumerate(self.index):
                ring = self._rings.setdefault(passage.language, [])
                ring.append((by_hash(self.needle.seed, passage.passage_id), number))
            for ring in self._rings.values():
                ring.sort()
        ring = self._rings[tag]
        start = bisect_left(ring, (by_hash(self.needle.seed, row.question_id), -1))
        numbers = (ring[(start + step) % len(ring)][1] for step in range(depth))
        return [Candidate(number, self.index.passage(number), None) for number in numbers]

    def _fit(self, row: Row, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Leave out what answers the question, and what gives one away."""
        return [
            each
            for each in candidates
            if each.passage.document not in self.answering[row.question_id] and each.number not in self.leaks
        ]

    def _filled(self, row: Row, lists: dict[str, list[Candidate]]) -> tuple[list[Candidate], bool]:
        tags = self._tags(row)
        in_turn = merged(
            lists,
            lambda turn: drawn(tags, self.needle.seed, row.question_id, turn),
            lambda each: each.passage.passage_id,
        )
        return filled(in_turn, lambda each: self.size(row, each), self.needle.tokens, self.needle.passages)

    def _refuse(self, row: Row, haystack: Sequence[Candidate]) -> None:
        has = f"{sum(self.size(row, each) for each in haystack)} tokens of {len(haystack)} other passages"
        asked = "haystack_tokens" if self.needle.passages is None else "haystack_passages"
        raise CalmError(
            f"--metadata: {asked}: {self.index.folder} has {has} for {row.question_id} in {row.language}; give fewer"
        )


def _laid(
    row: Row, needle: Sequence[Candidate], haystack: Sequence[Candidate], settings: Needle, size: Size
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Lay a needle in its haystack, and say where it stands.

    Raises:
        CalmError: not even one passage has so few tokens.
    """
    if settings.tokens is not None and not haystack:
        raise CalmError(
            f"--metadata: haystack_tokens={settings.tokens} is less than the first passage for {row.question_id} in "
            f"{row.language} has; give more"
        )
    ordered = sorted(haystack, key=lambda each: by_hash(settings.seed, row.question_id, each.passage.passage_id))
    sizes = [size(row, each) for each in ordered]
    place = boundary(sizes, settings.position) if settings.position is not None else None
    shown = [*ordered[:place], *needle, *ordered[place:]] if place is not None else ordered
    before = None if place is None else sum(sizes[:place])
    where = {
        "shown": settings.shown,
        "language": needle[0].passage.language if needle else None,
        "asked": settings.position,
        "at": None if before is None or not sizes else before / sum(sizes),
        "before": before,
        "tokens": sum(size(row, each) for each in needle),
        "passages_before": place,
        "haystack_tokens": sum(sizes),
        "haystack_passages": len(sizes),
        "haystack_language": settings.haystack_language,
        "haystack": settings.kind,
        "seed": settings.seed,
    }
    return [record(each) for each in shown], where
