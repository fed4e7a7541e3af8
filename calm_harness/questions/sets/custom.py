"""`custom`: any parallel multiple-choice set, whose columns a YAML file names.

    name: global_mmlu                  # of the set; ids start with it
    hub: CohereLabs/Global-MMLU        # a Hub data set (or a local folder of its shape) with a configuration a language
    revision: 7b6e8c1                  # optional: a commit or tag of it, instead of its newest state
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
      rationale: explanation           # optional: why the gold option is right, in the row's language (`_cot` examples)
      aliases: also_right              # optional: text, or list of texts, as right as the gold option's (`_open` tasks)
    answers: letter                    # how a gold answer is named:
                                       #   letter (A, B, ...)           index0, index1 (counted from 0 or 1)
                                       #   text (the option itself)     column (the name of the option's column)
                                       #   label (one of the row's own labels, in the list that columns: labels names)
    words:                             # optional: a language's words in prompts, where the harness has none, or others
      ko: {name: Korean, question: 질문, answer: 정답}     # as `calm_harness.prompts.languages` describes them: context
                                       # for passages; explanation, instruction and placeholders for `_cot`, and answers
                                       # (by which responses are read). calm data languages --draft ko: all of it

Instead of `hub`, `files` names local files, relative to the YAML file: JSONL, JSON, CSV, TSV or Parquet. `{language}`
in it stands for the source's name of a language and `{split}` for the split, as in `data/{language}/{split}.jsonl`; a
single file with all languages needs `columns: {language: ...}` or, where a row has a question in all of them, their
columns: `stem: question_{language}, options: ["a_{language}", "b_{language}"]`. `config`, where the Hub's
configurations are not named like the languages, is such a pattern, too: `config: "mmlu_{language}"`. An empty answer,
or -1, is a hidden one.

Reading comprehension in SQuAD's form, a JSON file a language with the same ids, needs no columns: `format: squad`
stands for `columns` and `answers`, and `options: 4` (2 to 5) says how many are drawn from the answers to a passage
(`calm_harness.questions.sets.squad`). `files` may begin with a folder that a variable of the environment names, as in
`$XQUAD_DIR/xquad.{language}.json`.

A dotted name goes down into a column: `question.stem`, `choices.text`. Where there are fewer options than columns, the
last ones are empty. A list may be written as a text, in JSON, in Python or as numpy prints it, with a letter an option
(`{A: ..., B: ...}`) or a line an option (`A. 6`). JSON is a row a line or a list, whatever its name. Where the gold
options of a language, or the order of options that are the same texts in it, differ from the first language's in more
questions than translations show, the set is refused, with ids or without. CSV is read as it stands (`None` and `NA` are
options like any other), TSV without quotes (`retrieval.formats.tables`). Marks that all options of a file carry,
`(A) 6`, are taken off; `calm data audit` says so, and where only some rows have them.

Worked examples, each in `recipes/questions`: `calm data audit custom --source recipes/questions/belebele.yaml`.

    belebele, global_mmlu    a column an option; index1 and letter; an id of two columns
    mmlu_prox, m_arc         columns that are empty where there are fewer options
    mmmlu                    CSV on the Hub; configurations that are not named like the languages (ES_LA)
    milu                     answers: column (`option2`)
    afrimmlu                 the text of a list
    exams                    answers: label; dotted names; one configuration for all languages
    xquad                    format: squad; passages for an index: calm data passages custom --source ...
"""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from calm_harness.errors import CalmError
from calm_harness.files import read_table
from calm_harness.questions.align import align, check_gold, check_order, doubled_rows
from calm_harness.questions.align.evidence import Item
from calm_harness.questions.assemble import Entry, assemble, by_key, content_ids
from calm_harness.questions.schema import Finding, QuestionSet, Source
from calm_harness.questions.selection import choose, choose_languages
from calm_harness.questions.sets import hub, squad
from calm_harness.questions.sets.own_marks import take_marks_off
from calm_harness.questions.sets.recipe import Recipe, read_recipe
from calm_harness.questions.sets.rows import RawRow, read_entry, text_of, whole_number


class Table(NamedTuple):
    """A language's rows, the file or Hub data set that they are in, and how many it has with those left out."""

    source: str
    rows: Sequence[RawRow]
    read: int | None = None


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
    source_findings: list[Finding] = []
    read_languages = tuple(dict.fromkeys((origin, *languages)))
    tables = _tables(recipe, path, split, read_languages, source_findings)
    keyed_entries = {
        language: _entries(recipe, language, tables[language], source_findings) for language in read_languages
    }
    if recipe.columns.id or recipe.has_all_in_a_row:
        entries = {language: by_key(pairs) for language, pairs in keyed_entries.items()}
    else:
        entries = _aligned(origin, keyed_entries, source_findings)
    _check_parallel(origin, entries)
    if recipe.columns.id:
        ids = {key: f"{recipe.name}-{key}" for language in languages for key in entries[language]}
    else:
        ids = content_ids(recipe.name, entries[origin])
    rows, findings = assemble(ids, entries, languages)
    if not rows:
        raise CalmError(f"{path}: no question is there in all of {', '.join(languages)}; correct columns or languages")
    read_counts = {language: tables[language].read or len(keyed_entries[language]) for language in languages}
    words = {language: row for language, row in recipe.words.items() if language in languages}
    return QuestionSet(recipe.name, split, languages, rows, read_counts, source_findings + findings, words)


def splits(source: Source = None) -> tuple[str, ...]:
    """The splits that a YAML file (`source`) names, its default first.

    Raises:
        CalmError: the YAML file is missing or is not as it has to be.
    """
    return read_recipe(_path(source)).splits


def passages(source: Source = None) -> Iterator[dict[str, str]]:
    """Yield the passages of all splits of a set whose files have some, as rows of a corpus for `retrieval.build`.

    Raises:
        CalmError: its files are tables, or they cannot be read.
    """
    path = _path(source)
    recipe = read_recipe(path)
    if recipe.format != "squad":
        raise CalmError(f"{path} has no passages of its own; name a file with format: squad")
    found = {
        (row["passage_id"], row["language"]): row
        for split in recipe.splits
        for row in squad.passages(squad.read(_files(recipe, path, split)), recipe.name)
    }
    yield from found.values()


def _path(source: Source) -> Path:
    if source is None:
        raise CalmError("custom needs a YAML file that names the columns; give it as source (see recipes/questions)")
    return Path(source).expanduser()


def _tables(
    recipe: Recipe, path: Path, split: str, languages: Sequence[str], findings: list[Finding]
) -> dict[str, Table]:
    """Language -> the name and the rows of what it is in; which options are drawn, all languages of the set decide."""
    if recipe.format is None:
        return {tag: Table(*_load(recipe, path, split, recipe.languages[tag])) for tag in languages}
    files = _files(recipe, path, split)
    parallel = squad.read(files)
    rows, left_out = squad.rows(parallel, recipe.options, recipe.name)
    findings += [*parallel.findings, *left_out]
    if not rows:
        raise CalmError(f"{path}: no question has {recipe.options} options that stand apart; give fewer options")
    return {tag: Table(files[tag].name, rows[tag], parallel.read[tag]) for tag in languages}


def _files(recipe: Recipe, path: Path, split: str) -> dict[str, Path]:
    """Language -> file."""
    return {tag: _file(recipe, path, split, name) for tag, name in recipe.languages.items()}


def _file(recipe: Recipe, path: Path, split: str, language_name: str) -> Path:
    """Return a file's path; a variable of the environment may name the folder.

    Raises:
        CalmError: it is not set.
    """
    name = str(recipe.files).format(language=language_name, split=split)
    variable = re.match(r"\$(\w+)", name)
    if variable is None:
        return path.parent / name
    folder = os.environ.get(variable[1])
    if not folder:
        raise CalmError(
            f"{path}: files begins with {variable[0]}, which is not set; let it name the folder of the files"
        )
    return path.parent / Path(folder).expanduser() / name[variable.end() :].lstrip("/")


def _entries(recipe: Recipe, language: str, table: Table, findings: list[Finding]) -> list[tuple[Hashable, Entry]]:
    """A language's questions with their keys: the id's columns, or the row's number where there are none."""
    language_name = recipe.languages[language]
    columns = recipe.columns.of(language_name)
    entries: list[tuple[Hashable, Entry]] = []
    source = table.source
    for number, row in enumerate(table.rows):
        where = f"{source} row {number}"
        if columns.language is None or text_of(row, columns.language, where) == language_name:
            entries.append((_key(row, columns.id, number, where), read_entry(row, columns, recipe.answers, where)))
    if not entries:
        raise CalmError(f"{source} has no row of language {language_name!r}; correct languages in the YAML file")
    plain_options, found_marks = take_marks_off([entry for _, entry in entries], source, language)
    findings += found_marks
    return [
        (key, replace(entry, options=options)) for (key, entry), options in zip(entries, plain_options, strict=True)
    ]


def _key(row: RawRow, columns: Sequence[str], number: int, where: str) -> Hashable:
    if not columns:
        return number
    parts = [whole_number(text_of(row, name, where)) for name in columns]
    if not any(parts):
        raise CalmError(f"{where}: the id is empty ({', '.join(columns)}); correct the row or take it out")
    return "/".join(parts)


def _load(recipe: Recipe, path: Path, split: str, language_name: str) -> tuple[str, list[dict[str, Any]]]:
    """The name and the rows of the file, or of the Hub's configuration, that a language is in."""
    if recipe.hub is None:
        file = _file(recipe, path, split, language_name)
        return file.name, read_table(file, "correct files in the YAML file")
    folder = path.parent
    config = recipe.config.format(language=language_name, split=split)
    place = folder / recipe.hub if (folder / recipe.hub).is_dir() else recipe.hub
    if recipe.revision is not None and place != recipe.hub:
        raise CalmError(f"{place} is a folder here, of no revision; take revision out of the YAML file")
    remedy = "connect to the network, or correct the YAML file"
    return f"{recipe.hub} {config} {split}", hub.load_rows(place, config, split, remedy, recipe.revision)


def _aligned(
    origin: str, keyed_entries: Mapping[str, Sequence[tuple[Hashable, Entry]]], findings: list[Finding]
) -> dict[str, dict[Hashable, Entry]]:
    """Key questions by their place in the origin's rows, having found them there by content."""
    unique = {language: _without_doubled(language, pairs, findings) for language, pairs in keyed_entries.items()}
    items = {language: [Item(entry.stem, entry.options) for entry in entries] for language, entries in unique.items()}
    aligned: dict[str, dict[Hashable, Entry]] = {origin: dict(enumerate(unique[origin]))}
    for language, entries in unique.items():
        if language != origin:
            names = f"{_file_of(unique[origin])} ({origin})", f"{_file_of(entries)} ({language})"
            matches = align(items[origin], items[language], names)
            findings.append(Finding("aligned", f"with {names[0]} {matches}", language, _file_of(entries)))
            aligned[language] = {left: entries[right] for left, right in matches.items()}
            findings += [
                Finding("unaligned", f"has no counterpart in {origin}; left out", language, entry.where)
                for place, entry in enumerate(entries)
                if place not in matches.values()
            ]
    return aligned


def _check_parallel(origin: str, entries: Mapping[str, Mapping[Hashable, Entry]]) -> None:
    """See that a question has one gold option, and its options in one order, in the origin and any other language.

    Raises:
        CalmError: too many have not.
    """
    for language, others in entries.items():
        pairs = [(first, others[key]) for key, first in entries[origin].items() if key in others]
        if language == origin or not pairs:
            continue
        left, right = ([pair[side] for pair in pairs] for side in (0, 1))
        names = f"{_file_of(left)} ({origin})", f"{_file_of(right)} ({language})"
        check_gold([e.answer for e in left], [e.answer for e in right], {i: i for i in range(len(pairs))}, names)
        check_order([(first.options, other.options) for first, other in pairs], names)


def _file_of(entries: Sequence[Entry]) -> str:
    return entries[0].where.rpartition(" row ")[0]


def _without_doubled(language: str, pairs: Sequence[tuple[Hashable, Entry]], findings: list[Finding]) -> list[Entry]:
    entries = [entry for _, entry in pairs]
    doubled = doubled_rows([Item(entry.stem, entry.options) for entry in entries], [entry.answer for entry in entries])
    findings += [
        Finding("repaired", f"doubles {entries[first].where}; dropped", language, entries[place].where)
        for place, first in doubled.items()
    ]
    return [entry for place, entry in enumerate(entries) if place not in doubled]
