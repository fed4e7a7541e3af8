"""Languages within a question: which part is in which, what is drawn, and what is refused."""

from dataclasses import replace

import pytest

from calm_harness.errors import CalmError
from calm_harness.questions import QuestionSet, Row, load, permute_options
from calm_harness.questions.digest import content_digest, digest
from calm_harness.questions.mixing import KINDS, LABELLED, mixed
from calm_harness.questions.schema import Mix

TAGS = ("en", "de", "fr", "ja")


def made(answer=1, tags=TAGS, options=4):
    rows = [
        Row(f"q{number}", tag, f"{tag}?", tuple(f"{tag}{place}" for place in range(options)), answer)
        for number in range(20)
        for tag in tags
    ]
    return QuestionSet("made", "test", tags, rows)


def row_of(kind, language="de", *, question_set=None, seed=0, asked=TAGS, number=0):
    found = mixed(question_set or made(), Mix(kind, "en", seed), asked)
    return next(row for row in found.rows if (row.question_id, row.language) == (f"q{number}", language))


@pytest.mark.parametrize(
    ("kind", "stem", "options"),
    [
        ("question", "de?", ("en0", "en1", "en2", "en3")),
        ("options", "en?", ("de0", "de1", "de2", "de3")),
        ("gold", "en?", ("en0", "de1", "en2", "en3")),
        ("gold_question", "de?", ("en0", "de1", "en2", "en3")),
        ("all_wrong", "en?", ("de0", "en1", "de2", "de3")),
    ],
)
def test_what_stands_in_the_rows_own_language(kind, stem, options):
    row = row_of(kind)
    assert (row.stem, row.options) == (stem, options)
    assert row.languages == tuple(text[:2] for text in (stem, *options))
    assert (row.language, row.answer) == ("de", 1)


def test_of_one_wrong_the_drawn_option_is_the_same_in_all_languages():
    def drawn(language):
        odd = [
            [
                place
                for place, tag in enumerate(row_of("one_wrong", language, number=number).languages[1:])
                if tag != "en"
            ]
            for number in range(20)
        ]
        assert all(len(places) == 1 for places in odd)
        return [places[0] for places in odd]

    assert drawn("de") == drawn("fr") == drawn("ja")
    assert set(drawn("de")) == {0, 2, 3}  # each wrong option comes up, the right one never
    assert all(row_of("one_wrong", number=number).languages[0] == "en" for number in range(20))


def test_what_is_drawn_depends_on_seed_and_question_and_not_on_the_order_of_options():
    for kind in ("one_wrong", "mixup"):
        for number in range(20):
            plain = row_of(kind, number=number)
            other = row_of(kind, number=number, question_set=permute_options(made(), 3))
            by_source = [text for _, text in sorted(zip(other.order, other.options, strict=True))]
            assert by_source == list(plain.options)
        draws = {tuple(row_of(kind, seed=seed).languages) for seed in range(20)}
        assert len(draws) > 1


def test_mixup_gives_each_part_a_language_of_its_own_as_far_as_there_are_some():
    tags = ("en", "de", "fr", "ja", "zh")
    for number in range(20):
        row = row_of("mixup", question_set=made(tags=tags), asked=tags, number=number)
        assert row.languages[0] == "de"
        assert sorted(row.languages) == sorted(tags)
    row = row_of("mixup", question_set=made(options=7))  # three other languages for seven options
    assert [row.languages.count(tag) for tag in ("en", "fr", "ja")] in ([3, 2, 2], [2, 3, 2], [2, 2, 3])


@pytest.mark.parametrize("kind", KINDS)
def test_rows_in_the_language_of_the_rest_stay_as_they_are(kind):
    row = row_of(kind, "en")
    assert replace(row, languages=()) == made().rows[0]
    assert row.languages == ("en",) * 5


def test_the_language_of_the_rest_need_not_be_asked():
    found = mixed(made(), Mix("options", "en"), ("de", "fr"))
    assert found.languages == ("de", "fr")
    assert {row.language for row in found.rows} == {"de", "fr"}
    assert found.rows[0].stem == "en?"


def test_where_languages_disagree_the_first_that_is_asked_says_which_option_is_right():
    rows = [replace(row, answer=0 if row.language == "en" else 2) for row in made().rows]
    question_set = replace(made(), rows=rows)
    assert row_of("gold", question_set=question_set).languages[1:] == ("de", "en", "en", "en")
    assert row_of("gold", question_set=question_set, asked=("de",)).languages[1:] == ("en", "en", "de", "en")


@pytest.mark.parametrize("kind", KINDS)
def test_what_reads_as_in_one_language_is_told(kind):
    """Of question 1 the options are numbers; question 2 is not translated at all."""
    tags, numbers = ("en", "de", "fr"), ("1", "2", "3", "4")
    rows = [
        replace(row, options=numbers)
        if row.question_id == "q1"
        else replace(row, stem="en?", options=("en 0", "en 1", "en 2", "en 3"))
        if row.question_id == "q2"
        else row
        for row in made(tags=tags).rows
    ]
    found = mixed(replace(made(tags=tags), rows=rows), Mix(kind, "en"), tags)
    told = [(each.question_id, each.language) for each in found.findings if each.kind == "unmixed"]
    assert told == [(name, tag) for name in ("q1", "q2") for tag in ("de", "fr")]
    assert mixed(made(tags=tags), Mix(kind, "en"), tags).findings == []


def test_an_option_that_reads_like_the_right_one_is_no_wrong_one():
    same = [replace(row, options=(*row.options[:3], row.options[1])) for row in made().rows]
    for number in range(20):
        languages = row_of("one_wrong", question_set=replace(made(), rows=same), number=number).languages
        assert languages[4] == "en"


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_labels_are_no_hindrance_where_none_is_needed(kind):
    if kind in LABELLED:
        with pytest.raises(CalmError, match="goes by the right option, and that of question q0 is hidden"):
            row_of(kind, question_set=made(answer=-1))
    else:
        assert row_of(kind, question_set=made(answer=-1)).languages == row_of(kind).languages


def test_a_mix_that_would_mix_nothing_is_refused():
    with pytest.raises(CalmError, match="rows in en stay unmixed; ask others, too"):
        mixed(made(), Mix("gold", "en"), ("en",))
    with pytest.raises(CalmError, match="mixup needs three languages"):
        mixed(made(tags=("en", "de")), Mix("mixup", "en"), ("en", "de"))


def test_mixed_questions_are_other_content_and_unmixed_ones_are_as_they_were():
    plain = load("mini", languages=["en", "de"])
    found = [mixed(plain, Mix(kind, "en"), ("en", "de")) for kind in KINDS if kind != "mixup"]
    assert len({digest(one) for one in (plain, *found)}) == len(KINDS)
    assert len({content_digest(one) for one in (plain, *found)}) == len(KINDS)
    assert {row.languages for row in plain.rows} == {()}
