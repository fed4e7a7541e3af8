"""X-CSQA in the Hub's shape, made of real rows of the release, without network."""

import random
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from calm_harness.errors import CalmError
from calm_harness.questions import QuestionSet, few_shot_pool, load
from calm_harness.questions.sets import hub

CODES = {"en": "en", "zh": "zh", "ja": "jap"}


@pytest.fixture(scope="module")
def questions(calm_release: Path) -> QuestionSet:
    return load("xcsqa", split="train", source=calm_release, languages=list(CODES))


def as_on_hub(question_set: QuestionSet, language: str) -> list[dict]:
    """The Hub's rows of a language; each language in an order, and with labels in an order, of its own."""
    draw = random.Random(language)
    rows = []
    for number, question in enumerate(question_set.questions()):
        row = next(row for row in question if row.language == language)
        choices = list(zip("ABCDE", row.options, strict=True))
        draw.shuffle(choices)
        labels, texts = zip(*choices, strict=True)
        rows.append(
            {
                "id": f"id{number}",
                "lang": CODES[language],
                "question": {"stem": row.stem, "choices": {"label": list(labels), "text": list(texts)}},
                "answerKey": "ABCDE"[row.answer],
            }
        )
    draw.shuffle(rows)
    return rows


def write(folder: Path, rows: dict[str, list[dict]], hidden: bool = True) -> Path:
    """Lay a folder out like the Hub's data set: a configuration a language, Parquet files, a README that names them."""
    lines = ["---", "configs:"]
    for language, found in rows.items():
        config = f"X-CSQA-{CODES[language]}"
        (folder / config).mkdir(parents=True)
        splits = {"validation": found} | ({"test": [row | {"answerKey": ""} for row in found]} if hidden else {})
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, part in splits.items():
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(part), folder / config / f"{split}.parquet")
            lines += [f"  - split: {split}", f"    path: {config}/{split}.parquet"]
    (folder / "README.md").write_text("\n".join([*lines, "---", ""]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def copy(questions: QuestionSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("xcsr")
    return write(folder, {language: as_on_hub(questions, language) for language in CODES})


def test_a_question_is_the_same_from_both_sources(questions, copy):
    from_hub = load("xcsqa", source=copy, languages=["ja", "zh", "en"])
    assert from_hub.split == "validation"
    assert from_hub.languages == ("en", "zh", "ja")
    assert from_hub.read == dict.fromkeys(CODES, len(questions.rows) // 3)
    assert from_hub.findings == []
    release_rows = {(row.question_id, row.language): row for row in questions.rows}
    assert len(from_hub.rows) == len(release_rows)
    for row in from_hub.rows:
        same = release_rows[row.question_id, row.language]
        assert (row.stem, row.options, row.answer) == (same.stem, same.options, same.answer)


def test_ids_are_english_even_if_english_is_not_wanted(questions, copy):
    japanese = hub.read_xcsqa(languages=["ja"], source=copy)
    assert {row.language for row in japanese.rows} == {"ja"}
    assert {row.question_id for row in japanese.rows} == {row.question_id for row in questions.rows}


def test_hidden_answers_are_minus_one(copy):
    assert {row.answer for row in hub.read_xcsqa("test", source=copy, languages=["zh"]).rows} == {-1}


def test_few_shot_examples_of_the_labelled_split_come_from_itself_where_that_is_asked_for(copy):
    """The Hub has no `train`."""
    given = {"source": copy, "languages": ["en"]}
    assert few_shot_pool("xcsqa", split="test", **given).split == "validation"
    assert few_shot_pool("xcsqa", leave_one_out=True, **given).split == "validation"
    with pytest.raises(CalmError, match="few-shot examples would come from the evaluated split 'validation' itself"):
        few_shot_pool("xcsqa", split="validation", **given)


def test_choices_may_be_pairs():
    choices = [{"label": "B", "text": "pan"}, {"label": "A", "text": "cup "}]
    row = {"id": "1", "question": {"stem": "Where is tea?", "choices": choices}, "answerKey": "A"}
    key, entry = hub._entry(row, "here")
    assert (key, entry.stem, entry.options, entry.answer) == ("1", "Where is tea?", ("cup", "pan"), 0)


def test_a_question_missing_in_a_language_is_left_out_whole(questions, tmp_path):
    rows = {language: as_on_hub(questions, language) for language in ("en", "zh")}
    gone = [rows["en"].pop()["id"], next(row["id"] for row in rows["zh"])]
    rows["zh"] = rows["zh"][1:]
    assert gone[0] != gone[1]
    read = hub.read_xcsqa(languages=["en", "zh"], source=write(tmp_path, rows))
    assert len(read.rows) == len(questions.rows) // 3 * 2 - 4
    assert [(f.kind, f.language, f.message) for f in read.findings] == [
        ("unaligned", "", "not found in zh; left out"),
        ("unaligned", "zh", "not found in en; left out"),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answerKey": "F"}, "X-CSQA-en validation row 2: not a row of X-CSQA"),
        ({"question": {"stem": "Why?", "choices": {"label": ["A"], "text": ["so"]}}}, "row 2: not a row of X-CSQA"),
        ({"id": "id0"}, "id 'id0' stands twice"),
    ],
)
def test_bad_rows_are_named(questions, tmp_path, change, message):
    rows = sorted(as_on_hub(questions, "en"), key=lambda row: int(row["id"][2:]))[:5]
    rows[2] = rows[2] | change
    with pytest.raises(CalmError, match=message):
        hub.read_xcsqa(languages=["en"], source=write(tmp_path, {"en": rows}))


def test_a_language_that_the_copy_lacks(copy):
    with pytest.raises(CalmError, match=r"X-CSQA-fr, split validation cannot be loaded .*; connect to the network"):
        hub.read_xcsqa(languages=["fr"], source=copy)
    with pytest.raises(CalmError, match=r"no language of xcsqa 'jap' \(known: en, zh, fr"):
        hub.read_xcsqa(languages=["jap"], source=copy)
    with pytest.raises(CalmError, match=r"no split of xcsqa .* 'train' \(known: validation, test\)"):
        hub.read_xcsqa("train", source=copy)


def test_without_network():
    with pytest.raises(
        CalmError, match=r"data set INK-USC/xcsr, .* cannot be loaded .*; connect to the network, or name"
    ):
        load("xcsqa", source="INK-USC/xcsr")
