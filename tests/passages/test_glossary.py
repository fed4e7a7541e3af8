"""A glossary: what is found in questions of several scripts, what is said of it, and what that gives away."""

import csv
import json

import pytest

from calm_harness.errors import CalmError
from calm_harness.passages.budget import Characters, fit
from calm_harness.passages.glossary.lines import Entry, Glossary, coverage, said
from calm_harness.passages.glossary.matching import found, lengths_of, normal
from calm_harness.passages.glossary.table import Entity, digest, read
from calm_harness.questions import load


def names_in(text, *names):
    normals = {normal(name) for name in names}
    return found(normal(text), normals, lengths_of(normals))


FOUND = {
    "a word": ("Where is Lyon?", ["Lyon"], ["lyon"]),
    "no part of a word": ("Where are Lyonnais and NewLyon?", ["Lyon"], []),
    "the longest": (
        "Is New York City in New York?",
        ["York", "New York", "New York City"],
        ["new york city", "new york"],
    ),
    "nothing within the longest": ("Is New York City large?", ["York", "City", "New York City"], ["new york city"]),
    "a shorter one where the longest does not end a word": ("New Yorkers", ["New", "New York"], ["new"]),
    "any case": ("WO LIEGT STRASSBURG?", ["Straßburg"], ["strassburg"]),
    "any width, any composition": ("Ｌｙｏｎ or Cafe\u0301?", ["Lyon", "Café"], ["lyon", "café"]),
    "any apostrophe and space": ("Côte\u00a0d’Ivoire's flag", ["Côte d'Ivoire"], ["côte d'ivoire"]),
    "each once, in order": ("Rome, Lyon, Rome", ["Lyon", "Rome"], ["rome", "lyon"]),
    "Cyrillic": ("Где Москва?", ["Москва"], ["москва"]),
    "no part of a word in Cyrillic": ("Где Москвариум?", ["Москва"], []),
    "Arabic": ("أين تقع ليون؟", ["ليون"], ["ليون"]),
    "no part of a word in Arabic": ("ما هو الليون؟", ["ليون"], []),
    "Hindi": ("भारत कहाँ है?", ["भारत"], ["भारत"]),
    "not before a vowel sign": ("भारती कौन है?", ["भारत"], []),
    "Chinese": ("里昂在哪个国家？", ["里昂"], ["里昂"]),
    "Chinese, the longest": ("印度尼西亚在哪个大洲？", ["印度", "印度尼西亚"], ["印度尼西亚"]),
    "no single character": ("手机是什么？", ["手"], []),
    "Latin beside Chinese": ("DNA是什么？", ["DNA"], ["dna"]),
    "Japanese": ("日本の首都はどこですか？", ["日本", "首都"], ["日本", "首都"]),
    "katakana": ("リヨンはどこですか？", ["リヨン"], ["リヨン"]),
    "no part of a run of katakana": ("インドネシアはどこですか？", ["インド"], []),
    "katakana that a dot parts": ("レオナルド・ダ・ヴィンチは誰？", ["ヴィンチ"], ["ヴィンチ"]),
    "Thai": ("กรุงเทพอยู่ที่ไหน", ["กรุงเทพ"], ["กรุงเทพ"]),
    "Thai, not before a vowel sign": ("กานี", ["กาน"], []),
    "Korean with a particle": ("서울은 어디에 있습니까?", ["서울"], ["서울"]),
    "Korean with two particles": ("서울에서는 무엇을 합니까?", ["서울"], ["서울"]),
    "no part of a Korean word": ("인도네시아는 어디에 있습니까?", ["인도"], []),
    "not from within a Korean word": ("남아메리카는?", ["아메리카"], []),
}


@pytest.mark.parametrize(("text", "names", "wanted"), FOUND.values(), ids=FOUND)
def test_names_are_found_in_any_script(text, names, wanted):
    assert names_in(text, *names) == wanted


LYON = Entity("Q456", {"en": ("Lyon", "Lyons"), "zh": ("里昂",), "fr": ("Lyon",), "de": ("Lyon", "Löwenstadt")})
RHONE = Entity("Q602", {"en": ("Rhône",), "zh": ("罗讷河", "隆河"), "fr": ("Rhône",)})
GEORGIA = Entity("Q230", {"en": ("Georgia",), "de": ("Georgien",), "fr": ("Géorgie",)})
STATE = Entity("Q1428", {"en": ("Georgia (U.S. state)",), "de": ("Georgia",), "fr": ("Géorgie",)})
WITHOUT = Entity("Q1", {"zh": ("大学",)})


def glossary(*entities, languages=("en", "zh", "fr", "de"), pivot="en"):
    return Glossary(entities, languages, pivot)


def passages(told, stem, language):
    """What is shown of what a question names."""
    return told.laid_out(told.of(stem, language)[0], language)


def test_a_question_is_told_what_it_names_in_the_pivot():
    told = passages(glossary(LYON, RHONE), "隆河流经里昂吗？", "zh")
    assert [passage["text"] for passage in told] == ["Rhône (en) = 隆河", "Lyon (en) = 里昂"]
    assert told[0] == {
        "passage_id": "Q602",
        "language": "zh",
        "title": "",
        "text": "Rhône (en) = 隆河",
        "score": None,
        "cut": False,
        "labels": ["Rhône", "隆河"],
    }


def test_another_pivot():
    told = passages(glossary(LYON, pivot="zh"), "Where is Lyons?", "en")
    assert [passage["text"] for passage in told] == ["里昂 (zh) = Lyons"]


def test_nothing_is_said_in_the_pivot_nor_where_both_read_the_same():
    assert glossary(LYON).of("Where is Lyon?", "en") == ([], [])
    assert glossary(LYON).of("Où est Lyon ?", "fr") == ([], [])
    assert glossary(LYON).of("Wo liegt die Löwenstadt?", "de") == ([Entry("Q456", "Löwenstadt", "Lyon")], [])


def test_a_name_of_several_things_says_nothing_and_is_told():
    assert glossary(GEORGIA, STATE).of("Où est la Géorgie ?", "fr") == ([], ["géorgie"])
    alike = Entity("Q2", {"en": ("Georgia",), "fr": ("Géorgie",)})
    assert glossary(GEORGIA, alike).of("Où est la Géorgie ?", "fr") == ([Entry("Q230", "Géorgie", "Georgia")], [])
    unknown = Entity("Q3", {"fr": ("Géorgie",)})
    assert glossary(GEORGIA, unknown).of("Où est la Géorgie ?", "fr") == ([], ["géorgie"])


def test_a_label_is_not_taken_for_an_alias():
    other = Entity("Q7", {"en": ("Atlanta",), "de": ("Atlanta", "Georgia")})
    assert glossary(STATE, other).of("Wo liegt Georgia?", "de") == (
        [Entry("Q1428", "Georgia", "Georgia (U.S. state)")],
        [],
    )


def test_what_the_pivot_has_no_word_for_is_passed_over():
    assert glossary(WITHOUT).of("大学是什么？", "zh") == ([], [])


def test_a_thing_that_is_named_twice_is_told_once():
    assert [entry.own for entry in glossary(RHONE).of("罗讷河又叫隆河吗？", "zh")[0]] == ["罗讷河"]


def test_a_mask_is_no_word():
    assert glossary(LYON).of("里昂是<mask>的城市", "zh")[0] == [Entry("Q456", "里昂", "Lyon")]


# What is given away ---------------------------------------------------------------------------------------------------


def doc(question_id, language, options, answer, *labels):
    passages = [{"labels": [labels[place], labels[place + 1]]} for place in range(0, len(labels), 2)]
    return {
        "question_id": question_id,
        "language": language,
        "options": options,
        "answer": answer,
        "passages": passages,
    }


def test_coverage_counts_questions_and_whom_the_entries_name():
    docs = [
        doc("a", "en", ["Asia", "Africa"], 0),
        doc("a", "zh", ["亚洲", "非洲"], 0, "India", "印度"),
        doc("b", "en", ["Lyon", "Rome"], 0),
        doc("b", "zh", ["里昂", "罗马"], 0, "Lyon", "里昂"),  # the right one and no other
        doc("c", "en", ["Lyon", "Rome"], 0),
        doc("c", "zh", ["里昂", "罗马"], 0, "Rome", "罗马"),  # a wrong one
        doc("d", "en", ["Lyon", "Rome"], 0),
        doc("d", "zh", ["里昂", "罗马"], 0, "Rome", "罗马", "Lyon", "里昂"),  # both
        doc("e", "zh", ["太平洋", "大西洋"], -1, "Pacific", "太平洋"),  # who is right is hidden
        doc("f", "fr", ["océan Pacifique", "Nil"], 0, "The Pacific", "l'océan Pacifique"),  # the option in the name
    ]
    assert coverage(docs) == {
        "questions": 6,
        "covered": 6,
        "by_language": {"en": 0, "zh": 5, "fr": 1},
        "gold_alone": 2,
        "others_alone": 1,
    }
    assert said(coverage(docs[:4])) == (
        "The glossary says something of 2 of 2 questions (en 0, zh 2); all others are asked as they are zero-shot. It "
        "names the right option and no other in 1, wrong options alone in 0."
    )


def test_a_line_is_shown_whole_or_not_at_all():
    asked = {"language": "en", "stem": "?", "options": ["x", "y"], "answer": 0, "question_id": "q"}
    told = passages(glossary(LYON, RHONE), "隆河流经里昂吗？", "zh")
    assert [passage["text"] for passage in fit(told, asked, 40, Characters())] == ["Rhône (en) = 隆河"]
    long = {**told[0], "text": "x" * 100}
    assert fit([long], asked, 60, Characters()) == []
    (cut,) = fit([{name: value for name, value in long.items() if name != "labels"}], asked, 60, Characters())
    assert cut["cut"]


# Tables ---------------------------------------------------------------------------------------------------------------

WIDE = [
    {"entity": "Q456", "en": "Lyon|Lyons", "zh": "里昂", "note": "x"},
    {"entity": "", "en": "Rhône", "zh": "", "note": ""},
]
LONG = [
    *({"entity": "Q456", "language": "en", "label": name} for name in ("Lyon", "Lyons")),
    {"entity": "Q456", "language": "zh", "label": "里昂"},
    {"entity": "Q602", "language": "en", "label": "Rhône"},
    {"entity": "Q602", "language": "pl", "label": "Rodan"},
]


def put(path, rows):
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        return str(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_a_table_has_a_row_an_entity_or_a_row_a_name(tmp_path, suffix):
    lyon = Entity("Q456", {"en": ("Lyon", "Lyons"), "zh": ("里昂",)})
    wide = read(put(tmp_path / f"wide{suffix}", WIDE), "custom", ["zh", "en"], "en")
    assert wide == [lyon, Entity("row 2", {"en": ("Rhône",)})]
    long = read(put(tmp_path / f"long{suffix}", LONG), "custom", ["zh", "en"], "en")
    assert long == [lyon, Entity("Q602", {"en": ("Rhône",)})]


def test_aliases_may_be_a_list(tmp_path):
    rows = [{"en": ["Lyon", " Lyons ", ""], "zh": "里昂"}, {"zh": None, "en": "Rhône"}]
    names = [entity.names for entity in read(put(tmp_path / "t.jsonl", rows), "custom", ["zh"], "en")]
    assert names == [{"zh": ("里昂",), "en": ("Lyon", "Lyons")}, {"en": ("Rhône",)}]


REFUSED = {
    "no pivot": (
        [{"zh": "里昂", "fr": "Lyon"}],
        "has no labels in en, the pivot (its columns are zh, fr); ",
    ),
    "no other language": ([{"en": "Lyon", "pl": "Lyon"}], "has no labels in zh, fr (its columns are en, pl); "),
    "a number": ([{"en": "Lyon", "zh": 7}], "row 1: zh is neither text nor a list of texts; write it as text"),
    "a row of nothing": (
        [{"entity": "Q1", "language": "", "label": "x"}],
        "row 1 names no language; fill it",
    ),
}


@pytest.mark.parametrize(("rows", "why"), REFUSED.values(), ids=REFUSED)
def test_a_table_that_says_nothing_is_refused(tmp_path, rows, why):
    path = put(tmp_path / "labels.jsonl", rows)
    with pytest.raises(CalmError) as refused:
        read(path, "custom", ["zh", "fr", "en"], "en")
    assert str(refused.value).startswith(f"{path} {why}")


def test_a_file_that_is_not_there_is_said(tmp_path):
    for look in (lambda path: read(path, "mini", ["zh"], "en"), lambda path: digest(path, "mini")):
        with pytest.raises(CalmError, match=r"none\.csv .*give a \.csv, \.tsv, \.jsonl or \.parquet with a row an"):
            look(str(tmp_path / "none.csv"))
    with pytest.raises(
        CalmError, match="glossary=titles needs a set with passages of its own, as mini; xcsqa has none"
    ):
        read("titles", "xcsqa", ["zh"], "en")


def test_tables_are_told_apart_by_content(tmp_path):
    one, same = put(tmp_path / "one.csv", WIDE), put(tmp_path / "same.csv", WIDE)
    other = put(tmp_path / "other.csv", WIDE[:1])
    assert digest(one, "mini") == digest(same, "mini") != digest(other, "mini")
    assert len(digest("titles", "mini")) == 16


def test_titles_of_the_sets_own_passages_are_a_table():
    entities = read("titles", "mini", ["zh", "ja", "en"], "en")
    assert len(entities) == 320
    assert next(entity for entity in entities if entity.identity == "mini-001-distractor").names == {
        "en": ("Lyon",),
        "ja": ("リヨン",),
        "zh": ("里昂",),
    }
    question_set = load("mini", languages=["zh"])
    told = Glossary(entities, ["zh", "en"], "en")
    lines = {row.stem: [each["text"] for each in passages(told, row.stem, "zh")] for row in question_set.rows}
    assert lines["印度在哪个大洲？"] == ["India (en) = 印度"]
    assert lines["霍乱是通过什么传播的？"] == ["Cholera (en) = 霍乱"]
