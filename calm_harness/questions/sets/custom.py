"""`custom`: any parallel multiple-choice set, whose columns a YAML file names.

    name: global_mmlu                  # of the set; ids start with it
    hub: CohereLabs/Global-MMLU        # a Hub data set (or a local folder of its shape) with a configuration a language
    languages: {en: en, zh: zh}        # BCP 47 tag: the source's own name, in the order that the set is to have
    splits: [test, dev]                # the first is the default
    columns:
      id: sample_id                    # or a list of columns: the same in all languages, and in one split only;
                                       # without it, rows are aligned by content
      stem: question
      passage: flores_passage          # optional: a text that stands before the stem
      options: [option_a, option_b, option_c, option_d]   # or one column that holds a list
      answer: answer
      gold_passages: passage_id        # optional: id, or list of ids, of what answers the question (`oracle`)
    answers: letter                    # letter (A, B, ...), index0 or index1 (counted from 0 or 1), or text

Instead of `hub`, `files` names local files, relative to the YAML file: JSONL, JSON, CSV, TSV or Parquet. `{language}`
in it stands for the source's name of a language and `{split}` for the split, as in `data/{language}/{split}.jsonl`; a
single file with all languages needs `columns: {language: ...}`. `config`, where the Hub's configurations are not named
like the languages, is such a pattern, too: `config: "mmlu_{language}"`. An empty answer, or -1, is a hidden one.

Worked examples for Global-MMLU and Belebele: `calm data audit custom --source recipes/questions/belebele.yaml`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import read_table
from calm_harness.questions.align import align, doubled_rows
from calm_harness.questions.assemble import Entry, assemble, by_key, content_id
from calm_harness.questions.evidence import Item
from calm_harness.questions.schema import Finding, QuestionSet, Source, normalise
from calm_harness.questions.selection import choose, choose_languages
from calm_harness.questions.sets import hub
from calm_harness.questions.sets.recipe import Answers, Columns, Recipe, read_recipe

RawRow = Mapping[str, Any]


def read(split: str | None = None, languages: Sequence[str] | None = None, source: Source = None) -> QuestionSet:
    """Read the set that a YAML file (`source`) describes.

    Raises:
        CalmError: the YAML file or a row of the source is not as it has to be; the message names it.
    """
    path = _path(source)
    recipe = read_recipe(path)
    split = choose(f"split of {recipe.name}", split or recipe.splits[0], recipe.splits)
    languages = choose_languages(recipe.name, languages, tuple(recipe.languages))
    origin = next(iter(recipe.languages))
    keyed_entries = {
        language: _entries(recipe, path.parent, split, language) for language in dict.fromkeys((origin, *languages))
    }
    unmatched: list[Finding] = []
    if recipe.columns.id:
        entries = {language: by_key(pairs) for language, pairs in keyed_entries.items()}
        ids = {key: f"{recipe.name}-{key}" for language in languages for key in entries[language]}
    else:
        entries = _aligned(origin, keyed_entries, unmatched)
        ids = {key: content_id(recipe.name, entry.stem, entry.options) for key, entry in entries[origin].items()}
    rows, findings = assemble(ids, entries, languages)
    if not rows:
        raise CalmError(f"{path}: no question is there in all of {', '.join(languages)}; correct columns or languages")
    read_counts = {language: len(keyed_entries[language]) for language in languages}
    return QuestionSet(recipe.name, split, languages, rows, read_counts, unmatched + findings)


def splits(source: Source = None) -> tuple[str, ...]:
    """The splits that a YAML file (`source`) names, its default first.

    Raises:
        CalmError: the YAML file is missing or is not as it has to be.
    """
    return read_recipe(_path(source)).splits


def _path(source: Source) -> Path:
    if source is None:
        raise CalmError("custom needs a YAML file that names the columns; give it as source (see recipes/questions)")
    return Path(source).expanduser()


def _entries(recipe: Recipe, folder: Path, split: str, language: str) -> list[tuple[Hashable, Entry]]:
    """A language's questions with their keys: the id's columns, or the row's number where there are none."""
    language_name, columns = recipe.languages[language], recipe.columns
    source, rows = _load(recipe, folder, split, language_name)
    entries: list[tuple[Hashable, Entry]] = []
    for number, row in enumerate(rows):
        where = f"{source} row {number}"
        if columns.language is None or str(_value(row, columns.language, where)) == language_name:
            key = "/".join(str(_value(row, name, where)) for name in columns.id) if columns.id else number
            entries.append((key, _entry(row, columns, recipe.answers, where)))
    if not entries:
        raise CalmError(f"{source} has no row of language {language_name!r}; correct languages in the YAML file")
    return entries


def _load(recipe: Recipe, folder: Path, split: str, language_name: str) -> tuple[str, list[dict[str, Any]]]:
    """The name and the rows of the file, or of the Hub's configuration, that a language is in."""
    if recipe.hub is None:
        path = folder / str(recipe.files).format(language=language_name, split=split)
        return path.name, read_table(path, "correct files in the YAML file")
    config = recipe.config.format(language=language_name, split=split)
    place = folder / recipe.hub if (folder / recipe.hub).is_dir() else recipe.hub
    remedy = "connect to the network, or correct the YAML file"
    return f"{recipe.hub} {config} {split}", hub.load_rows(place, config, split, remedy)


def _entry(row: RawRow, columns: Columns, answers: Answers, where: str) -> Entry:
    texts = [str(_value(row, name, where) or "").strip() for name in (columns.passage, columns.stem) if name]
    if not all(texts):
        raise CalmError(f"{where}: the stem or passage is empty; correct the row or take it out")
    options = _options(row, columns.options, where)
    answer = _answer(_value(row, columns.answer, where), options, answers, where)
    return Entry("\n".join(texts), options, answer, where, gold_passages=_gold_passages(row, columns, where))


def _gold_passages(row: RawRow, columns: Columns, where: str) -> tuple[str, ...]:
    if columns.gold_passages is None:
        return ()
    value = _value(row, columns.gold_passages, where)
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value not in (None, "") else ()


def _options(row: RawRow, columns: str | Sequence[str], where: str) -> tuple[str, ...]:
    if isinstance(columns, str):
        values = _value(row, columns, where)
        if not isinstance(values, Sequence) or isinstance(values, str):
            raise CalmError(f"{where}: {columns} is not a list of options; name a column for each option")
    else:
        values = [_value(row, name, where) for name in columns]
    options = tuple("" if value is None else str(value).strip() for value in values)
    if len(options) < 2 or not all(options):
        raise CalmError(f"{where}: an option is missing or empty {options}; correct the row or take it out")
    return options


def _answer(value: object, options: Sequence[str], kind: Answers, where: str) -> int:
    """The gold option's index, -1 where it is hidden."""
    text = "" if value is None else str(value).strip()
    if text in ("", "-1"):
        return -1
    names = {
        "letter": list(ascii_uppercase[: len(options)]),
        "index0": [str(number) for number in range(len(options))],
        "index1": [str(number + 1) for number in range(len(options))],
        "text": [normalise(option) for option in options],
    }[kind]
    name = {"letter": text.upper(), "text": normalise(text)}.get(kind, text)
    if names.count(name) != 1:
        raise CalmError(
            f"{where}: gold answer {text!r} names none, or more than one, of the {len(options)} options (answers: "
            f"{kind}); correct the row or the YAML file"
        )
    return names.index(name)


def _value(row: RawRow, column: str, where: str) -> Any:
    if column not in row:
        raise CalmError(f"{where}: there is no column {column!r} (there are: {', '.join(map(str, row))})")
    return row[column]


def _aligned(
    origin: str, keyed_entries: Mapping[str, Sequence[tuple[Hashable, Entry]]], findings: list[Finding]
) -> dict[str, dict[Hashable, Entry]]:
    """Key questions by their place in the origin's rows, having found them there by content."""
    unique = {language: _without_doubled(language, pairs, findings) for language, pairs in keyed_entries.items()}
    items = {language: [Item(entry.stem, entry.options) for entry in entries] for language, entries in unique.items()}
    aligned: dict[str, dict[Hashable, Entry]] = {origin: dict(enumerate(unique[origin]))}
    for language, entries in unique.items():
        if language != origin:
            matches = align(items[origin], items[language])
            aligned[language] = {left: entries[right] for left, right in matches.items()}
            findings += [
                Finding("unaligned", f"has no counterpart in {origin}; left out", language, entry.where)
                for place, entry in enumerate(entries)
                if place not in matches.values()
            ]
    return aligned


def _without_doubled(language: str, pairs: Sequence[tuple[Hashable, Entry]], findings: list[Finding]) -> list[Entry]:
    entries = [entry for _, entry in pairs]
    doubled = doubled_rows([Item(entry.stem, entry.options) for entry in entries])
    findings += [
        Finding("repaired", f"doubles {entries[first].where}; dropped", language, entries[place].where)
        for place, first in doubled.items()
    ]
    return [entry for place, entry in enumerate(entries) if place not in doubled]
