"""An audit finds what is wrong in a set, in real ones and in small ones."""

from dataclasses import replace

from calm_harness.questions import QuestionSet, Row, load
from calm_harness.questions.audit import audit


def toy(**texts):
    """One question in several languages: language=(stem, options, answer)."""
    rows = [Row("toy-1", language, *text) for language, text in texts.items()]
    return QuestionSet("toy", "test", tuple(texts), rows, dict.fromkeys(texts, 1))


def found(question_set, kind):
    return [(finding.language, finding.message) for finding in audit(question_set).findings if finding.kind == kind]


def test_xcsqa_train_has_identical_options(xcsqa_train):
    result = audit(xcsqa_train)
    assert result.counts()["identical_options"] == {"en": 15, "zh": 40, "fr": 48, "de": 35, "it": 42, "ja": 38}
    assert result.counts()["gold_disagrees"] == {}
    assert result.gold_positions == {"A": 177, "B": 183, "C": 167, "D": 188, "E": 184}
    assert result.options == {5: 899}


def test_medqa_is_repaired(medqa_en):
    result = audit(medqa_en)
    assert result.questions == 1000
    assert result.read == {"en": 1000, "zh": 1001, "fr": 1000}
    assert result.counts()["repaired"] == {"zh": 2, "fr": 3}
    assert result.counts()["gold_text"] == {"zh": 9, "fr": 52}
    text = result.to_text()
    assert "all_test_en2cn.json row 298 zh: doubles row 297; dropped" in text
    assert text.startswith("medqa test_en: 1000 questions in 3 languages (1000 with 4 options)\n")


def test_gold_that_differs():
    question_set = toy(en=("Where is it?", ("here", "there"), 0), fr=("Où est-ce ?", ("ici", "là"), 1))
    assert found(question_set, "gold_disagrees") == [("", "gold is A in en, B in fr")]


def test_hidden_gold_does_not_disagree():
    question_set = toy(en=("Where is it?", ("here", "there"), 0), fr=("Où est-ce ?", ("ici", "là"), -1))
    assert found(question_set, "gold_disagrees") == []
    hidden = replace(question_set, rows=[replace(row, answer=-1) for row in question_set.rows])
    assert audit(hidden).gold_positions == {"hidden": 1}


def test_identical_options_are_equal_in_all_but_white_space():
    question_set = toy(
        en=("Where is it?", ("town", "city", "Aa"), 0), de=("Wo ist es?", ("die Stadt", "die  Stadt", "aa"), 0)
    )
    assert found(question_set, "identical_options") == [("de", "A and B are both 'die Stadt', one of them gold")]


def test_genotypes_that_differ_in_case_are_not_identical():
    assert found(toy(en=("Which?", ("AA", "Aa", "aa"), 0)), "identical_options") == []


def test_options_that_differ_in_signs_are_not_identical():
    assert found(toy(en=("Which?", ("Na+ ↑", "Na+ ↓", "Na-"), 0)), "identical_options") == []


def test_a_stem_that_is_english_still():
    english = ("Where would you find an anemone?", ("here", "there"), 0)
    question_set = toy(en=english, fr=(english[0], ("ici", "là"), 0), ja=(english[0], ("ここ", "そこ"), 0))
    assert [language for language, _ in found(question_set, "untranslated")] == ["fr", "ja"]


def test_an_option_that_is_english_still():
    options = ("stomach", "DNA", "Paris", "omega-3", "42", "hotel")
    chinese = ("哪一个？", ("stomach", "DNA", "Paris", "omega-3", "42", "酒店"), 0)
    french = ("Lequel est-ce ?", ("estomac", "DNA", "Paris", "omega-3", "42", "hotel"), 0)
    question_set = toy(en=("Which one?", options, 0), zh=chinese, fr=french)
    assert found(question_set, "untranslated") == [("zh", "option A is the English 'stomach'")]


def test_json_has_all_of_it(calm_release):
    content = audit(load("xcsqa", source=calm_release)).to_json()
    assert content["set"] == "xcsqa"
    assert content["questions"] == 20
    assert content["read"] == dict.fromkeys(("en", "zh", "fr", "de", "it", "ja"), 20)
    assert len(content["findings"]) == sum(sum(counts.values()) for counts in content["counts"].values())


def test_a_gold_option_that_stands_always_at_the_same_place(bmlama17):
    assert audit(load("bmlama", source=bmlama17, languages=["en"])).gold_positions == {"J": 400}
