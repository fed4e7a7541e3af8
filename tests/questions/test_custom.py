"""Sets that a YAML file describes, on local files of the shapes that people have."""

import csv
import json
import shutil
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import yaml

from calm_harness.errors import CalmError
from calm_harness.questions import few_shot_pool, load
from calm_harness.questions.sets import custom

ROOT = Path(__file__).parents[2]
TEXTS = {
    "en": [("What is 2 + 2?", ["three", "four", "five"]), ("What do bees make?", ["honey", "silk", "milk"])],
    "fr": [
        ("Combien font 2 + 2 ?", ["trois", "quatre", "cinq"]),
        ("Que font les abeilles ?", ["miel", "soie", "lait"]),
    ],
}
GOLD = [1, 0]
RECIPE = {
    "name": "toy",
    "files": "{language}.jsonl",
    "languages": {"en": "en", "fr": "fr"},
    "splits": ["test"],
    "columns": {"id": "id", "stem": "stem", "options": "options", "answer": "answer"},
    "answers": "letter",
}


def rows_of(language: str) -> list[dict]:
    return [
        {"id": f"q{number}", "stem": stem, "options": options, "answer": "ABC"[GOLD[number]]}
        for number, (stem, options) in enumerate(TEXTS[language])
    ]


def write_jsonl(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def write_recipe(folder: Path, **changes: object) -> Path:
    path = folder / "toy.yaml"
    path.write_text(yaml.safe_dump(RECIPE | changes, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    for language in TEXTS:
        write_jsonl(tmp_path / f"{language}.jsonl", rows_of(language))
    return write_recipe(tmp_path)


def check(path: Path) -> None:
    questions = custom.read(source=path)
    assert questions.languages == ("en", "fr")
    assert [row.stem for row in questions.rows] == [TEXTS[lang][n][0] for n in (0, 1) for lang in ("en", "fr")]
    assert [list(row.options) for row in questions.rows] == [TEXTS[lang][n][1] for n in (0, 1) for lang in ("en", "fr")]
    assert [row.answer for row in questions.rows] == [1, 1, 0, 0]


def test_jsonl_with_a_list_of_options_and_a_letter(toy):
    check(toy)
    questions = load("custom", source=toy, languages=["fr"])
    assert (questions.name, questions.split) == ("toy", "test")
    assert [row.question_id for row in questions.rows] == ["toy-q0", "toy-q1"]


def test_ids_join_files_in_different_orders(toy):
    write_jsonl(toy.parent / "fr.jsonl", rows_of("fr")[::-1])
    check(toy)


def test_one_csv_file_with_a_language_column(tmp_path):
    with open(tmp_path / "all.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["lang", "number", "question", "a", "b", "c", "gold"])
        for lang, own_name in (("fr", "French"), ("en", "English")):
            for number, (stem, options) in enumerate(TEXTS[lang]):
                table.writerow([own_name, number, stem, *options, GOLD[number]])
    columns = {"id": "number", "stem": "question", "options": ["a", "b", "c"], "answer": "gold", "language": "lang"}
    languages = {"en": "English", "fr": "French"}
    check(write_recipe(tmp_path, files="all.csv", languages=languages, columns=columns, answers="index0"))


def test_parquet_with_the_answer_as_text(tmp_path):
    for lang in TEXTS:
        rows = [row | {"answer": row["options"][GOLD[number]]} for number, row in enumerate(rows_of(lang))]
        (tmp_path / lang).mkdir()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / lang / "test.parquet")
    check(write_recipe(tmp_path, files="{language}/{split}.parquet", answers="text"))


def test_hidden_answers_are_minus_one(toy):
    for lang in TEXTS:
        write_jsonl(toy.parent / f"{lang}.jsonl", [row | {"answer": ""} for row in rows_of(lang)])
    assert {row.answer for row in custom.read(source=toy).rows} == {-1}


def test_few_shot_examples_come_from_train_where_the_yaml_names_it(toy):
    with pytest.raises(CalmError, match="name a train, dev or validation split in its YAML file"):
        few_shot_pool("custom", split="test", source=toy)
    for split in ("test", "train"):
        for lang in TEXTS:
            write_jsonl(toy.parent / split / f"{lang}.jsonl", rows_of(lang))
    path = write_recipe(toy.parent, files="{split}/{language}.jsonl", splits=["test", "train"])
    assert few_shot_pool("custom", split="test", source=path).split == "train"


def test_rows_without_ids_are_aligned_by_content(calm_release, tmp_path):
    """Real MEDQA questions as rows without ids, a row taken out of the French file and another one doubled."""
    medqa = load("medqa", split="test_en", source=calm_release, languages=["en", "fr"])
    for lang in ("en", "fr"):
        rows = [
            {"stem": row.stem, "options": list(row.options), "answer": row.answer}
            for row in medqa.rows[:600]
            if row.language == lang
        ]
        if lang == "fr":
            rows.insert(200, rows[200])
            del rows[100]
        write_jsonl(tmp_path / f"{lang}.jsonl", rows)
    path = write_recipe(tmp_path, columns={"stem": "stem", "options": "options", "answer": "answer"}, answers="index0")
    questions = custom.read(source=path)
    assert questions.read == {"en": 300, "fr": 300}
    assert [(row.stem, row.options, row.answer) for row in questions.rows] == [
        (row.stem, row.options, row.answer) for number, row in enumerate(medqa.rows[:600]) if number // 2 != 100
    ]
    assert [(finding.kind, finding.source) for finding in questions.findings] == [
        ("repaired", "fr.jsonl row 200"),
        ("aligned", "fr.jsonl"),
        ("unaligned", "en.jsonl row 100"),
    ]
    assert [row.question_id.removeprefix("toy-") for row in questions.rows[:50]] == [
        row.question_id.removeprefix("medqa-") for row in medqa.rows[:50]
    ]


def as_hub(folder: Path, split: str, rows: dict[str, list[dict]]) -> None:
    """Lay a folder out like a Hub data set, a configuration a language."""
    lines = ["---", "configs:"]
    for config, found in rows.items():
        write_jsonl(folder / "data" / f"{config}.jsonl", found)
        lines += [f"- config_name: {config}", "  data_files:", f"  - split: {split}", f"    path: data/{config}.jsonl"]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]), encoding="utf-8")


def with_local_hub(recipe: Path, folder: Path, hub: str) -> Path:
    """The recipe as it stands, but for the place of the data: a copy of the Hub's layout beside the YAML file."""
    text = recipe.read_text(encoding="utf-8")
    assert f"hub: {hub}" in text
    path = folder / recipe.name
    path.write_text(text.replace(f"hub: {hub}", "hub: copy"), encoding="utf-8")
    return path


def test_the_global_mmlu_recipe(tmp_path):
    rows = {
        language: [
            {
                "sample_id": f"world_religions/test/{number}",
                "subject": "world_religions",
                "question": f"{language} question {number}?",
                **{f"option_{letter}": f"{language} {letter}" for letter in "abcd"},
                "answer": "ABCD"[number],
            }
            for number in range(4)
        ]
        for language in ("en", "zh", "fr", "de", "it", "ja", "ko")
    }
    as_hub(tmp_path / "copy", "test", rows)
    path = with_local_hub(ROOT / "recipes/questions/global_mmlu.yaml", tmp_path, "CohereLabs/Global-MMLU")
    questions = load("custom", source=path)
    assert questions.languages == ("en", "zh", "fr", "de", "it", "ja", "ko")
    assert [row.answer for row in questions.rows] == [number for number in range(4) for _ in range(7)]
    assert questions.rows[1].stem == "zh question 0?"
    assert questions.rows[1].options == ("zh a", "zh b", "zh c", "zh d")
    assert questions.rows[1].question_id == "global_mmlu-world_religions/test/0"


def test_the_belebele_recipe(tmp_path):
    configs = {
        "en": "eng_Latn",
        "zh": "zho_Hans",
        "fr": "fra_Latn",
        "de": "deu_Latn",
        "it": "ita_Latn",
        "ja": "jpn_Jpan",
    }
    rows = {
        config: [
            {
                "link": "https://en.wikinews.org/wiki/Tea",
                "question_number": number,
                "flores_passage": f"A passage in {config}.",
                "question": f"Question {number}?",
                **{f"mc_answer{place}": f"{config} {place}" for place in (1, 2, 3, 4)},
                "correct_answer_num": str(number),
                "dialect": config,
            }
            for number in (1, 2)
        ]
        for config in configs.values()
    }
    as_hub(tmp_path / "copy", "test", rows)
    path = with_local_hub(ROOT / "recipes/questions/belebele.yaml", tmp_path, "facebook/belebele")
    questions = load("custom", source=path)
    assert questions.languages == tuple(configs)
    assert [row.answer for row in questions.rows] == [0] * 6 + [1] * 6
    assert questions.rows[2].stem == "A passage in fra_Latn.\nQuestion 1?"
    assert questions.rows[2].question_id == "belebele-https://en.wikinews.org/wiki/Tea/1"


def test_a_question_missing_in_a_language_is_left_out_whole(toy):
    write_jsonl(toy.parent / "fr.jsonl", rows_of("fr")[:1])
    questions = custom.read(source=toy)
    assert {row.question_id for row in questions.rows} == {"toy-q0"}
    assert [(f.kind, f.message, f.source) for f in questions.findings] == [
        ("unaligned", "not found in fr; left out", "en.jsonl row 1")
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": "D"}, r"fr\.jsonl row 1: gold answer 'D' names none.*correct the row or the YAML file"),
        ({"options": ["miel"]}, r"fr\.jsonl row 1: an option is missing or empty .*correct the row or take it out"),
        ({"options": ["miel", None, "lait"]}, r"fr\.jsonl row 1: an option is missing or empty"),
        ({"options": "miel"}, r"fr\.jsonl row 1: options is not a list of options"),
        ({"options": ["miel", "soie"]}, r"fr\.jsonl row 1: 2 options in fr, but 3 in en .*; correct the row"),
        ({"stem": " "}, r"fr\.jsonl row 1: the stem or passage is empty"),
        ({"id": "q0"}, r"fr\.jsonl row 1: id 'q0' stands twice"),
    ],
)
def test_a_bad_row_is_named(toy, change, message):
    rows = rows_of("fr")
    write_jsonl(toy.parent / "fr.jsonl", [rows[0], rows[1] | change])
    with pytest.raises(CalmError, match=message):
        custom.read(source=toy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"answer": "letter"}, r"no key .* 'answer' .*did you mean answers\?"),
        (
            {"answers": "letters"},
            r"'letters' \(known: letter, index0, index1, text, column, label\); did you mean letter\?",
        ),
        ({"columns": {"stem": "stem"}}, r"columns: options is missing"),
        ({"columns": RECIPE["columns"] | {"id": "key"}}, r"row 0: there is no column 'key' \(there are: id, stem"),
        ({"hub": "me/mine"}, r"either hub or files"),
        ({"files": "all.jsonl"}, r"files needs \{language\}"),
        ({"files": "{lang}.jsonl"}, r"place-holder .* 'lang' .*did you mean language\?"),
        ({"splits": ["test", "train"]}, r"files needs \{split\}, since there are several splits"),
        ({"files": "{language}.txt"}, r"en\.txt is none of \.jsonl"),
        ({"languages": {"en": "en", "de": "de"}}, r"de\.jsonl is missing; correct files in the YAML file"),
        ({"splits": []}, r"splits is empty; name at least one"),
        ({"columns": RECIPE["columns"] | {"stem": ["a", "b"]}}, r"stem has to be the name of one column"),
        ({"languages": []}, r"languages has to map tags"),
    ],
)
def test_a_bad_recipe_says_what_is_wrong(toy, changes, message):
    with pytest.raises(CalmError, match=message):
        custom.read(source=write_recipe(toy.parent, **changes))


def test_what_is_not_there_is_said(toy, tmp_path):
    with pytest.raises(CalmError, match="custom needs a YAML file"):
        load("custom")
    with pytest.raises(CalmError, match=r"no\.yaml is missing; give the path of a YAML file"):
        load("custom", source=tmp_path / "no.yaml")
    with pytest.raises(CalmError, match=r"no language of toy 'de' \(known: en, fr\)"):
        load("custom", source=toy, languages=["de"])
    with pytest.raises(CalmError, match=r"no split of toy 'tset' \(known: test\); did you mean test\?"):
        load("custom", source=toy, split="tset")
    toy.write_text("name: [", encoding="utf-8")
    with pytest.raises(CalmError, match=r"toy\.yaml is not YAML"):
        load("custom", source=toy)


def test_without_network(tmp_path):
    path = shutil.copy(ROOT / "recipes/questions/belebele.yaml", tmp_path)
    with pytest.raises(CalmError, match=r"facebook/belebele, configuration eng_Latn, .*cannot be loaded.*; connect to"):
        load("custom", source=path)


@pytest.mark.parametrize(
    ("value", "expected"), [("p1", ("p1",)), (["p1", "p2"], ("p1", "p2")), (7, ("7",)), (None, ()), ("", ())]
)
def test_a_source_may_name_the_passages_that_answer(tmp_path, value, expected):
    for language in TEXTS:
        write_jsonl(tmp_path / f"{language}.jsonl", [{**row, "gold": value} for row in rows_of(language)])
    path = write_recipe(tmp_path, columns={**RECIPE["columns"], "gold_passages": "gold"})
    found = load("custom", source=path, option_seed=1)
    assert {row.gold_passages for row in found.rows} == {expected}
    assert {row.gold_passages for row in load("custom", source=write_recipe(tmp_path)).rows} == {()}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("Rex", ("Rex",)), (["Rex", " T. rex "], ("Rex", "T. rex")), ('["Rex", "T. rex"]', ("Rex", "T. rex"))),
        *((7, ("7",)), (None, ()), ("", ()), ([None, "Rex"], ("Rex",))),
    ],
)
def test_a_source_may_have_texts_that_are_as_right_as_the_gold_one(tmp_path, value, expected):
    for language in TEXTS:
        write_jsonl(tmp_path / f"{language}.jsonl", [{**row, "also": value} for row in rows_of(language)])
    path = write_recipe(tmp_path, columns={**RECIPE["columns"], "aliases": "also"})
    assert {row.aliases for row in load("custom", source=path, option_seed=1).rows} == {expected}
    assert {row.aliases for row in load("custom", source=write_recipe(tmp_path)).rows} == {()}


def test_aliases_are_texts(tmp_path):
    for language in TEXTS:
        write_jsonl(tmp_path / f"{language}.jsonl", [{**row, "also": {"a": 1}} for row in rows_of(language)])
    path = write_recipe(tmp_path, columns={**RECIPE["columns"], "aliases": "also"})
    with pytest.raises(CalmError, match=r"row 0: also is not one text but several values"):
        load("custom", source=path)


# Shapes that rows have


def read_rows(folder: Path, rows: list[dict], columns: dict, answers: str) -> list:
    """The questions of one language, read from rows of JSON."""
    write_jsonl(folder / "en.jsonl", rows)
    languages = {"en": "en"}
    return load("custom", source=write_recipe(folder, languages=languages, columns=columns, answers=answers)).rows


COLUMNS_AN_OPTION = {"id": "id", "stem": "stem", "options": ["option_a", "option_b", "option_c"], "answer": "answer"}


def test_columns_after_the_last_option_may_be_empty(tmp_path):
    rows = [
        {"id": 1, "stem": "One?", "option_a": "a", "option_b": "b", "option_c": "c", "answer": "C"},
        {"id": 2, "stem": "Two?", "option_a": "a", "option_b": "b", "option_c": None, "answer": "B"},
        {"id": 3, "stem": "Three?", "option_a": "a", "option_b": "b", "option_c": " ", "answer": "A"},
    ]
    questions = read_rows(tmp_path, rows, COLUMNS_AN_OPTION, "letter")
    assert [row.options for row in questions] == [("a", "b", "c"), ("a", "b"), ("a", "b")]
    assert [row.answer for row in questions] == [2, 1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"option_b": ""}, r"en\.jsonl row 0: an option is missing or empty \('a', '', 'c'\)"),
        ({"option_c": None, "answer": "C"}, r"en\.jsonl row 0: gold answer 'C' names none"),
        ({"option_b": None, "option_c": None}, r"en\.jsonl row 0: an option is missing or empty \('a',\)"),
        ({"option_b": ["b"]}, r"en\.jsonl row 0: option_b is not one text but several values"),
    ],
)
def test_a_gap_among_the_options_is_refused(tmp_path, change, message):
    row = {"id": 1, "stem": "One?", "option_a": "a", "option_b": "b", "option_c": "c", "answer": "A"} | change
    with pytest.raises(CalmError, match=message):
        read_rows(tmp_path, [row], COLUMNS_AN_OPTION, "letter")


def test_a_list_may_be_filled_up_with_null(tmp_path):
    rows = [{"id": 1, "stem": "One?", "options": ["a", "b", None, None], "answer": "B"}]
    assert read_rows(tmp_path, rows, RECIPE["columns"], "letter")[0].options == ("a", "b")


def test_the_gold_answer_may_be_the_name_of_a_column(tmp_path):
    """As in MILU: `target: option2`."""
    row = {"id": 1, "stem": "Legs?", "option1": "6", "option2": "8", "option3": "10", "target": "option2"}
    columns = {"id": "id", "stem": "stem", "options": ["option1", "option2", "option3"], "answer": "target"}
    assert read_rows(tmp_path, [row], columns, "column")[0].answer == 1
    with pytest.raises(CalmError, match=r"'option4' names none"):
        read_rows(tmp_path, [row | {"target": "option4"}], columns, "column")
    with pytest.raises(CalmError, match=r"'option2' names none.*it is the name of a column \(answers: column\)"):
        read_rows(tmp_path, [row], columns, "letter")


@pytest.mark.parametrize(
    "text", ["['6', \"8's\", '10']", '["6", "8\'s", "10"]', "('6', '8\\'s', '10')", "[6.0, '8\\'s', 10]"]
)
def test_options_may_be_the_text_of_a_list(tmp_path, text):
    """As in AfriMMLU."""
    rows = [{"id": 1, "stem": "Legs?", "options": text, "answer": "B"}]
    assert read_rows(tmp_path, rows, RECIPE["columns"], "letter")[0].options == ("6", "8's", "10")


@pytest.mark.parametrize("text", ["6, 8, 10", "__import__('os').getcwd()", "[" * 5000, "{'a': 1}"])
def test_a_text_that_is_no_list_is_refused(tmp_path, text):
    with pytest.raises(CalmError, match=r"en\.jsonl row 0: (options is not a list of options|an option is missing)"):
        read_rows(tmp_path, [{"id": 1, "stem": "Legs?", "options": text, "answer": "B"}], RECIPE["columns"], "letter")


@pytest.mark.parametrize(
    "options",
    [
        "['6' \"8's\" '10']",  # what pandas writes of a list that was in Parquet
        "['6'\n \"8's\"\n '10' None]",
        "A. 6\nB. 8's\nC. 10",
        "(A) 6\n\n(B) 8's\n(C) 10\n",
        {"A": "6", "B": "8's", "C": "10"},
        {"B": "8's", "C": "10", "A": "6", "D": None},
        '{"A": "6", "B": "8\'s", "C": "10"}',
    ],
)
def test_options_may_be_printed_by_numpy_or_have_a_letter_each(tmp_path, options):
    rows = [{"id": 1, "stem": "Legs?", "options": options, "answer": "B"}]
    (row,) = read_rows(tmp_path, rows, RECIPE["columns"], "letter")
    assert (row.options, row.answer) == (("6", "8's", "10"), 1)


@pytest.mark.parametrize("options", ["6\n8\n10", "A. 6\nC. 8", {"A": "6", "C": "8"}, {"x": "6", "y": "8"}])
def test_lines_and_names_that_are_no_letters_in_order_are_refused(tmp_path, options):
    with pytest.raises(CalmError, match=r"en\.jsonl row 0: options is not a list of options"):
        read_rows(tmp_path, [{"id": 1, "stem": "?", "options": options, "answer": "A"}], RECIPE["columns"], "letter")


NESTED = {
    "id": "id",
    "stem": "question.stem",
    "options": "question.choices.text",
    "labels": "question.choices.label",
    "answer": "key",
}


@pytest.mark.parametrize(
    ("choices", "key"),
    [
        ({"text": ["6", "8", "10"], "label": ["A", "B", "C"]}, "B"),
        ({"text": ["6", "8", "10"], "label": ["1", "2", "3"]}, "2"),
        ({"text": ["6", "8", "10"], "label": [1, 2, 3]}, 2.0),
        ({"text": ["10", "6", "8"], "label": ["C", "A", "B"]}, "B"),
        ([{"text": "8", "label": "b"}, {"text": "6", "label": "a"}, {"text": "10", "label": "c"}], "B"),
        ({"text": ["6", "8", "10", None], "label": ["(A)", "(B)", "(C)", None]}, "B"),
    ],
)
def test_labels_say_the_order_of_the_options_and_which_is_gold(tmp_path, choices, key):
    """As in ARC and EXAMS: nested columns, labels A to D or 1 to 4."""
    rows = [{"id": 1, "question": {"stem": "Legs?", "choices": choices}, "key": key}]
    (row,) = read_rows(tmp_path, rows, NESTED, "label")
    assert (row.stem, row.options, row.answer) == ("Legs?", ("6", "8", "10"), 1)


def test_the_labels_of_ten_options_are_numbers(tmp_path):
    """As texts `10` would stand before `2`."""
    choices = {"text": [f"option {n}" for n in range(1, 11)], "label": [str(n) for n in range(1, 11)]}
    rows = [{"id": 1, "question": {"stem": "Which?", "choices": choices}, "key": "10"}]
    (row,) = read_rows(tmp_path, rows, NESTED, "label")
    assert (row.options[1], row.answer) == ("option 2", 9)


@pytest.mark.parametrize("labels", [["A", "B"], ["A", "B", "D"], ["A", "A", "B"], ["A", "2", "C"]])
def test_labels_that_are_no_sequence_are_refused(tmp_path, labels):
    rows = [{"id": 1, "question": {"stem": "?", "choices": {"text": ["6", "8", "10"], "label": labels}}, "key": "A"}]
    with pytest.raises(CalmError, match=r"row 0: question\.choices\.label \(.*\) are not the labels A, B, \.\.\. or"):
        read_rows(tmp_path, rows, NESTED, "label")


def test_a_column_that_holds_a_table_is_refused(tmp_path):
    choices = [{"label": "A", "text": "6"}, {"label": "B", "text": "8"}]
    rows = [{"id": 1, "stem": {"text": "Legs?"}, "options": choices, "answer": "B"}]
    with pytest.raises(CalmError, match=r"stem is not one text .*; name a part of it \(text\), as in stem\.text"):
        read_rows(tmp_path, rows, RECIPE["columns"], "letter")
    rows[0]["stem"] = "Legs?"
    with pytest.raises(
        CalmError, match=r"options is not one text .*; name a part of it \(label, text\), as in options\.t"
    ):
        read_rows(tmp_path, rows, RECIPE["columns"], "letter")
    rows[0]["options"] = {"label": ["A", "B"], "text": ["6", "8"]}
    with pytest.raises(
        CalmError, match=r"options is not a list .*; name a part of it \(label, text\), as in options\.t"
    ):
        read_rows(tmp_path, rows, RECIPE["columns"], "letter")


def test_a_column_may_have_a_dot_in_its_name(tmp_path):
    rows = [{"id": 1, "question.stem": "Legs?", "options": ["6", "8"], "answer": "B"}]
    assert read_rows(tmp_path, rows, RECIPE["columns"] | {"stem": "question.stem"}, "letter")[0].stem == "Legs?"


@pytest.mark.parametrize(
    ("answers", "gold", "expected"),
    [
        ("index0", 1.0, 1),
        ("index0", "1.0", 1),
        ("index1", 1.0, 0),
        ("index0", -1.0, -1),
        ("index0", "-1", -1),
        ("index0", float("nan"), -1),
        ("letter", "(b)", 1),
        ("letter", "Ｂ", 1),
        ("text", 8.0, 1),
        ("text", "-1", 2),
        ("text", "1", None),
        ("text", "6 ", 0),
        ("text", None, -1),
    ],
)
def test_what_names_the_gold_answer(tmp_path, answers, gold, expected):
    """Numbers that pandas has made floats; a missing one is hidden; -1 is hidden unless it is an option."""
    rows = [{"id": 1, "stem": "?", "options": ["6", 8.0, "-1"], "answer": gold}]
    if expected is None:
        with pytest.raises(CalmError, match="names none"):
            read_rows(tmp_path, rows, RECIPE["columns"], answers)
    else:
        (row,) = read_rows(tmp_path, rows, RECIPE["columns"], answers)
        assert (row.options, row.answer) == (("6", "8", "-1"), expected)


@pytest.mark.parametrize(
    ("answers", "gold"), [("text", "(B) 8"), ("text", "(b)  8"), ("text", "8"), ("letter", "B"), ("index0", 1)]
)
def test_marks_of_the_source_come_off_and_the_gold_answer_is_found(tmp_path, answers, gold):
    rows = [{"id": 1, "stem": "Legs?", "options": ["(A) 6", "(B) 8", "(C) 10"], "answer": gold}]
    write_jsonl(tmp_path / "en.jsonl", rows)
    path = write_recipe(tmp_path, languages={"en": "en"}, answers=answers)
    for seed in (None, 1, 2, 3):
        questions = load("custom", source=path, option_seed=seed)
        (row,) = questions.rows
        assert sorted(row.options) == ["10", "6", "8"]
        assert row.options[row.answer] == "8"
    assert [(finding.kind, finding.source) for finding in questions.findings] == [("repaired", "en.jsonl")]


def test_a_gold_text_with_the_mark_of_another_option_is_refused(tmp_path):
    rows = [{"id": 1, "stem": "Legs?", "options": ["(A) 6", "(B) 8"], "answer": "(B) 6"}]
    with pytest.raises(CalmError, match=r"'\(B\) 6' names none"):
        read_rows(tmp_path, rows, RECIPE["columns"], "text")


def test_gold_texts_differ_by_their_signs(tmp_path):
    rows = [{"id": 1, "stem": "?", "options": ["Na+", "Na-", "Na"], "answer": "Na-"}]
    assert read_rows(tmp_path, rows, RECIPE["columns"], "text")[0].answer == 1
    rows[0] |= {"options": ["5", "Honey."], "answer": "-5"}
    with pytest.raises(CalmError, match="'-5' names none"):
        read_rows(tmp_path, rows, RECIPE["columns"], "text")
    rows[0] |= {"answer": "honey"}
    assert read_rows(tmp_path, rows, RECIPE["columns"], "text")[0].answer == 1


def test_whole_numbers_of_parquet_join_those_of_json(tmp_path):
    """A column of numbers with a missing one is a column of floats."""
    rows = [row | {"id": float(number), "answer": GOLD[number]} for number, row in enumerate(rows_of("en"))]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "English.parquet")
    path = write_recipe(tmp_path, files="{language}.parquet", languages={"en": "English"}, answers="index0")
    assert [row.question_id for row in load("custom", source=path).rows] == ["toy-0", "toy-1"]


def test_whole_numbers_of_one_csv_join_those_of_another_that_pandas_wrote_with_a_point(tmp_path):
    for language, point in (("en", ""), ("fr", ".0")):
        lines = (f"{row['id'][1:]}{point},{row['stem']},{'|'.join(row['options'])}" for row in rows_of(language))
        table = "id,stem,a,b,c,answer\n" + "".join(
            f"{line.replace('|', ',')},{gold}{point}\n" for line, gold in zip(lines, GOLD, strict=True)
        )
        (tmp_path / f"{language}.csv").write_text(table, encoding="utf-8")
    columns = RECIPE["columns"] | {"options": ["a", "b", "c"]}
    path = write_recipe(tmp_path, files="{language}.csv", columns=columns, answers="index0")
    rows = load("custom", source=path).rows
    assert [(row.question_id, row.language, row.answer) for row in rows] == [
        *[("toy-0", "en", 1), ("toy-0", "fr", 1)],
        *[("toy-1", "en", 0), ("toy-1", "fr", 0)],
    ]


def test_rows_of_nothing_but_commas_are_passed_over(tmp_path):
    """As spreadsheets save them below the last row."""
    (tmp_path / "en.csv").write_text("id,stem,a,b,answer\n1,Legs?,6,8,B\n,,,,\n, ,,,\n", encoding="utf-8")
    columns = RECIPE["columns"] | {"options": ["a", "b"]}
    (row,) = load(
        "custom", source=write_recipe(tmp_path, files="{language}.csv", languages=["en"], columns=columns)
    ).rows
    assert row.answer == 1


def test_json_may_be_a_row_a_line_or_a_list_whatever_its_name(tmp_path):
    """`datasets` writes rows a line as .json, and lists are called .jsonl."""
    write_jsonl(tmp_path / "en.json", rows_of("en"))
    (tmp_path / "fr.json").write_text(json.dumps(rows_of("fr")), encoding="utf-8")
    expected = load("custom", source=write_recipe(tmp_path, files="{language}.json")).rows
    assert [row.language for row in expected] == ["en", "fr", "en", "fr"]
    for language in TEXTS:
        (tmp_path / f"{language}.json").rename(tmp_path / f"{language}.jsonl")
    assert load("custom", source=write_recipe(tmp_path, files="{language}.jsonl")).rows == expected


def test_a_table_that_is_one_json_object_is_no_list_of_rows(tmp_path):
    (tmp_path / "en.json").write_text(json.dumps({"data": rows_of("en")}, indent=1), encoding="utf-8")
    with pytest.raises(CalmError, match=r"en\.json is not a list of rows"):
        load("custom", source=write_recipe(tmp_path, files="{language}.json", languages=["en"]))


# Ids join rows; that they are the same question, with its options in one order, is checked


def many(language: str, turned: bool = False) -> list[dict]:
    """Eight sums; their options in reverse where they are turned, and the gold letter with them."""
    rows = []
    for number in range(8):
        options = [str(10 * number + step) for step in range(3)]
        shown = options[::-1] if turned else options
        gold = "ABC"[shown.index(options[number % 3])]
        rows.append({"id": number, "stem": f"{language} {number}?", "options": shown, "answer": gold})
    return rows


def write_both(folder: Path, english: list[dict], french: list[dict]) -> Path:
    write_jsonl(folder / "en.jsonl", english)
    write_jsonl(folder / "fr.jsonl", french)
    return write_recipe(folder)


def test_options_that_were_shuffled_in_a_language_are_refused_though_there_are_ids(tmp_path):
    source = write_both(tmp_path, many("en"), many("fr", turned=True))
    with pytest.raises(CalmError, match=r"fr\.jsonl \(fr\) and en\.jsonl \(en\): the gold options of 5 of 8 alig"):
        load("custom", source=source)


def test_options_that_were_shuffled_are_told_by_their_texts_where_gold_is_hidden(tmp_path):
    english, french = ([row | {"answer": ""} for row in rows] for rows in (many("en"), many("fr", turned=True)))
    with pytest.raises(
        CalmError, match=r"of 8 questions whose options are the same texts in both, 8 have them in anot"
    ):
        load("custom", source=write_both(tmp_path, english, french))


def test_one_question_whose_gold_option_differs_is_a_finding_and_no_refusal(tmp_path):
    french = many("fr")
    french[0]["answer"] = "C"
    assert len(load("custom", source=write_both(tmp_path, many("en"), french)).rows) == 16


def test_a_row_without_id_is_refused(toy):
    write_jsonl(toy.parent / "fr.jsonl", [row | {"id": None} for row in rows_of("fr")])
    with pytest.raises(CalmError, match=r"fr\.jsonl row 0: the id is empty \(id\)"):
        custom.read(source=toy)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"answers": "column"}, r"answers: column needs options as a list of columns"),
        ({"answers": "label"}, r"answers: label, columns: labels and options in one column go together"),
        (
            {"columns": RECIPE["columns"] | {"labels": "labels"}},
            r"columns: labels and options in one column go together",
        ),
        ({"columns": RECIPE["columns"] | {"labels": ["a", "b"]}}, r"labels has to be the name of one column"),
        ({"revision": "main"}, r"revision is a commit or tag of hub"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(toy, changes, message):
    with pytest.raises(CalmError, match=message):
        custom.read(source=write_recipe(toy.parent, **changes))


# Hub data sets


def write_hub_recipe(folder: Path, **changes: object) -> Path:
    path = folder / "hub.yaml"
    recipe = {key: value for key, value in RECIPE.items() if key != "files"} | {"hub": "copy"} | changes
    path.write_text(yaml.safe_dump(recipe, allow_unicode=True), encoding="utf-8")
    return path


def test_csv_in_the_layout_of_the_hub_is_read_as_it_stands(tmp_path):
    """`None` and `NA` are options, 1.50 is no 1.5, and a missing gold answer makes no other one a float."""
    (tmp_path / "copy").mkdir()
    card = ["---", "configs:"]
    for tag, stems in (
        ("en", ["Half of three?", "Ice is cold?"]),
        ("fr", ["La moitié de trois ?", "Froide, la glace ?"]),
    ):
        lines = [",q,a,b,c,gold", f'0,"{stems[0]}",None,1.50,NA,1', f'1,"{stems[1]}",null,2.00,nan,']
        (tmp_path / "copy" / f"{tag}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        card += [f"- config_name: {tag}", "  data_files:", "  - split: test", f"    path: {tag}.csv"]
    (tmp_path / "copy" / "README.md").write_text("\n".join([*card, "---", ""]))
    columns = {"id": "Unnamed: 0", "stem": "q", "options": ["a", "b", "c"], "answer": "gold"}
    questions = load("custom", source=write_hub_recipe(tmp_path, columns=columns, answers="index0"))
    assert [(row.question_id, row.options, row.answer) for row in questions.rows if row.language == "fr"] == [
        ("toy-0", ("None", "1.50", "NA"), 1),
        ("toy-1", ("null", "2.00", "nan"), -1),
    ]


def test_a_folder_that_has_changed_is_read_anew(tmp_path):
    """And so is another one of the same name."""
    for place, stem in (("one", "What is ice?"), ("two", "What is tea?"), ("one", "What is rain?")):
        rows = {language: [row | {"stem": f"{language} {stem}"} for row in rows_of(language)] for language in TEXTS}
        as_hub(tmp_path / place / "copy", "test", rows)
        questions = load("custom", source=write_hub_recipe(tmp_path / place))
        assert {row.stem for row in questions.rows} == {f"en {stem}", f"fr {stem}"}


def test_a_folder_has_no_revision(tmp_path):
    as_hub(tmp_path / "copy", "test", {language: rows_of(language) for language in TEXTS})
    assert len(load("custom", source=write_hub_recipe(tmp_path)).rows) == 4
    with pytest.raises(CalmError, match=r"copy is a folder here, of no revision; take revision out"):
        load("custom", source=write_hub_recipe(tmp_path, revision="main"))


def test_a_revision_is_asked_of_the_hub(tmp_path):
    path = write_hub_recipe(tmp_path, hub="somebody/toy", revision="1a2b3c4")
    with pytest.raises(CalmError, match=r"somebody/toy, configuration en, .*cannot be loaded"):
        load("custom", source=path)
    with pytest.raises(CalmError, match=r"revision is a commit or tag of hub, in quotes where it is a number"):
        load("custom", source=write_hub_recipe(tmp_path, revision=1234567))


# The recipes, on rows of their sets' shapes


def test_the_mmlu_prox_recipe(tmp_path):
    def row(language: str, number: int, count: int) -> dict:
        options = {f"option_{n}": f"{language} {number} {n}" if n < count else None for n in range(10)}
        return {
            "question_id": number,
            "question": f"{language} question {number}?",
            **options,
            "answer": "ABCDEFGHIJ"[count - 1],
        }

    rows = {
        language: [row(language, 70, 10), row(language, 71, 3)] for language in ("en", "zh", "fr", "de", "it", "ja")
    }
    as_hub(tmp_path / "copy", "test", rows)
    path = with_local_hub(ROOT / "recipes/questions/mmlu_prox.yaml", tmp_path, "li-lab/MMLU-ProX")
    questions = load("custom", source=path)
    assert [len(row.options) for row in questions.rows] == [10] * 6 + [3] * 6
    assert [row.answer for row in questions.rows] == [9] * 6 + [2] * 6
    assert questions.rows[7].options == ("zh 71 0", "zh 71 1", "zh 71 2")


def test_the_m_arc_recipe(tmp_path):
    rows = {
        language: [
            {
                "id": "ARC-Challenge/test/0",
                "instruction": f"{language} question?",
                **{f"option_{letter}": f"{language} {letter}" for letter in "abcd"},
                "option_e": None,
                "answer": "B",
            }
        ]
        for language in ("en", "zh", "fr", "de", "it", "vi")
    }
    as_hub(tmp_path / "copy", "test", rows)
    path = with_local_hub(ROOT / "recipes/questions/m_arc.yaml", tmp_path, "alexandrainst/m_arc")
    questions = load("custom", source=path)
    assert questions.rows[2].options == ("fr a", "fr b", "fr c", "fr d")
    assert questions.rows[2].question_id == "m_arc-ARC-Challenge/test/0"


def test_the_milu_recipe(tmp_path):
    texts = {
        "English": [
            ("How many legs has a spider?", "6", "8", "10", "4"),
            ("Who wrote Gitanjali in 1910?", "A", "B", "C", "D"),
        ],
        "Punjabi": [
            ("ਮੱਕੜੀ ਦੀਆਂ ਕਿੰਨੀਆਂ ਲੱਤਾਂ ਹਨ?", "6", "8", "10", "4"),
            ("1910 ਵਿੱਚ ਗੀਤਾਂਜਲੀ ਕਿਸ ਨੇ ਲਿਖੀ?", "A", "B", "C", "D"),
        ],
    }
    rows = {
        language: [
            {"question": stem, **{f"option{n}": text for n, text in enumerate(options, 1)}, "target": f"option{place}"}
            for place, (stem, *options) in enumerate(questions, 2)
        ]
        for language, questions in texts.items()
    }
    as_hub(tmp_path / "copy", "test", rows)
    path = with_local_hub(ROOT / "recipes/questions/milu.yaml", tmp_path, "ai4bharat/MILU")
    questions = load("custom", source=path, languages=["en"])
    assert [row.answer for row in questions.rows] == [1, 2]
    assert questions.rows[0].options == ("6", "8", "10", "4")


def test_the_afrimmlu_recipe(tmp_path):
    rows = {
        language: [{"subject": "s", "question": "Legs of a spider?", "choices": "['6', '8', '10', '4']", "answer": "B"}]
        for language in ("eng", "fra", "swa", "hau", "yor", "zul")
    }
    as_hub(tmp_path / "copy", "test", rows)
    path = with_local_hub(ROOT / "recipes/questions/afrimmlu.yaml", tmp_path, "masakhane/afrimmlu")
    (row,) = load("custom", source=path, languages=["en"]).rows
    assert (row.options, row.answer) == (("6", "8", "10", "4"), 1)


def test_the_mmmlu_recipe(tmp_path):
    tags = {"zh": "ZH_CN", "fr": "FR_FR", "de": "DE_DE", "it": "IT_IT", "ja": "JA_JP", "es": "ES_LA"}
    card = ["---", "configs:"]
    (tmp_path / "copy").mkdir()
    for tag in tags.values():
        text = f",Question,A,B,C,D,Answer,Subject\n0,{tag} question?,one,two,None,NA,C,abstract_algebra\n"
        (tmp_path / "copy" / f"{tag}.csv").write_text(text)
        card += [f"- config_name: {tag}", "  data_files:", "  - split: test", f"    path: {tag}.csv"]
    (tmp_path / "copy" / "README.md").write_text("\n".join([*card, "---", ""]))
    path = with_local_hub(ROOT / "recipes/questions/mmmlu.yaml", tmp_path, "openai/MMMLU")
    questions = load("custom", source=path)
    assert questions.languages == tuple(tags)
    assert {(row.question_id, row.options, row.answer) for row in questions.rows} == {
        ("mmmlu-0", ("one", "two", "None", "NA"), 2)
    }


def test_the_exams_recipe(tmp_path):
    rows = [
        {
            "id": f"{language}-1",
            "question": {
                "stem": "1, 2, 3?",
                "choices": {"text": ["6", "8", "10"], "label": ["A", "B", "C"], "para": []},
            },
            "answerKey": "C",
            "info": {"grade": 12, "subject": "Biology", "language": language},
        }
        for language in ("Macedonian", "Albanian", "Turkish", "Polish")
    ]
    as_hub(tmp_path / "copy", "test", {"multilingual": rows})
    path = with_local_hub(ROOT / "recipes/questions/exams.yaml", tmp_path, "mhardalov/exams")
    questions = load("custom", source=path, languages=["mk"])
    assert [(row.stem, row.options, row.answer) for row in questions.rows] == [("1, 2, 3?", ("6", "8", "10"), 2)]
