"""`bmlama`: BMLAMA-17, facts as cloze sentences with candidates (https://aclanthology.org/2023.emnlp-main.658).

A folder of TSV files, one a language, with a header line and the columns prompt, gold answer, candidates and subject
(1_easyrun/BMLAMA17 of https://github.com/Betswish/Cross-Lingual-Consistency); or the Hub's copy, a configuration a
language. The rows have no ids: they are aligned by content, and given ids by their English content.

The gold answer is always the last candidate, so options have to be permuted: `calm_harness.questions.load` does.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from calm_harness.errors import CalmError
from calm_harness.files import read_text
from calm_harness.prompts import MASK
from calm_harness.questions.align import align, check_gold, doubled_rows
from calm_harness.questions.align.evidence import Item
from calm_harness.questions.assemble import Entry, content_ids
from calm_harness.questions.schema import Finding, QuestionSet, Row, Source, fingerprint, normalise
from calm_harness.questions.selection import choose, choose_languages
from calm_harness.questions.sets import hub
from retrieval.formats.literals import python_value

LANGUAGES = ("en", "ar", "ca", "el", "es", "fa", "fr", "he", "hu", "ja", "ko", "nl", "ru", "tr", "uk", "vi", "zh")
SPLITS = ("all", "train", "test")
FOLDER_VARIABLE = "BMLAMA17_DIR"
HUB = "JRQi/BMLAMA17"
REMEDY = (
    "get folder 1_easyrun/BMLAMA17 of https://github.com/Betswish/Cross-Lingual-Consistency "
    f"and let {FOLDER_VARIABLE} name it"
)
COLUMNS = ("Prompt", "Ans", "Candidate Ans", "Subject")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


class Fact(NamedTuple):
    """A row of a file; `number` counts rows from 0."""

    number: int
    stem: str
    options: tuple[str, ...]
    gold: str
    quoted: bool

    @property
    def trouble(self) -> str:
        """Why it cannot become a question, or ""."""
        if self.stem.count(MASK) != 1:
            return f"has {self.stem.count(MASK)} {MASK} instead of one"
        if self.gold and self.gold not in self.options:
            return f"gold {self.gold!r} is not among its candidates"
        return ""

    @property
    def answer(self) -> int:
        """Place of the gold answer, -1 where it is hidden."""
        return len(self.options) - 1 - self.options[::-1].index(self.gold) if self.gold else -1


@dataclass
class _File:
    """The facts of a language, those that double their neighbour set aside."""

    name: str
    language: str
    facts: list[Fact]
    read: int = 0
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.read = len(self.facts)
        gold_options = [-1 if fact.trouble else fact.answer for fact in self.facts]
        doubled = doubled_rows(_items(self.facts), gold_options)
        for number, first in doubled.items():
            self.find("repaired", number, f"doubles row {first}; dropped")
        self.facts = [fact for fact in self.facts if fact.number not in doubled]
        for fact in self.facts:
            if fact.quoted:
                self.find("repaired", fact.number, "is quoted as in a CSV file; read without the quotation marks")
            if fact.trouble:
                self.find("unparsed", fact.number, f"{fact.trouble}; the fact is left out")

    def find(self, kind: str, number: int, message: str) -> None:
        self.findings.append(Finding(kind, message, self.language, f"{self.name} row {number}"))


def read(split: str | None = None, languages: Sequence[str] | None = None, source: Source = None) -> QuestionSet:
    """Read `all` facts (the default), or the half of them that is `train` or `test`, in the languages asked for.

    Facts that have the same prompt in some language (several official languages of a country) are in the same half.

    Args:
        split: one of `SPLITS`.
        languages: some of `LANGUAGES`, all by default.
        source: a folder of TSV files or a Hub data set; what BMLAMA17_DIR names, else the Hub's copy, by default.

    Raises:
        CalmError: there is no such split or language, a file is missing or damaged, or nothing could be read.
    """
    split = choose("split of bmlama", split or SPLITS[0], SPLITS)
    languages = choose_languages("bmlama", languages, LANGUAGES)
    place = source or os.environ.get(FOLDER_VARIABLE) or HUB
    needed_languages = ("en", *languages) if split == "all" else LANGUAGES  # halves do not depend on those requested
    files = {language: _read_file(place, language) for language in dict.fromkeys(needed_languages)}
    matches = {language: _match(files["en"], file) for language, file in files.items()}
    result = QuestionSet("bmlama", split, languages, [], {language: files[language].read for language in languages})
    for language in languages:
        result.findings += files[language].findings
    questions = _questions(files["en"], matches, languages, result.findings)
    if split != "all":
        halves = _halves(matches.values())
        questions = {number: question for number, question in questions.items() if halves[number] == split}
    rows = [row for question in questions.values() for row in question]
    if not rows:
        raise CalmError(f"bmlama {split}: no fact of {place} could be read in {', '.join(languages)}; {REMEDY}")
    return QuestionSet("bmlama", split, languages, rows, result.read, result.findings)


def _read_file(place: str | Path, language: str) -> _File:
    folder = Path(place).expanduser()
    path = folder / f"{language}.tsv"
    if path.exists() or any(folder.glob("*.tsv")):
        return _File(path.name, language, _read_tsv(path))
    rows = hub.load_rows(place, language, "test", f"name a folder of TSV files as source, or {REMEDY}")
    name = f"{place} {language}"
    return _File(name, language, [_hub_fact(name, number, row) for number, row in enumerate(rows)])


def _hub_fact(name: str, number: int, row: dict[str, Any]) -> Fact:
    try:
        prompt, gold, candidates = (row[column] for column in COLUMNS[:3])
        if isinstance(candidates, str) and candidates.startswith("["):
            candidates = python_value(candidates)
        return _fact(number, prompt, gold, candidates)
    except (KeyError, TypeError, ValueError):
        columns = ", ".join(COLUMNS[:3])
        raise CalmError(f"{name} row {number}: {columns} are missing or no texts; {REMEDY}") from None


def _read_tsv(path: Path) -> list[Fact]:
    lines = [line for line in read_text(path, REMEDY).split("\n") if line.strip()]
    if not lines[0].startswith(f"{COLUMNS[0]}\t{COLUMNS[1]}\t"):  # the Chinese file has a tab in `Candidate Ans`
        raise CalmError(f"{path} does not begin with the header {' '.join(COLUMNS)}; {REMEDY}")
    facts = []
    for number, line in enumerate(lines[1:]):
        fields = line.rstrip("\r").split("\t")
        if len(fields) != len(COLUMNS):
            raise CalmError(f"{path} row {number} has {len(fields)} fields instead of {len(COLUMNS)}; {REMEDY}")
        facts.append(_fact(number, *fields[:3]))
    return facts


def _fact(number: int, prompt: str, gold: str, candidates: str | Sequence[str]) -> Fact:
    """Make a fact of a row, whose candidates are a list (the Hub) or joined by ", " (the TSV files)."""
    cells = [prompt, gold, candidates] if isinstance(candidates, str) else [prompt, gold, *candidates]
    texts = [_unquoted(cell) for cell in cells]
    options = texts[2].split(", ") if isinstance(candidates, str) else texts[2:]
    stem, gold, *options = (text.strip() for text in (*texts[:2], *options))
    return Fact(number, stem, tuple(options), gold, quoted=texts != cells)


def _unquoted(cell: str) -> str:
    match = _QUOTED.fullmatch(cell)
    return match[1].replace('""', '"') if match else cell


def _items(facts: Iterable[Fact]) -> list[Item]:
    return [Item(fact.stem, fact.options) for fact in facts]


def _match(pivot: _File, file: _File) -> dict[int, Fact]:
    """Row numbers of the English file -> the same facts in another file."""
    if file is pivot or _side_by_side(pivot.facts, file.facts):
        return {english.number: fact for english, fact in zip(pivot.facts, file.facts, strict=True)}
    names = pivot.name, file.name
    pairs = align(_items(pivot.facts), _items(file.facts), names)
    left_gold, right_gold = ([-1 if fact.trouble else fact.answer for fact in side.facts] for side in (pivot, file))
    check_gold(left_gold, right_gold, pairs, names)
    file.findings.append(Finding("aligned", f"with {pivot.name} {pairs}", file.language, file.name))
    matched_places = set(pairs.values())
    for place, fact in enumerate(file.facts):
        if place not in matched_places:
            file.find("unaligned", fact.number, f"has no counterpart in {pivot.name}; left out")
    return {pivot.facts[left].number: file.facts[right] for left, right in pairs.items()}


def _side_by_side(left: Sequence[Fact], right: Sequence[Fact]) -> bool:
    """Whether two files fit row by row, so that they need no (slower) aligning.

    Facts share candidates, and their order is the same in all languages. So where rows are the same fact, what stands
    beside a candidate here mostly stands beside it elsewhere too; a single row out of place breaks that.
    """
    if len(left) != len(right):
        return False
    pair_counts = Counter(
        pair for a, b in zip(left, right, strict=True) for pair in zip(a.options, b.options, strict=False)
    )
    left_counts = Counter(option for fact in left for option in fact.options)

    def fits(a: Fact, b: Fact) -> bool:
        recurring = [pair for pair in zip(a.options, b.options, strict=False) if pair_counts[pair] > 1]
        return 2 * sum(2 * pair_counts[pair] > left_counts[pair[0]] for pair in recurring) > len(a.options)

    return all(fits(a, b) for a, b in zip(left, right, strict=True))


def _right(facts: Iterable[Fact]) -> dict[str, tuple[str, ...]]:
    """Sentence -> its gold answers: a country's official languages are each a fact of its own."""
    golds: dict[str, tuple[str, ...]] = {}
    for fact in facts:
        golds[fact.stem] = (*golds.get(fact.stem, ()), fact.gold)
    return golds


def _also_right(fact: Fact, right: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(gold for gold in right[fact.stem] if gold not in ("", fact.gold)))


def _questions(
    pivot: _File, matches: dict[str, dict[int, Fact]], languages: Sequence[str], findings: list[Finding]
) -> dict[int, list[Row]]:
    """Row numbers of the English file -> the question's rows, for facts that can be read in all the languages."""
    questions: dict[int, list[Row]] = {}
    right = {language: _right(found.values()) for language, found in matches.items()}
    seen: dict[str, int] = {}
    ids = content_ids(
        "bmlama",
        {
            fact.number: Entry(fact.stem, fact.options, -1 if fact.trouble else fact.answer, pivot.name)
            for fact in pivot.facts
        },
    )
    for english in pivot.facts:
        question_id = ids[english.number]
        counterparts = {language: matches[language].get(english.number) for language in languages}
        facts = {language: fact for language, fact in counterparts.items() if fact}
        sizes = {len(fact.options) for fact in facts.values()}
        if len(facts) < len(counterparts):
            missing_languages = ", ".join(language for language in counterparts if language not in facts)
            kind, message = "unaligned", f"found in no row of {missing_languages}; left out"
        elif len(sizes) > 1:
            kind, message = "unparsed", f"has {sorted(sizes)} candidates by language; the fact is left out"
        elif any(fact.trouble for fact in facts.values()):
            continue  # its file's findings say so
        elif question_id in seen:
            kind, message = "repaired", f"is the same fact as row {seen[question_id]}; dropped"
        else:
            seen[question_id] = english.number
            questions[english.number] = [
                Row(
                    question_id,
                    language,
                    fact.stem,
                    fact.options,
                    fact.answer,
                    aliases=_also_right(fact, right[language]),
                )
                for language, fact in facts.items()
            ]
            continue
        findings.append(Finding(kind, message, "", f"{pivot.name} row {english.number}", question_id))
    return questions


def _halves(matches: Iterable[dict[int, Fact]]) -> dict[int, str]:
    """Assign each row number of the English file to `train` or `test`, rows with equal prompts to the same half."""
    english, *others = matches
    leader = {number: number for number in english}

    def lead(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for facts in (english, *others):
        first_with_stem: dict[str, int] = {}
        for number, fact in facts.items():
            leader[lead(number)] = lead(first_with_stem.setdefault(normalise(fact.stem), number))
    group_stems: dict[int, str] = {}
    for number, fact in english.items():
        stem = normalise(fact.stem)
        group_stems[lead(number)] = min(stem, group_stems.get(lead(number), stem))
    return {number: SPLITS[1 + int(fingerprint("half", group_stems[lead(number)]), 16) % 2] for number in english}
