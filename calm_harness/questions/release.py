"""`medqa` and `xcsqa` from the CALM authors' data release (https://github.com/wangym2/CALM).

The release's rows have no ids and are parallel by position only, with slips: they are read, split into stem and options,
aligned by content, and given ids by content. A question that cannot be read or found in one of the requested languages is
left out whole, and counted as a finding.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from calm_harness.errors import CalmError
from calm_harness.questions import download
from calm_harness.questions.align import align, doubled_rows
from calm_harness.questions.evidence import Item
from calm_harness.questions.files import read_json_rows
from calm_harness.questions.options import Parsed, parse_gold, split_all
from calm_harness.questions.schema import Finding, QuestionSet, Row, Source, fingerprint, normalise
from calm_harness.questions.selection import choose, choose_languages

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
    """A question of a samples file with the responses that a model gave to it."""

    stem: str
    options: tuple[str, ...]
    answer: int
    preds: tuple[str, ...]


def find_folder(source: Source = None) -> Path:
    """Find the release: `source`, else the folder that CALM_RELEASE_DIR names, else the download cache.

    Raises:
        CalmError: it is in none of them.
    """
    named = source or os.environ.get(FOLDER_VARIABLE)
    folder = Path(named).expanduser() if named else download.cache_folder() / download.NAME
    if (folder / "data").is_dir():
        return folder
    if named:
        raise CalmError(f"{folder} does not hold the CALM release (it has no folder data); {REMEDY}")
    raise CalmError(f"the CALM release is not here; {REMEDY}")


def read(
    name: str, split: str | None = None, wanted: Sequence[str] | None = None, source: Source = None
) -> QuestionSet:
    """Read a split (`test` by default) of `medqa` or `xcsqa` in the wanted languages (all by default).

    Raises:
        CalmError: there is no such split or language, a file is missing or damaged, or nothing in it could be read.
    """
    split = choose(f"split of {name}", split or "test", PARTS[name])
    languages = choose_languages(name, wanted, LANGUAGES[name])
    folder = find_folder(source)
    result = QuestionSet(name, split, languages, [], read=dict.fromkeys(languages, 0))
    seen: dict[str, str] = {}
    for part in PARTS[name][split]:
        needed = dict.fromkeys((part.origin, *languages))  # ids come from the origin, wanted or not
        texts = {language: _File.read(folder / part.files[language], language) for language in needed}
        for language in languages:
            result.read[language] += len(texts[language].rows)
        result.rows += _assemble(name, part.origin, texts, languages, seen, result.findings)
    if not result.rows:
        raise CalmError(f"{name} {split}: no question of {folder} could be read in {', '.join(languages)}; {REMEDY}")
    return QuestionSet(name, split, languages, result.rows, result.read, result.findings)


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
        samples.append(Sample(parsed.stem, parsed.options, file.gold(number)[0], tuple(preds)))
    return samples


@dataclass(frozen=True)
class _File:
    """A file of the release; rows are counted from 0."""

    path: Path
    language: str
    rows: list[dict[str, str]]

    @classmethod
    def read(cls, path: Path, language: str) -> _File:
        rows = read_json_rows(path, REMEDY)
        for number, row in enumerate(rows):
            for field in ("instruction", "input", "output"):
                if not isinstance(row.get(field), str):
                    raise CalmError(f"{path} row {number}: {field} is missing or no text; {REMEDY}")
        return cls(path, language, rows)

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
        return doubled_rows(self.items)

    def where(self, number: int) -> str:
        return f"{self.path.name} row {number}"

    def gold(self, number: int) -> tuple[int, str]:
        parsed = self.parsed[number]
        assert isinstance(parsed, Parsed)
        try:
            return parse_gold(self.rows[number]["output"], parsed.options)
        except ValueError as error:
            raise CalmError(f"{self.path} row {number}: {error}; correct the row or take it out") from None

    def row(self, number: int, question_id: str) -> Row:
        parsed = self.parsed[number]
        assert isinstance(parsed, Parsed)
        source = self.rows[number]
        prompt = f"{source['instruction']}\n{source['input']}"
        return Row(question_id, self.language, parsed.stem, parsed.options, self.gold(number)[0], prompt)

    def finding(self, kind: str, number: int, message: str, question_id: str = "") -> Finding:
        return Finding(kind, message, self.language, self.where(number), question_id)


def _assemble(
    name: str,
    origin: str,
    files: dict[str, _File],
    languages: Sequence[str],
    seen: dict[str, str],
    findings: list[Finding],
) -> list[Row]:
    """Align a part's files and make rows of all questions that are readable in all languages."""
    pivot = files[origin]
    for file in files.values():
        findings += _row_findings(file)
    matches = {language: _match(pivot, file) for language, file in files.items()}
    for language, file in files.items():
        matched = set(matches[language].values())
        findings += [
            file.finding("unaligned", number, f"has no counterpart in {pivot.path.name}; left out")
            for number in range(len(file.rows))
            if number not in matched and number not in file.doubled
        ]
    rows: list[Row] = []
    for number in range(len(pivot.rows)):
        if number in pivot.doubled:
            continue
        missing = [language for language in files if number not in matches[language]]
        places = {language: matches[language][number] for language in files if language not in missing}
        if missing:
            message = f"found in no row of {', '.join(files[language].path.name for language in missing)}; left out"
            findings.append(pivot.finding("unaligned", number, message))
        elif all(isinstance(files[language].parsed[place], Parsed) for language, place in places.items()):
            question_id = _question_id(name, pivot.parsed[number])
            if question_id in seen:
                findings.append(
                    pivot.finding("repaired", number, f"is the same question as {seen[question_id]}; dropped")
                )
                continue
            seen[question_id] = pivot.where(number)
            question = [files[language].row(places[language], question_id) for language in languages]
            findings += _question_findings(question, [files[row.language] for row in question], places)
            rows += question
    return rows


def _question_id(name: str, parsed: Parsed | str) -> str:
    assert isinstance(parsed, Parsed)
    return content_id(name, parsed.stem, parsed.options)


def content_id(name: str, stem: str, options: Iterable[str]) -> str:
    """The id of a question by its content in the language it was written in, whatever the order of its options."""
    return f"{name}-{fingerprint(stem, *sorted(normalise(option) for option in options))}"


def _match(pivot: _File, file: _File) -> dict[int, int]:
    """Row numbers of the pivot file -> those of another file, doubled rows set aside."""
    left = [number for number in range(len(pivot.rows)) if number not in pivot.doubled]
    right = [number for number in range(len(file.rows)) if number not in file.doubled]
    if file is pivot:
        return dict(zip(left, left, strict=True))
    pairs = align([pivot.items[number] for number in left], [file.items[number] for number in right])
    return {left[i]: right[j] for i, j in pairs.items()}


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


def _question_findings(question: Sequence[Row], files: Sequence[_File], places: dict[str, int]) -> list[Finding]:
    findings = []
    for row, file in zip(question, files, strict=True):
        number = places[row.language]
        text = file.gold(number)[1]
        if text and normalise(text) != normalise(row.options[row.answer]):
            message = f"gold text {text!r} is not its letter's option {row.options[row.answer]!r}; the letter counts"
            findings.append(file.finding("gold_text", number, message, row.question_id))
    return findings
