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
    assert few_shot_pool("custom", split="test", source=toy).split == "test"
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
        for language in ("en", "zh", "fr", "de", "it", "ja")
    }
    as_hub(tmp_path / "copy", "test", rows)
    path = with_local_hub(ROOT / "recipes/questions/global_mmlu.yaml", tmp_path, "CohereLabs/Global-MMLU")
    questions = load("custom", source=path)
    assert questions.languages == ("en", "zh", "fr", "de", "it", "ja")
    assert [row.answer for row in questions.rows] == [number for number in range(4) for _ in range(6)]
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
        ({"answers": "letters"}, r"'letters' \(known: letter, index0, index1, text\); did you mean letter\?"),
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
