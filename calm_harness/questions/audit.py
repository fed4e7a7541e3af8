"""What a careful user wants to know of a question set before trusting numbers from it (pure functions)."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

from calm_harness.prompts import MASK
from calm_harness.prompts.languages import LANGUAGES
from calm_harness.questions.schema import Finding, QuestionSet, Row, normalise
from calm_harness.twins import twins
from retrieval.text import joined

KINDS = {
    "repaired": "repaired on reading",
    "unparsed": "left out: could not be read",
    "unaligned": "left out: no sure counterpart",
    "few_options": "left out: too few options apart",
    "gold_text": "gold text is not its letter's option",
    "gold_disagrees": "gold differs between languages",
    "identical_options": "identical options",
    "option_marks": "options with marks of their own",
    "untranslated": "left untranslated",
    "no_words": "no words for prompts",
    "aligned": "aligned without ids",
}
_SHOWN = 5  # findings of a kind that the text lists
_OWN_SCRIPT = {  # letters without which a text is surely not in the language
    "ar": "ARABIC",
    "el": "GREEK",
    "fa": "ARABIC",
    "he": "HEBREW",
    "hi": "DEVANAGARI",
    "ja": "CJK|HIRAGANA|KATAKANA",
    "ko": "HANGUL|CJK",
    "ru": "CYRILLIC",
    "uk": "CYRILLIC",
    "ur": "ARABIC",
    "zh": "CJK",
}
_PLAIN_WORDS = re.compile(r"[a-z]{4,}(?:[ '-][a-z]+)*")  # no names, abbreviations, formulas or numbers
_STEM_WORDS = 4  # words from which a stem that is equal to the English one cannot be chance
_OPTION_WORDS = 3  # the same for an option, in a language that is written in Latin letters


@dataclass(frozen=True)
class Audit:
    """The result of an audit.

    Attributes:
        name: of the set.
        split: of the set.
        languages: in the set's order.
        read: rows read by language, before anything was repaired or left out.
        questions: questions that are there in all languages.
        options: number of options -> questions that have as many.
        gold_positions: letter -> questions whose gold option stands there in the source; "hidden" where it is hidden.
        findings: all that was found.
    """

    name: str
    split: str
    languages: tuple[str, ...]
    read: dict[str, int]
    questions: int
    options: dict[int, int]
    gold_positions: dict[str, int]
    findings: list[Finding]

    def counts(self) -> dict[str, dict[str, int]]:
        """Kind -> language ("" where a whole question is meant) -> number of findings; all kinds are there."""
        counted: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
        for (kind, language), count in Counter((finding.kind, finding.language) for finding in self.findings).items():
            counted.setdefault(kind, {})[language] = count
        return counted

    def to_json(self) -> dict[str, Any]:
        """The audit as JSON values."""
        return {
            "set": self.name,
            "split": self.split,
            "languages": list(self.languages),
            "read": self.read,
            "questions": self.questions,
            "options": {str(size): count for size, count in self.options.items()},
            "gold_positions": self.gold_positions,
            "counts": self.counts(),
            "findings": [dataclasses.asdict(finding) for finding in self.findings],
        }

    def to_text(self) -> str:
        """The audit as a table of counts, and the first findings of each kind."""
        options = ", ".join(f"{count} with {size} options" for size, count in self.options.items())
        gold = "  ".join(f"{letter} {count}" for letter, count in self.gold_positions.items())
        lines = [
            f"{self.name} {self.split}: {self.questions} questions in {len(self.languages)} languages ({options})",
            f"gold position in the source: {gold}",
            "",
            *self._table(),
        ]
        for kind, title in KINDS.items():
            findings = [finding for finding in self.findings if finding.kind == kind]
            if findings:
                lines += ["", f"{title}: {len(findings)}"]
                lines += [f"  {_line(finding)}" for finding in findings[:_SHOWN]]
                if len(findings) > _SHOWN:
                    lines.append(f"  ... and {len(findings) - _SHOWN} more (--json lists all)")
        return joined(lines)

    def _table(self) -> list[str]:
        counts = self.counts()
        width = max(len(title) for title in KINDS.values())
        columns = [*self.languages, *([""] if any("" in by_language for by_language in counts.values()) else [])]
        rows = [("rows read", self.read)] + [
            (KINDS.get(kind, kind), by_language) for kind, by_language in counts.items()
        ]
        head = " " * width + "".join(f"{column or 'whole':>7}" for column in columns)
        return [head] + [
            f"{title:<{width}}" + "".join(f"{by_language.get(column, 0) or '-':>7}" for column in columns)
            for title, by_language in rows
        ]


def audit(question_set: QuestionSet) -> Audit:
    """Look a question set over: what its reader found, and what its rows show."""
    questions = list(question_set.questions())
    sizes = Counter(len(question[0].options) for question in questions)
    gold = Counter(_gold_place(question[0]) for question in questions)
    findings = [*question_set.findings, *_no_words(question_set)]
    for question in questions:
        findings += [*_gold_disagreement(question), *_identical_options(question), *_untranslated(question)]
    return Audit(
        name=question_set.name,
        split=question_set.split,
        languages=question_set.languages,
        read=dict(question_set.read),
        questions=len(questions),
        options=dict(sorted(sizes.items())),
        gold_positions={ascii_uppercase[place] if place >= 0 else "hidden": gold[place] for place in sorted(gold)},
        findings=findings,
    )


def _no_words(question_set: QuestionSet) -> Iterator[Finding]:
    """Languages whose questions cannot be asked: only a sentence with a gap is shown as it stands."""
    asked_languages = dict.fromkeys(row.language for row in question_set.rows if MASK not in row.stem)
    for tag in asked_languages:
        if tag not in LANGUAGES and tag not in question_set.words:
            message = f"prompts need words of it in the YAML file: calm data languages --draft {tag}"
            yield Finding("no_words", message, tag)


def _gold_place(row: Row) -> int:
    """The gold option's place in the source, -1 where it is hidden."""
    return row.order[row.answer] if row.answer >= 0 else -1


def _gold_disagreement(question: Sequence[Row]) -> Iterator[Finding]:
    answers = {row.language: row.answer for row in question if row.answer >= 0}
    if len(set(answers.values())) > 1:
        letters = ", ".join(f"{ascii_uppercase[answer]} in {language}" for language, answer in answers.items())
        yield Finding("gold_disagrees", f"gold is {letters}", question_id=question[0].question_id)


def _identical_options(question: Sequence[Row]) -> Iterator[Finding]:
    for row in question:
        first_of = twins(row.options)
        doubled = next((place for place in first_of if first_of.count(place) > 1), None)
        if doubled is not None:
            twin_places = [place for place, first in enumerate(first_of) if first == doubled]
            letters = " and ".join(ascii_uppercase[place] for place in twin_places)
            gold = ", one of them gold" if row.answer in twin_places else ""
            message = f"{letters} are both {row.options[doubled]!r}{gold}"
            yield Finding("identical_options", message, row.language, "", row.question_id)


def _untranslated(question: Sequence[Row]) -> Iterator[Finding]:
    english = next((row for row in question if row.language == "en"), None)
    for row in question:
        if row is not english:
            message = _foreign_stem(row, english) or (_foreign_option(row, english) if english else "")
            if message:
                yield Finding("untranslated", message, row.language, "", row.question_id)


def _foreign_stem(row: Row, english: Row | None) -> str:
    if english and len(row.stem.split()) >= _STEM_WORDS and normalise(row.stem) == normalise(english.stem):
        return f"the stem is the English one: {_short(row.stem)}"
    script = _OWN_SCRIPT.get(row.language)
    if script and re.search(r"[^\W\d_]", row.stem) and not _has_script(row.stem, script):
        return f"the stem has no letter of the language: {_short(row.stem)}"
    return ""


def _foreign_option(row: Row, english: Row) -> str:
    """An option that is English still: plain words in another script, or several words in the same one."""
    own_script = row.language in _OWN_SCRIPT
    for place, (option, english_option) in enumerate(zip(row.options, english.options, strict=True)):
        unchanged = _folded(option) == _folded(english_option)
        least_words = 1 if own_script else _OPTION_WORDS
        if unchanged and _PLAIN_WORDS.fullmatch(option) and len(option.split()) >= least_words:
            return f"option {ascii_uppercase[place]} is the English {option!r}"
    return ""


def _has_script(text: str, names: str) -> bool:
    return any(re.match(names, unicodedata.name(char, "")) for char in text)


def _folded(text: str) -> str:
    """Case, width and spacing aside; unlike `normalise` it keeps signs, which options may differ in (`↑`, `Na+`)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _line(finding: Finding) -> str:
    where = " ".join(part for part in (finding.source, finding.question_id, finding.language) if part)
    return f"{where}: {finding.message}"
