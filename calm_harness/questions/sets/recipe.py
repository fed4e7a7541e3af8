"""What a YAML file says of a `custom` set; `calm_harness.questions.sets.custom` describes it for users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from string import Formatter
from typing import Any, Literal, get_args

from calm_harness.errors import CalmError
from calm_harness.files import read_yaml
from calm_harness.prompts.languages import Language, brought
from calm_harness.questions.selection import check_tags, choose

Answers = Literal["letter", "index0", "index1", "text", "column", "label"]
"""How a source names the gold option."""
Format = Literal["squad"]
"""Of files that are no tables: reading comprehension in SQuAD's form (`calm_harness.questions.sets.squad`)."""
OPTIONS = (2, 5)  # the fewest and the most that a question of such files may be asked with
_OF_SQUAD = {  # what stands where in the rows that are made of SQuAD's form
    "columns": {
        "id": "id",
        "stem": "question",
        "options": "options",
        "answer": "answer",
        "gold_passages": "passage",
    },
    "answers": "index0",
}
PLACE = "{language}"
_SEE = "see recipes/questions"


@dataclass(frozen=True)
class Columns:
    """Names of a source's columns; `question.stem` is what stands as `stem` within column `question`.

    In a table that has all languages of a question in one row, `{language}` stands for the source's name of a language.

    Attributes:
        stem: the question.
        options: a column that holds a list (or the text of one), or a column an option.
        answer: the gold option; how it is named, `Recipe.answers` says.
        id: columns that are together the same for a question in all languages; none: rows are aligned by content.
        passage: a text that stands before the stem.
        language: in a file with all languages.
        gold_passages: id, or list of ids, of the passages that answer the question, for the `_rag` tasks' `oracle`.
        aliases: other texts that are as right as the gold option's, for answers to the `_open` tasks: one, or a list.
        labels: a column that holds a list of the options' labels, by one of which `answer` names the gold option.
        rationale: why the gold option is right, in the row's language, for the `_cot` tasks' few-shot examples.
    """

    stem: str
    options: str | tuple[str, ...]
    answer: str
    id: tuple[str, ...] = ()
    passage: str | None = None
    language: str | None = None
    gold_passages: str | None = None
    rationale: str | None = None
    aliases: str | None = None
    labels: str | None = None

    def of(self, language_name: str) -> Columns:
        """Return the columns of one language."""

        def named(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(map(named, value))
            return value.replace(PLACE, language_name) if isinstance(value, str) else value

        return Columns(**{part.name: named(getattr(self, part.name)) for part in fields(self)})


@dataclass(frozen=True)
class Recipe:
    """A set's description.

    Attributes:
        name: the set's name; ids start with it.
        languages: BCP 47 tag -> the source's own name, in the set's order.
        splits: the default first.
        columns: where things stand in a row.
        answers: `letter`, `index0`, `index1`, `text`, `column` or `label`.
        hub: a Hub data set, or a local folder of its shape.
        revision: commit or tag of the Hub data set; its newest otherwise.
        config: pattern of the Hub's configuration names.
        files: pattern of local files, relative to the YAML file, or to the folder that a variable of the environment
            names (`$XQUAD_DIR/...`).
        format: of the files, where they are no tables.
        options: how many a question of such files has.
        words: BCP 47 tag -> the words of prompts in that language.
    """

    name: str
    languages: dict[str, str]
    splits: tuple[str, ...]
    columns: Columns
    answers: Answers
    hub: str | None = None
    revision: str | None = None
    config: str = "{language}"
    files: str | None = None
    format: Format | None = None
    options: int = 4
    words: dict[str, Language] = field(default_factory=dict)

    @property
    def has_all_in_a_row(self) -> bool:
        """Whether a row is a question in all languages: every language reads the same rows, in columns of its own."""
        return PLACE in self.columns.stem and PLACE not in (self.config if self.files is None else self.files)


def read_recipe(path: Path) -> Recipe:
    """Read and check a YAML file.

    Raises:
        CalmError: it is no YAML, a key is missing or unknown, or a value is of the wrong kind.
    """
    content = read_yaml(path, f"give the path of a YAML file that names the columns ({_SEE})")
    values = _checked(f"{path}", _of_format(path, content), Recipe)
    columns = _checked(f"{path}: columns", values["columns"], Columns)
    for name in ("name", "hub", "revision", "config", "files", "answers"):
        if not _is_name(values.get(name, name)):
            raise CalmError(f"{path}: {name} has to be one text; {_SEE}")
    values |= {name: str(values[name]) for name in ("name", "hub", "config", "files") if name in values}
    for name in ("stem", "answer", "passage", "language", "gold_passages", "rationale", "aliases", "labels"):
        if not isinstance(columns.get(name, ""), str):
            raise CalmError(f"{path}: columns: {name} has to be the name of one column; {_SEE}")
    values |= {"splits": _names(path, "splits", values["splits"])}
    if not values["splits"]:
        raise CalmError(f"{path}: splits is empty; name at least one split ({_SEE})")
    columns |= {"id": _names(path, "id", columns.get("id", []))}
    options = _names(path, "options", columns["options"])
    columns |= {"options": options if isinstance(columns["options"], list) else options[0]}
    choose(f"kind of answers (in {path})", str(values["answers"]), get_args(Answers))
    if ("hub" in values) == ("files" in values):
        raise CalmError(f"{path}: either hub or files has to say where the rows are; {_SEE}")
    _check_pattern(path, values)
    _check_fit(path, values, columns)
    values |= {
        "languages": _languages(path, values["languages"]),
        "columns": Columns(**columns),
    }
    values |= {"words": _words(path, values.get("words", {}), values["languages"])}
    return Recipe(**values)


def _of_format(path: Path, content: object) -> object:
    """Say where things stand in the rows of a format that is no table.

    Raises:
        CalmError: there is no such format, or it is given what only tables or only it can be.
    """
    if not isinstance(content, Mapping) or not {"format", "options"} & content.keys():
        return content
    if "format" not in content:
        raise CalmError(f"{path}: options is for format: squad, whose options are drawn; name them in columns")
    choose(f"format (in {path})", str(content["format"]), get_args(Format))
    for name in ("columns", "answers", "hub"):
        if name in content:
            raise CalmError(f"{path}: {name} is for tables; format: {content['format']} needs files alone; take it out")
    size, (fewest, most) = content.get("options", Recipe.options), OPTIONS
    if not isinstance(size, int) or isinstance(size, bool) or not fewest <= size <= most:
        raise CalmError(f"{path}: options has to be a whole number from {fewest} to {most}; {_SEE}")
    return {**content, **_OF_SQUAD}


def _checked(where: str, content: object, kind: type[Recipe] | type[Columns]) -> dict[str, Any]:
    """A YAML mapping whose keys have to be a dataclass's fields."""
    if not isinstance(content, Mapping):
        raise CalmError(f"{where}: names and values are wanted; {_SEE}")
    for key in content:
        choose(f"key (in {where})", str(key), [part.name for part in fields(kind)])
    for part in fields(kind):
        if part.name not in content and part.default is MISSING and part.default_factory is MISSING:
            raise CalmError(f"{where}: {part.name} is missing; {_SEE}")
    return dict(content)


def _check_pattern(path: Path, values: Mapping[str, Any]) -> None:
    """Refuse patterns that would give the same rows for all languages, or for all splits."""
    key = "files" if "files" in values else "config"
    pattern = str(values.get(key, "{language}"))
    try:
        places = [place[1:] for place in Formatter().parse(pattern) if place[1] is not None]
        if any(how or conversion for _, how, conversion in places):
            raise ValueError("a place-holder has nothing beside its name")
        names = {str(name) for name, *_ in places}
    except ValueError as error:
        raise CalmError(f"{path}: {key}: {pattern!r} is no pattern ({error}); {_SEE}") from None
    for name in names:
        choose(f"place-holder (in {path}: {key})", name, ("language", "split"))
    by_row, by_column = bool(values["columns"].get("language")), PLACE in str(values["columns"]["stem"])
    if "language" not in names and not (by_row or by_column):
        raise CalmError(
            f"{path}: {key} needs {PLACE}, or columns a language, or the name of the stem's column {PLACE}; else all "
            "languages are the same rows"
        )
    if "language" not in names and by_row and by_column:
        raise CalmError(
            f"{path}: columns has a language, and stem {PLACE}: a row is of one language, or of all; keep one"
        )
    if key == "files" and "split" not in names and len(values["splits"]) > 1:
        raise CalmError(f"{path}: files needs {{split}}, since there are several splits; else all are the same rows")


def _check_fit(path: Path, values: Mapping[str, Any], columns: Mapping[str, Any]) -> None:
    """Refuse keys that go with others which are not there."""
    if values["answers"] == "column" and isinstance(columns["options"], str):
        raise CalmError(f"{path}: answers: column needs options as a list of columns; {_SEE}")
    if (values["answers"] == "label") != ("labels" in columns) or (
        "labels" in columns and not isinstance(columns["options"], str)
    ):
        raise CalmError(f"{path}: answers: label, columns: labels and options in one column go together; {_SEE}")
    if "revision" in values and ("hub" not in values or not isinstance(values["revision"], str)):
        raise CalmError(f"{path}: revision is a commit or tag of hub, in quotes where it is a number; {_SEE}")


def _languages(path: Path, value: object) -> dict[str, str]:
    pairs = [(tag, tag) for tag in value] if isinstance(value, list) else []
    pairs = list(value.items()) if isinstance(value, Mapping) else pairs
    if not pairs or not all(isinstance(text, str) and text.strip() for pair in pairs for text in pair):
        raise CalmError(f"{path}: languages has to map tags to the source's names, as in {{en: eng_Latn}} (quote 'no')")
    check_tags(f"{path}: languages", [tag for tag, _ in pairs])
    return dict(pairs)


def _words(path: Path, value: object, languages: Mapping[str, str]) -> dict[str, Language]:
    if not isinstance(value, Mapping):
        raise CalmError(f"{path}: words has to map tags to the words of prompts, as in {{ko: {{question: 질문, ...}}}}")
    return {
        choose(f"language (in {path}: words)", str(tag), languages): brought(str(tag), row, str(path))
        for tag, row in value.items()
    }


def _names(path: Path, key: str, value: object) -> tuple[str, ...]:
    """Read a name, or a list of names; a number, as YAML reads `2024`, is one."""
    names = value if isinstance(value, list) else [value]
    if not all(map(_is_name, names)):
        raise CalmError(f"{path}: {key} has to be a name, or a list of names (quote 'no'); {_SEE}")
    return tuple(map(str, names))


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""
