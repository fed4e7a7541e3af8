"""`medqa` and `xcsqa` from the CALM authors' data release (https://github.com/wangym2/CALM).

The release's rows have no ids and are parallel by position only, with slips: they are split into stem and options,
aligned by content, and given ids by content. A question that cannot be read or found in one of the requested languages
is left out whole, and counted as a finding.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from calm_harness.errors import CalmError
from calm_harness.files import read_json_rows
from calm_harness.questions.align import align, check_gold, doubled_rows
from calm_harness.questions.align.evidence import Item
from calm_harness.questions.assemble import Entry, assemble, content_ids
from calm_harness.questions.option_marks import Parsed, parse_gold, split_all
from calm_harness.questions.schema import Finding, QuestionSet, Source, normalise
from calm_harness.questions.selection import choose, choose_languages
from calm_harness.questions.sets import download
from retrieval.files.cache import cache_folder

log = logging.getLogger(__name__)

FOLDER_VARIABLE = "CALM_RELEASE_DIR"
REMEDY = f"run: calm data download calm_release, or let {FOLDER_VARIABLE} name a folder with the whole release"


@dataclass(frozen=True)
class Part:
    """Parallel files of questions that were translated from one language.

    Attributes:
        origin: the language they were translated from; ids come from its texts.
        files: language -> path below the release folder.
    """

    origin: str
    files: dict[str, str]


def _xcsqa(pattern: str) -> Part:
    codes = {"en": "en", "zh": "cn", "fr": "fr", "de": "de", "it": "it", "ja": "ja"}
    return Part("en", {language: f"data/xcsqa/{pattern.format(code)}" for language, code in codes.items()})


_MEDQA = "data/medqa/test"
_MEDQA_EN = Part(
    "en",
    {
        "en": f"{_MEDQA}/test_sft_en_q_1000/all_test_native_en.json",
        "zh": f"{_MEDQA}/test_sft_en_q_1000/all_test_en2cn.json",
        "fr": f"{_MEDQA}/test_sft_en_q_1000/all_test_en2fr.json",
    },
)
_MEDQA_ZH = Part(
    "zh",
    {
        "en": f"{_MEDQA}/test_sft_cn_q_1000/testset_cn2en.json",
        "zh": f"{_MEDQA}/test_sft_cn_q_1000/testset_native_cn.json",
        "fr": f"{_MEDQA}/test_sft_cn_q_1000/all_test_cn2fr.json",
    },
)
PARTS: dict[str, dict[str, tuple[Part, ...]]] = {
    "medqa": {"test": (_MEDQA_EN, _MEDQA_ZH), "test_en": (_MEDQA_EN,), "test_zh": (_MEDQA_ZH,)},
    "xcsqa": {
        "train": (_xcsqa("samples/x_csqa_{}_train_sampled.json"),),
        "test": (_xcsqa("test/x_csqa_{}_test.json"),),
    },
}
LANGUAGES = {name: tuple(next(iter(splits.values()))[0].files) for name, splits in PARTS.items()}


class Sample(NamedTuple):
    """A question of a samples file with the responses that a model gave to it; `answer` is -1 where it is hidden."""

    stem: str
    options: tuple[str, ...]
    answer: int
    preds: tuple[str, ...]
    prompt: str


def find_folder(source: Source = None) -> Path:
    """Find the release: `source`, else the folder that CALM_RELEASE_DIR names, else the download cache.

    Raises:
        CalmError: it is in none of them.
    """
    named_folder = source or os.environ.get(FOLDER_VARIABLE)
    folder = Path(named_folder).expanduser() if named_folder else cache_folder() / download.NAME
    if (folder / "data").is_dir():
        return folder
    if named_folder:
        raise CalmError(f"{folder} does not hold the CALM release (it has no folder data); {REMEDY}")
    raise CalmError(f"the CALM release is not here; {REMEDY}")


def read(
    name: str, split: str | None = None, languages: Sequence[str] | None = None, source: Source = None
) -> QuestionSet:
    """Read a split (`test` by default) of `medqa` or `xcsqa` in the languages asked for (all by default).

    Raises:
        CalmError: there is no such split or language, a file is missing or damaged, or nothing in it could be read.
    """
    split = choose(f"split of {name}", split or "test", PARTS[name])
    languages = choose_languages(name, languages, LANGUAGES[name])
    folder = find_folder(source)
    parts = [_read_part(name, part, folder, languages) for part in PARTS[name][split]]
    rows = [row for part in parts for row in part.rows]
    if not rows:
        raise CalmError(f"{name} {split}: no question of {folder} could be read in {', '.join(languages)}; {REMEDY}")
    counts = {language: sum(part.read[language] for part in parts) for language in languages}
    return QuestionSet(name, split, languages, rows, counts, [finding for part in parts for finding in part.findings])


def read_samples(path: str | Path) -> list[Sample]:
    """Read a file of the release's samples (`pred`: a list of responses of a model), row by row.

    Raises:
        CalmError: the file is damaged, or a row cannot be read.
    """
    file = _File.read(Path(path), "")
    samples: list[Sample] = []
    for number, row in enumerate(file.rows):
        parsed = file.parsed[number]
        preds = row.get("pred")
        if isinstance(parsed, str):
            raise CalmError(f"{file.path} row {number}: {parsed}; correct the row or take it out")
        if not isinstance(preds, list) or not all(isinstance(pred, str) for pred in preds):
            raise CalmError(f"{file.path} row {number}: pred is not a list of responses; see x_csqa_*_sampled.json")
        answer = file.gold(number)[0]
        samples.append(Sample(parsed.stem, parsed.options, answer, tuple(preds), file.prompt(number)))
    return samples


@dataclass(frozen=True)
class _File:
    """A file of the release; rows are counted from 0."""

    path: Path
    language: str
    rows: list[dict[str, str]]
    hidden: bool = False  # whether the labels of the whole file were removed

    @classmethod
    def read(cls, path: Path, language: str) -> _File:
        rows = read_json_rows(path, REMEDY)
        hidden = not any(row.get("output") for row in rows)
        for number, row in enumerate(rows):
            for field in ("instruction", "input", *([] if hidden else ["output"])):
                if not isinstance(row.get(field), str):
                    raise CalmError(f"{path} row {number}: {field} is missing or no text; {REMEDY}")
        return cls(path, language, rows, hidden)

    @cached_property
    def parsed(self) -> list[Parsed | str]:
        return split_all([row["input"] for row in self.rows])

    @cached_property
    def items(self) -> list[Item]:
        return [
            Item(row["input"]) if isinstance(parsed, str) else Item(parsed.stem, parsed.options)
            for row, parsed in zip(self.rows, self.parsed, strict=True)
        ]

    @cached_property
    def doubled(self) -> dict[int, int]:
        return doubled_rows(self.items, self.answers)

    @cached_property
    def answers(self) -> list[int]:
        """The gold options, -1 where they are hidden or the row could not be read."""
        return [-1 if isinstance(parsed, str) else self.gold(number)[0] for number, parsed in enumerate(self.parsed)]

    def where(self, number: int) -> str:
        return f"{self.path.name} row {number}"

    def gold(self, number: int) -> tuple[int, str]:
        """The gold option, and the text that stands with its letter; -1 and "" where the answer is hidden."""
        parsed = self.parsed[number]
        assert isinstance(parsed, Parsed)
        if self.hidden:
            return -1, ""
        try:
            return parse_gold(self.rows[number]["output"], parsed.options)
        except ValueError as error:
            raise CalmError(f"{self.path} row {number}: {error}; correct the row or take it out") from None

    def entry(self, number: int) -> Entry | None:
        """The row as it goes into the set; None where it could not be read."""
        parsed = self.parsed[number]
        if isinstance(parsed, str):
            return None
        return Entry(parsed.stem, parsed.options, self.gold(number)[0], self.where(number), self.prompt(number))

    def prompt(self, number: int) -> str:
        return f"{self.rows[number]['instruction']}\n{self.rows[number]['input']}"

    def finding(self, kind: str, number: int, message: str) -> Finding:
        return Finding(kind, message, self.language, self.where(number))


def _read_part(name: str, part: Part, folder: Path, languages: Sequence[str]) -> QuestionSet:
    """Read parallel files, align them with their origin's, and keep what is readable in all languages."""
    needed_languages = dict.fromkeys((part.origin, *languages))  # ids come from the origin, requested or not
    files = {language: _File.read(folder / part.files[language], language) for language in needed_languages}
    for language in needed_languages:
        if not download.is_of_release(folder, part.files[language]):
            log.warning("%s is not the release's (SHA-256 differs): figures are of another set", files[language].path)
    pivot = files[part.origin]
    findings = [finding for file in files.values() for finding in (*_row_findings(file), *_gold_findings(file))]
    matches = {language: _match(pivot, file, findings) for language, file in files.items()}
    for language, file in files.items():
        findings += _unmatched_findings(pivot, file, matches[language])
    entries: dict[str, dict[Hashable, Entry]] = {language: {} for language in files}
    for number in range(len(pivot.rows)):
        if all(number in match for match in matches.values()):
            by_language = {language: file.entry(matches[language][number]) for language, file in files.items()}
            for language, entry in by_language.items():
                if entry is not None and None not in by_language.values():
                    entries[language][number] = entry
    ids = content_ids(name, entries[part.origin])
    rows, left_out = assemble(ids, entries, languages)
    read_counts = {language: len(files[language].rows) for language in languages}
    return QuestionSet(name, "", tuple(languages), rows, read_counts, findings + left_out)


def _match(pivot: _File, file: _File, findings: list[Finding]) -> dict[int, int]:
    """Row numbers of the pivot file -> those of another file, doubled rows set aside."""
    left_numbers = [number for number in range(len(pivot.rows)) if number not in pivot.doubled]
    right_numbers = [number for number in range(len(file.rows)) if number not in file.doubled]
    if file is pivot:
        return dict(zip(left_numbers, left_numbers, strict=True))
    if not any(isinstance(parsed, Parsed) for parsed in file.parsed):
        return {}  # there is nothing to go by; that no row could be read is a finding of each
    names = pivot.path.name, file.path.name
    pairs = align(
        [pivot.items[number] for number in left_numbers], [file.items[number] for number in right_numbers], names
    )
    left_gold, right_gold = (
        [side.answers[number] for number in numbers] for side, numbers in ((pivot, left_numbers), (file, right_numbers))
    )
    check_gold(left_gold, right_gold, pairs, names)
    findings.append(Finding("aligned", f"with {pivot.path.name} {pairs}", file.language, file.path.name))
    return {left_numbers[i]: right_numbers[j] for i, j in pairs.items()}


def _row_findings(file: _File) -> list[Finding]:
    findings = [
        file.finding("repaired", number, f"doubles row {first}; dropped") for number, first in file.doubled.items()
    ]
    for number, parsed in enumerate(file.parsed):
        if isinstance(parsed, str):
            findings.append(file.finding("unparsed", number, f"{parsed}; the question is left out"))
        elif parsed.bent:
            marks = ", ".join(parsed.bent)
            findings.append(file.finding("repaired", number, f"read {marks} as a bent option mark, by its place"))
    return findings


def _gold_findings(file: _File) -> list[Finding]:
    findings = []
    for number, parsed in enumerate(file.parsed):
        if isinstance(parsed, Parsed):
            answer, text = file.gold(number)
            option = parsed.options[answer]
            if text and text != option and normalise(text) != normalise(option):
                message = f"gold text {text!r} is not its letter's option {option!r}; the letter counts"
                findings.append(file.finding("gold_text", number, message))
    return findings


def _unmatched_findings(pivot: _File, file: _File, match: Mapping[int, int]) -> list[Finding]:
    matched = set(match.values())
    lost = [
        pivot.finding("unaligned", number, f"no row of {file.path.name} is surely its translation; left out")
        for number in range(len(pivot.rows))
        if number not in match and number not in pivot.doubled
    ]
    spare = [
        file.finding("unaligned", number, f"is surely the translation of no row of {pivot.path.name}; left out")
        for number in range(len(file.rows))
        if number not in matched and number not in file.doubled
    ]
    return lost + spare
