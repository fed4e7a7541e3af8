"""Facts to edit: of `mini` and BMLAMA, and of small files in the shape of MLaKE and BMIKE-53, written by hand."""

import json

import pytest

from calm_harness.errors import CalmError
from calm_harness.questions import load as load_set
from calm_harness.questions.facts import NEW, OLD, RIGHT, load
from calm_harness.questions.facts.of_sets import _order
from calm_harness.questions.schema import Row

# subject, country, its opposite number, and the same two in German: rows that are translations of each other
PEOPLE = [
    ("Ada Lovelace", "England", "Norway", "England", "Norwegen"),
    ("Marie Curie", "Poland", "Chile", "Polen", "Chile"),
    ("Werner Heisenberg", "Germany", "Canada", "Deutschland", "Kanada"),
    ("Enrico Fermi", "Italy", "Japan", "Italien", "Japan"),
    ("Lise Meitner", "Austria", "Egypt", "Österreich", "Ägypten"),
    ("Niels Bohr", "Denmark", "Peru", "Dänemark", "Peru"),
    ("Rosalind Franklin", "England", "Brazil", "England", "Brasilien"),
    ("Emmy Noether", "Germany", "India", "Deutschland", "Indien"),
    ("Henri Poincaré", "France", "Cuba", "Frankreich", "Kuba"),
    ("Pierre Fermat", "France", "Mexico", "Frankreich", "Mexiko"),
]


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8", newline="\n")


def single(stem, statement, old, new, aliases=()):
    return {
        **{"question": stem, "o_prompt": "", "o_answer": old, "o_answer_aliases": list(aliases)},
        **{"e_prompt": statement, "e_answer": new, "e_answer_aliases": []},
    }


def hop(stem, statement, answer, aliases=()):
    return {"question": stem, "e_prompt": statement, "e_answer": answer, "e_answer_aliases": list(aliases)}


@pytest.fixture
def mlake(tmp_path):
    folder = tmp_path / "MLaKE" / "dataset"
    english = [
        single(f"Where was {who} born?", f"{who} was born in {new}.", old, new) for who, old, new, _, _ in PEOPLE
    ]
    german = [
        single(f"Wo wurde {who} geboren?", f"{who} kam in {new} zur Welt.", old, new) for who, _, _, old, new in PEOPLE
    ]
    write(folder / "single_hop/qa/en_qa.json", english)
    write(folder / "single_hop/qa/de_qa.json", german)
    capitals = [("Oslo", 0), ("Santiago", 1), ("Ottawa", 2), ("Tokio", 3), ("Kairo", 4)]
    hops = [
        hop(
            f"Was ist die Hauptstadt des Landes, in dem {PEOPLE[at][0]} geboren wurde?",
            english[at]["e_prompt"],
            capital,
        )
        for capital, at in capitals
    ]
    write(folder / "multi_hop/qa/new_de_qa.json", [*hops, hop("Wohin?", "Nobody was born in Nowhere.", "Nirgends")])
    return tmp_path / "MLaKE"


def by_statement(facts, start):
    (found,) = [fact for fact in facts.facts if fact.statements["en"].startswith(start)]
    return found


def test_mini_states_a_wrong_option_as_the_answer_the_same_one_in_all_languages():
    facts, rows = load("mini:train"), load_set("mini", split="train")
    assert facts.languages == ("en", "zh", "fr", "de", "it", "ja", "es", "ar")
    assert (len(facts.facts), facts.score, facts.name) == (100, "pmi", "mini train")
    for fact, question in zip(facts.facts, rows.questions(), strict=True):
        places = set()
        for row in question:
            asked = fact.questions[row.language]
            old, new, *others = (option.strip() for option in asked.options)
            assert old == row.options[row.answer]
            assert sorted([old, new, *others]) == sorted(row.options)
            assert fact.statements[row.language] == asked.prompt + asked.options[NEW]
            places.add(row.options.index(new))
        assert len(places) == 1
    first = facts.facts[0]
    assert first.questions["de"].prompt == "Frage: Wie heißt die Hauptstadt von Frankreich?\nAntwort:"
    assert first.questions["de"].null == "Antwort:"
    assert first.questions["zh"].null == "答案："


def test_what_is_drawn_depends_on_seed_and_question_alone():
    def new(facts):
        return {fact.fact_id: fact.questions["en"].options[NEW] for fact in facts.facts}

    alone, among = load("mini", languages=["en"]), load("mini", languages=["de", "en", "ja"])
    assert new(alone) == new(among)
    assert new(alone) != new(load("mini", languages=["en"], seed=1))
    assert load("mini", languages=["en"]).digest == alone.digest != among.digest


def test_what_is_also_right_is_neither_the_new_answer_nor_another_option():
    rows = [
        Row("q", "en", "<mask>?", ("Malay", "English", "Thai"), 1, aliases=("Malay",)),
        Row("q", "de", "<mask>?", ("Malaiisch", "Englisch", "Thai"), 1),
    ]
    assert _order(rows, 0) == [1, 2]
    assert _order([Row("q", "en", "?", ("a", "b"), 0), Row("q", "de", "?", ("a", "b"), 1)], 0) is None  # labels differ


def test_bmlama_states_its_sentence_with_another_candidate(bmlama17):
    facts = load(f"bmlama@{bmlama17}", languages=["en", "ja"])
    assert facts.score == "bytes"
    for fact in facts.facts[:50]:
        for tag in ("en", "ja"):
            asked = fact.questions[tag]
            assert fact.statements[tag] == f"{asked.prompt}{asked.options[NEW]}"
            assert asked.null == ""
    (rogers,) = [fact for fact in facts.facts if fact.statements["en"].startswith("Kenny Rogers was born in")]
    assert rogers.questions["en"].options[OLD] == " Houston."
    assert rogers.questions["ja"].options[OLD] == "ヒューストンに生まれました。"


def test_mlake_pairs_languages_and_draws_other_answers(mlake):
    facts = load(f"mlake@{mlake}", languages=["de", "en"])
    assert (facts.languages, len(facts.facts), facts.score) == (("en", "de"), 10, "pmi")
    ada = by_statement(facts, "Ada")
    assert ada.statements["de"] == "Ada Lovelace kam in Norwegen zur Welt."
    assert ada.questions["de"].prompt == "Frage: Wo wurde Ada Lovelace geboren?\nAntwort:"
    english, german = ada.questions["en"].options, ada.questions["de"].options
    assert (english[:2], german[:2]) == ((" England", " Norway"), (" England", " Norwegen"))
    assert len(english) == len(german) == 5
    translated = {f" {old}": f" {alt}" for _, old, _, alt, _ in PEOPLE}
    assert [translated[text] for text in english[2:]] == list(german[2:])  # the same rows in all languages
    assert len(set(english)) == 5  # Rosalind Franklin's England is no wrong answer


def test_mlake_joins_two_hop_questions_by_their_english_statement(mlake):
    facts = load(f"mlake@{mlake}", languages=["en", "de"])
    ada = by_statement(facts, "Ada")
    assert set(ada.hops) == {"de"}
    (question,) = ada.hops["de"]
    assert question.prompt == "Frage: Was ist die Hauptstadt des Landes, in dem Ada Lovelace geboren wurde?\nAntwort:"
    assert question.options[RIGHT] == " Oslo"
    assert len(set(question.options)) == 4
    assert by_statement(facts, "Niels").hops == {}
    assert facts.notes == ("1 two-hop questions in de are of no such fact, or answered by what it says; left out",)


def test_mlake_rows_in_another_order_are_found(mlake):
    path = mlake / "dataset/single_hop/qa/de_qa.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    write(path, rows[5:] + rows[:5])
    facts = load(f"mlake@{mlake}", languages=["en", "de"])
    for fact in facts.facts:
        who = fact.statements["en"].partition(" was born")[0]
        assert fact.statements["de"].startswith(who)
    assert len(facts.facts) >= 8


def test_mlake_says_what_is_missing_or_damaged(mlake):
    with pytest.raises(CalmError, match=r"has no single_hop/qa/zh_qa\.json; clone"):
        load(f"mlake@{mlake}")
    with pytest.raises(CalmError, match=r"mlake is read from your own copy: mlake@FOLDER"):
        load("mlake")
    path = mlake / "dataset/single_hop/qa/de_qa.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    del rows[3]["e_answer"]
    write(path, rows)
    with pytest.raises(CalmError, match=r"de_qa\.json row 3 has no text 'e_answer'"):
        load(f"mlake@{mlake}", languages=["en", "de"])


def test_mlake_leaves_out_what_is_not_whole(mlake):
    path = mlake / "dataset/single_hop/qa/de_qa.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows[3]["e_answer"] = rows[3]["o_answer"]  # nothing is new
    write(path, rows)
    facts = load(f"mlake@{mlake}", languages=["en", "de"])
    assert "1 of 10 facts are not whole in all these languages, or twice there; left out" in facts.notes
    assert not [fact for fact in facts.facts if fact.statements["en"].startswith("Enrico")]


def test_what_is_another_name_of_the_old_answer_is_nothing_new(mlake):
    path = mlake / "dataset/single_hop/qa/de_qa.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows[3]["o_answer_aliases"] = [f"{rows[3]['e_answer'].upper()}."]
    rows[4]["e_answer_aliases"] = [rows[4]["o_answer"]]
    write(path, rows)
    facts = load(f"mlake@{mlake}", languages=["en", "de"])
    assert "2 of 10 facts are not whole in all these languages, or twice there; left out" in facts.notes
    names = {fact.statements["en"].partition(" was born")[0] for fact in facts.facts}
    assert names == {who for at, (who, *_) in enumerate(PEOPLE) if at not in (3, 4)}


def test_what_an_edit_itself_answers_is_no_second_step(mlake, bmike):
    path = mlake / "dataset/multi_hop/qa/new_de_qa.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows[0]["e_answer"] = "NORWEGEN"  # where Ada Lovelace was born, as the edit has it
    rows[1]["e_answer_aliases"] = [PEOPLE[1][4]]
    write(path, rows)
    facts = load(f"mlake@{mlake}", languages=["en", "de"])
    assert sum(len(each) for fact in facts.facts for each in fact.hops.values()) == 3
    assert "3 two-hop questions in de are of no such fact, or answered by what it says; left out" in facts.notes
    path = bmike / "counterfact_test_de.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    rows[2]["de"]["port_ans"] = f"{rows[2]['de']['alt']}."
    write(path, rows)
    facts = load(f"bmike@{bmike}", languages=["en", "de"])
    assert [at for at, fact in enumerate(facts.facts) if not fact.hops] == [2]
    assert facts.notes == ("1 of 10 two-hop questions are missing, or answered by the new answer itself; left out",)


def entry(number, who, old, new, port):
    return {
        **{"case_id": number, "subject": who, "src": f"{who}?", "rephrase": "", "old": old, "alt": new},
        **{"loc": "", "loc_ans": "", "port": f"{who}, {port}?", "port_ans": f"{new} {port}"},
    }


@pytest.fixture
def bmike(tmp_path):
    folder = tmp_path / "CounterFact"
    english = [entry(at, who, old, new, "town") for at, (who, old, new, _, _) in enumerate(PEOPLE)]
    german = [entry(at, who, old, new, "Stadt") for at, (who, _, _, old, new) in enumerate(PEOPLE)]
    spanish = [entry(at, who, old, new, "pueblo") for at, (who, old, new, _, _) in enumerate(PEOPLE)]
    write(folder / "counterfact_test_de.json", [{"en": a, "de": b} for a, b in zip(english, german, strict=True)])
    turned = [{"en": a, "es": b} for a, b in zip(english, spanish, strict=True)][::-1]
    write(folder / "counterfact_test_es.json", turned[:-1])  # another order, and one row is missing
    write(folder / "counterfact_test.json", [])  # such files lie there, too, and are of no language
    return folder


def test_bmike_joins_rows_by_their_english_content(bmike):
    facts = load(f"bmike@{bmike}")
    assert (facts.languages, len(facts.facts), facts.name) == (("de", "en", "es"), 9, "bmike counterfact")
    assert facts.notes == ("1 of 10 facts are not whole in all these languages; left out",)
    curie = by_statement(facts, "Question: Marie Curie?")
    assert curie.statements["es"] == f"{curie.questions['es'].prompt} Chile"
    assert curie.questions["de"].options[:2] == (" Polen", " Chile")
    ((english,), (german,)) = curie.hops["en"], curie.hops["de"]
    assert (english.options[RIGHT], german.options[RIGHT]) == (" Chile town", " Chile Stadt")
    assert len(english.options) == 4


def test_bmike_says_what_is_wrong(bmike):
    with pytest.raises(CalmError, match=r"there is no language of bmike.* 'fr'"):
        load(f"bmike@{bmike}", languages=["en", "fr"])
    write(bmike / "zsre_test_de.json", [])
    with pytest.raises(CalmError, match=r"has files of counterfact, zsre; clone"):
        load(f"bmike@{bmike}")
    with pytest.raises(CalmError, match=r"has no files such as counterfact_test_de.json"):
        load(f"bmike@{bmike.parent}")
    (bmike / "zsre_test_de.json").unlink()
    write(bmike / "counterfact_test_de.json", [{"en": {"case_id": 1, "src": "a", "alt": "b"}}])
    with pytest.raises(CalmError, match=r"counterfact_test_de\.json row 0 has no entry 'de'"):
        load(f"bmike@{bmike}", languages=["en", "de"])


def test_a_set_that_is_not_there_is_named():
    with pytest.raises(CalmError, match=r"there is no set of facts 'mlke'.*did you mean mlake"):
        load("mlke@x")
