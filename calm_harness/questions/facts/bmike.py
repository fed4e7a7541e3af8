"""BMIKE-53 (https://arxiv.org/abs/2406.17764): edits in 53 languages, in a user's own copy.

As https://github.com/ercong21/MultiKnow has them: a folder a set (`CounterFact`, `WikiFactDiff`, `zsRE`) with a file a
language, `counterfact_test_de.json`: a list of rows, each with an entry `en` and one of the file's language, which have
`case_id`, `src` (the question), `old`, `alt` (the new answer), `port` and `port_ans` (a question that takes the new
answer a step further). Rows are joined by their English content, whatever their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from calm_harness.errors import CalmError
from calm_harness.files import read_json_rows
from calm_harness.prompts.languages import LANGUAGES
from calm_harness.questions.facts.copies import folder_of, text
from calm_harness.questions.facts.fact import NEW, Fact, FactSet, Question, others, question
from calm_harness.questions.schema import Source, normalise
from calm_harness.questions.selection import choose_languages

REMEDY = "clone https://github.com/ercong21/MultiKnow and name one folder of data/BMIKE53, as CounterFact"
FILE = re.compile(r"(?P<set>[^_]+)_test_(?P<tag>[A-Za-z-]+)\.json$")
ENGLISH = "en"


class _Entry(NamedTuple):
    """A row in one language."""

    stem: str
    old: str
    new: str
    hop: str
    hop_answer: str

    @property
    def whole(self) -> bool:
        return all((self.stem, self.old, self.new)) and self.old.casefold() != self.new.casefold()

    @property
    def is_further(self) -> bool:
        """Tell whether there is a question that asks for something else than the new answer."""
        return bool(self.hop and self.hop_answer) and normalise(self.hop_answer) != normalise(self.new)


Key = tuple[str, str, str]  # case_id, and the English question and new answer
Entries = Mapping[Key, _Entry]


def read(split: str | None, languages: Sequence[str] | None, source: Source, seed: int) -> FactSet:
    """Read one set of a copy: of its languages those for which there are words, or those that are asked for.

    What is stated is the question with the new answer. Options are the old answer, the new one, and old answers of
    three other facts; a two-hop question's (`port`) are its own answer, and those of three others. One whose answer is
    the new one itself takes no second step, and is left out.

    Raises:
        CalmError: files are missing or damaged, or of several sets.
    """
    if split is not None:
        raise CalmError(f"bmike is read as its files test it; leave {split!r} out")
    folder = folder_of(source, "bmike", REMEDY)
    name, files = _files(folder)
    known = [tag for tag in sorted({ENGLISH, *files}) if tag in LANGUAGES]
    tags = choose_languages(f"bmike@{folder}", languages, sorted({ENGLISH, *files}) if languages else known)
    read_files = {tag: _read(path, tag) for tag, path in files.items() if tag in tags}
    if ENGLISH in tags and ENGLISH not in read_files:
        first = next(iter(files.values()))
        read_files[ENGLISH] = _read(first, ENGLISH)
    entries = {tag: read_files[tag] for tag in tags}
    keys = [key for key in entries[tags[0]] if all(key in each and each[key].whole for each in entries.values())]
    every = len({key for each in entries.values() for key in each})
    further = sum(all(each[key].is_further for each in entries.values()) for key in keys)
    facts = tuple(_fact(f"bmike-{name}", number, keys, entries, seed) for number in range(len(keys)))
    notes = {
        f"{every - len(keys)} of {every} facts are not whole in all these languages; left out": every > len(keys),
        f"{len(keys) - further} of {len(keys)} two-hop questions are missing, or answered by the new answer itself; "
        "left out": len(keys) > further,
    }
    return FactSet(f"bmike {name}", tags, facts, "pmi", tuple(note for note, holds in notes.items() if holds))


def _files(folder: Path) -> tuple[str, dict[str, Path]]:
    """Name the set that lies in a folder, and find its files: tag -> file."""
    matches = [(FILE.match(path.name), path) for path in sorted(folder.glob("*.json"))]
    found = {(match["set"], match["tag"]): path for match, path in matches if match}
    names = sorted({name for name, _ in found})
    if len(names) != 1:
        there = f"files of {', '.join(names)}" if names else "no files such as counterfact_test_de.json"
        raise CalmError(f"{folder} has {there}; {REMEDY}")
    return names[0], {tag: path for (_, tag), path in found.items()}


def _read(path: Path, tag: str) -> dict[Key, _Entry]:
    """Read a file's entries in one language; of equal rows the first."""
    found: dict[Key, _Entry] = {}
    for number, row in enumerate(read_json_rows(path, REMEDY)):
        where = f"{path} row {number}"
        english, own = (_part(row, each, where) for each in (ENGLISH, tag))
        key = (str(english.get("case_id")), text(english, "src", where), text(english, "alt", where))
        fields = ("src", "old", "alt", "port", "port_ans")
        found.setdefault(key, _Entry(*(text(own, field, where) for field in fields)))
    return found


def _part(row: Mapping[str, Any], tag: str, where: str) -> Mapping[str, Any]:
    part = row.get(tag)
    if not isinstance(part, dict):
        raise CalmError(f"{where} has no entry {tag!r}; get the file anew")
    return part


def _fact(name: str, number: int, keys: Sequence[Key], entries: Mapping[str, Entries], seed: int) -> Fact:
    key = keys[number]
    own = {tag: each[key] for tag, each in entries.items()}
    drawn = others(
        f"{seed}/{key}/others",
        len(keys),
        lambda at: [each[keys[at]].old for each in entries.values()],
        [[entry.old, entry.new] for entry in own.values()],
    )
    asked = {
        tag: question(tag, entry.stem, [entry.old, entry.new, *(entries[tag][keys[at]].old for at in drawn)])
        for tag, entry in own.items()
    }
    statements = {tag: f"{each.prompt}{each.options[NEW]}" for tag, each in asked.items()}
    return Fact(f"{name}-{key[0]}-{number}", statements, asked, _hops(number, keys, entries, seed))


def _hops(
    number: int, keys: Sequence[Key], entries: Mapping[str, Entries], seed: int
) -> dict[str, tuple[Question, ...]]:
    """Render the question that takes the new answer further, where it does in all languages."""
    own = {tag: each[keys[number]] for tag, each in entries.items()}
    if not all(entry.is_further for entry in own.values()):
        return {}
    drawn = others(
        f"{seed}/{keys[number]}/hop",
        len(keys),
        lambda at: [each[keys[at]].hop_answer for each in entries.values()],
        [[entry.hop_answer] for entry in own.values()],
    )
    if not drawn:
        return {}
    return {
        tag: (question(tag, entry.hop, [entry.hop_answer, *(entries[tag][keys[at]].hop_answer for at in drawn)]),)
        for tag, entry in own.items()
    }
