"""Tables that have a question in all its languages in one row."""

import csv
import random

import pytest
import yaml

from calm_harness.errors import CalmError
from calm_harness.questions import load

HEADER = ["nr", "question_en", "question_pt-BR", "a_en", "b_en", "a_pt-BR", "b_pt-BR", "right"]
ROWS = [
    ["1", "What is red?", "O que é vermelho?", "blood", "snow", "sangue", "neve", "A"],
    ["2", "What is hot?", "O que é quente?", "ice", "fire", "gelo", "fogo", "B"],
    ["3", "What can fly?", "O que sabe voar?", "a stone", "an owl", "uma pedra", "uma coruja", "B"],
]
COLUMNS = {"stem": "question_{language}", "options": ["a_{language}", "b_{language}"], "answer": "right"}


def write(folder, rows=ROWS, delimiter=",", columns=None, **changes):
    folder.mkdir(exist_ok=True)
    with (folder / "wide.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=delimiter).writerows([HEADER, *rows])
    recipe = {"name": "wide", "files": "wide.csv", "languages": {"en": "en", "pt": "pt-BR"}, "splits": ["test"]}
    recipe |= {"columns": COLUMNS if columns is None else columns, "answers": "letter", **changes}
    (folder / "wide.yaml").write_text(yaml.safe_dump(recipe), "utf-8")
    return folder / "wide.yaml"


def asked(recipe):
    return {
        (row.question_id, row.language): (row.stem, row.options, row.answer)
        for row in load("custom", source=recipe).rows
    }


@pytest.mark.parametrize("columns", [COLUMNS, {**COLUMNS, "id": "nr"}], ids=["without ids", "with ids"])
def test_a_row_is_one_question_whatever_its_texts_are_like(tmp_path, columns):
    """Nothing is guessed: what stands in a row belongs together, and the order of rows decides no id."""
    found = asked(write(tmp_path / "one", columns=columns))
    by_id = {}
    for (question_id, language), cell in found.items():
        by_id.setdefault(question_id, {})[language] = cell
    assert sorted((cells["en"], cells["pt"]) for cells in by_id.values()) == [
        (("What can fly?", ("a stone", "an owl"), 1), ("O que sabe voar?", ("uma pedra", "uma coruja"), 1)),
        (("What is hot?", ("ice", "fire"), 1), ("O que é quente?", ("gelo", "fogo"), 1)),
        (("What is red?", ("blood", "snow"), 0), ("O que é vermelho?", ("sangue", "neve"), 0)),
    ]
    shuffled = random.Random(0).sample(ROWS, len(ROWS))
    assert shuffled != ROWS
    assert asked(write(tmp_path / "two", shuffled, columns=columns)) == found


def test_a_row_that_stands_twice_is_asked_once_and_said(tmp_path):
    questions = load("custom", source=write(tmp_path, [*ROWS, ROWS[0]]))
    assert len(questions.rows) == 6
    assert ["is the same question as" in finding.message for finding in questions.findings] == [True]


def test_files_of_one_language_may_name_their_columns_by_it(tmp_path):
    """Their rows are no pairs, in whatever order they stand: without ids they are paired by content."""
    for tag, turned in (("en", ROWS), ("pt-BR", ROWS[::-1])):
        (tmp_path / tag).mkdir()
        write(tmp_path / tag, turned)
    recipe = write(tmp_path, files="{language}/wide.csv", columns={**COLUMNS, "id": "nr"})
    assert asked(recipe) == asked(write(tmp_path / "one", columns={**COLUMNS, "id": "nr"}))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({**COLUMNS, "stem": "question_en"}, "or the name of the stem's column {language}; else all languages"),
        ({**COLUMNS, "language": "nr"}, "a row is of one language, or of all; keep one"),
        (
            {**COLUMNS, "stem": "frage_{language}"},
            "wide.csv row 0: there is no column 'frage_en' (there are: nr, question_en",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, columns, message):
    with pytest.raises(CalmError) as error:
        load("custom", source=write(tmp_path, columns=columns))
    assert message in str(error.value)


def test_a_cell_that_is_empty_is_named(tmp_path):
    rows = [ROWS[0], [*ROWS[1][:2], "", *ROWS[1][3:]]]
    with pytest.raises(CalmError, match=r"wide.csv row 1: the stem or passage is empty"):
        load("custom", source=write(tmp_path, rows))


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_cells_that_are_parted_by_something_else_are_said(tmp_path, delimiter):
    """As spreadsheets write CSV in many countries."""
    with pytest.raises(CalmError) as error:
        load("custom", source=write(tmp_path, delimiter=delimiter))
    assert f"its cells are parted by {delimiter!r}: save it with commas" in str(error.value)
