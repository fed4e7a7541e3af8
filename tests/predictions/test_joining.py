"""Which rows of other people's logs are of the same question."""

from dataclasses import replace

import pytest

from calm_harness.errors import CalmError
from calm_harness.predictions import Prediction, identify, read
from calm_harness.predictions.scoring import score
from calm_harness.questions import load
from tests.predictions.logs import lettered, scored, write

QUESTIONS = {
    "en": [
        "How many legs has a spider?",
        "Which animal lays eggs?",
        "What is the capital of Peru?",
        "Which is a metal?",
    ],
    "es": [
        "¿Cuántas patas tiene una araña?",
        "¿Qué animal pone huevos?",
        "¿Cuál es la capital de Perú?",
        "¿Cuál es un metal?",
    ],
}
GOLD = [1, 0, 2, 3]
IDS = ["a/7", "a/3", "b/1", "b/9"]
OTHER_ORDER = [2, 0, 3, 1]


def log(tmp_path, language, docs, order=range(4), golds=GOLD):
    """A log in which every answer is right; `docs` are the fields of each question beside its text."""
    rows = [
        lettered({"question": QUESTIONS[language][i], **docs[i]}, golds[i], golds[i], number)
        for number, i in enumerate(order)
    ]
    return read(write(tmp_path / f"{language}.jsonl", rows), language)


def pair(tmp_path, docs, spanish_docs=None, order=OTHER_ORDER, golds=GOLD):
    return [
        log(tmp_path, "en", docs),
        log(tmp_path, "es", spanish_docs or docs, order, golds),
    ]


def ids(rows, language):
    return [row.question_id for row in rows if row.language == language]


@pytest.mark.parametrize("name", ["sample_id", "question_id", "id", "uuid", "story_id", "questionId", "ind"])
def test_a_field_that_is_unique_and_shared_joins_whatever_the_order(tmp_path, name):
    files = pair(tmp_path, [{name: value, "subject": "x"} for value in IDS])
    result = score(files)
    assert (result["joined_by"], result["questions"]) == (name, 4)
    assert result["metrics"]["acc"]["value"] == result["metrics"]["consistency"]["value"] == 1.0


def test_two_fields_join_where_one_alone_is_not_unique(tmp_path):
    docs = [{"link": link, "question_number": number} for link in ("url/1", "url/2") for number in (1, 2)]
    identified, _ = identify(pair(tmp_path, docs))
    assert ids(identified, "en") == ["url/1 / 1", "url/1 / 2", "url/2 / 1", "url/2 / 2"]
    assert ids(identified, "es") == ["url/2 / 1", "url/1 / 1", "url/2 / 2", "url/1 / 2"]


def test_a_number_of_the_row_does_not_beat_an_id(tmp_path):
    docs = [{"idx": place, "sample_id": value} for place, value in enumerate(IDS)]
    in_spanish_order = [{"idx": OTHER_ORDER.index(place), "sample_id": value} for place, value in enumerate(IDS)]
    result = score(pair(tmp_path, docs, in_spanish_order))
    assert (result["joined_by"], result["metrics"]["acc"]["value"]) == ("sample_id", 1.0)


def test_a_number_that_was_given_before_the_rows_were_mixed_is_an_id(tmp_path):
    result = score(pair(tmp_path, [{"idx": place} for place in range(4)]))
    assert (result["joined_by"], result["metrics"]["consistency"]["value"]) == ("idx", 1.0)


def test_an_id_may_be_a_number_here_and_a_text_there(tmp_path):
    docs = [{"id": number} for number in (70, 71, 90, 95)]
    result = score(pair(tmp_path, docs, [{"id": f"{doc['id']}"} for doc in docs]))
    assert (result["joined_by"], result["questions"]) == ("id", 4)


def test_a_label_that_happens_to_be_unique_is_no_id(tmp_path):
    docs = [
        {"answer": gold, "label": "ABCD"[gold], "number": value} for gold, value in zip(GOLD, (5, 8, 3, 9), strict=True)
    ]
    assert score(pair(tmp_path, docs))["joined_by"] == "number"


def test_ids_that_contradict_each_other_are_refused(tmp_path):
    docs = [{"id": value, "uuid": f"u{value}"} for value in IDS]
    crossed = [{"id": value, "uuid": f"u{other}"} for value, other in zip(IDS, reversed(IDS), strict=True)]
    with pytest.raises(CalmError, match=r"may be joined by id or by uuid, which do not agree; .* --id FIELD"):
        score(pair(tmp_path, docs, crossed))


def test_a_number_does_not_contradict_an_id(tmp_path):
    docs = [{"sample_id": value, "number": number} for value, number in zip(IDS, (5, 6, 7, 8), strict=True)]
    crossed = [{"sample_id": value, "number": number} for value, number in zip(IDS, (6, 5, 8, 7), strict=True)]
    result = score(pair(tmp_path, docs, crossed))
    assert (result["joined_by"], result["metrics"]["consistency"]["value"]) == ("sample_id", 1.0)


def test_a_file_may_lack_some_rows(tmp_path):
    docs = [{"sample_id": value} for value in IDS]
    result = score(pair(tmp_path, docs, order=[3, 1]))
    assert (result["questions"], result["incomplete_questions"]) == (2, 2)


def test_rows_whose_right_options_differ_are_refused(tmp_path):
    docs = [{"sample_id": value} for value in IDS]
    with pytest.raises(CalmError) as refused:
        score(pair(tmp_path, docs, golds=[1, 0, 1, 2]))
    assert str(refused.value).startswith("2 of 8 rows have another right option, by their own target and acc")
    assert f"the first is {tmp_path}/es.jsonl row 0, joined with {tmp_path}/en.jsonl row 2" in str(refused.value)


def test_the_user_may_name_the_field(tmp_path):
    docs = [{"idx": place, "mine": value} for place, value in enumerate(IDS)]
    files = pair(tmp_path, docs)
    assert score(files, id_fields=["mine"])["joined_by"] == "mine"
    assert ids(identify(files, ["idx"])[0], "es") == ["2", "0", "3", "1"]


def test_the_user_may_say_that_rows_are_in_one_order(tmp_path):
    files = pair(tmp_path, [{}] * 4, order=range(4))
    assert score(files, id_fields=["doc_id"])["questions"] == 4


def test_a_named_field_that_is_not_there_is_refused(tmp_path):
    files = pair(tmp_path, [{"mine": value} for value in IDS])
    with pytest.raises(
        CalmError, match=r"en\.jsonl row 0: its document has no yours; --id takes one of doc_id, question"
    ):
        score(files, id_fields=["yours"])


def test_a_named_field_that_is_not_unique_is_refused(tmp_path):
    files = pair(tmp_path, [{"topic": topic} for topic in "aabb"])
    with pytest.raises(CalmError, match=r"en\.jsonl rows 0 and 1 both have the topic 'a'"):
        score(files, id_fields=["topic"])


def test_a_field_is_named_of_other_peoples_logs_alone(tmp_path):
    files = pair(tmp_path, [{"sample_id": value} for value in IDS])
    named = [row for rows in files for row in rows]
    with pytest.raises(CalmError, match="--id is for logs of other people's lm-eval tasks alone"):
        identify([[replace(row, origin=None) for row in named]], ["sample_id"])


def test_one_log_needs_no_join(tmp_path):
    rows = log(tmp_path, "en", [{}] * 4)
    result = score([rows])
    assert "joined_by" not in result
    assert result["questions"] == 4


def test_logs_of_one_language_are_joined_by_what_they_ask(tmp_path):
    before = log(tmp_path, "en", [{}] * 4)
    after = log(tmp_path, "en", [{}] * 4, order=[3, 0, 1])
    assert score([before], [after])["difference_questions"] == 3


def test_subjects_in_a_file_each_are_questions_of_their_own(tmp_path):
    first = log(tmp_path, "en", [{}] * 4, order=[0, 1])
    second = log(tmp_path, "en", [{}] * 4, order=[2, 3])
    assert score([first, second])["questions"] == 4


def test_a_mixture_with_other_files_is_refused(tmp_path):
    own = [Prediction("es", "¿?", ("a", "b", "c", "d"), 0, (0,), "a/7")]
    with pytest.raises(
        CalmError, match="some of these files are logs of other people's lm-eval tasks and some are not"
    ):
        score([log(tmp_path, "en", [{}] * 4), own])


def mini_log(tmp_path, language, places):
    """A log of questions of the built-in set, which has no id but the number of the row."""
    rows = load("mini", languages=[language]).rows
    logged = []
    for number, place in enumerate(places):
        options = rows[place].options
        doc = {"question": rows[place].stem, "choices": list(options), "idx": number}
        scores = [-0.5 if i == rows[place].answer else -3.0 for i in range(len(options))]
        requests = [(rows[place].stem, f" {option}") for option in options]
        logged.append(scored(doc, requests, scores, str(rows[place].answer), 1.0, number=number))
    return read(write(tmp_path / f"{language}.jsonl", logged), language)


def test_without_an_id_rows_are_joined_by_what_they_ask(tmp_path):
    """The French log lacks the fourth question, so that all that follow have another number."""
    english, french = list(range(30)), [place for place in range(30) if place != 3]
    result = score([mini_log(tmp_path, "en", english), mini_log(tmp_path, "fr", french)])
    assert result["joined_by"] == "content"
    assert (result["questions"], result["incomplete_questions"]) == (29, 1)
    assert result["metrics"]["consistency"]["value"] == 1.0


def test_questions_of_other_content_are_not_joined_by_their_numbers(tmp_path):
    with pytest.raises(CalmError) as refused:
        score([mini_log(tmp_path, "en", range(20)), mini_log(tmp_path, "fr", range(20, 40))])
    assert "no sign of being translations" in str(refused.value)
    assert "if a field of the documents is their id, name it: --id FIELD (question, idx, doc_id)" in str(refused.value)


def cloze(tmp_path, language, turned):
    """A log of years as options, without gold; the model takes the first place everywhere."""
    rows = []
    for number, text in enumerate(QUESTIONS[language]):
        years = [str(1900 + 10 * number + step) for step in range(3)]
        doc = {"id": IDS[number], "question": text, "choices": years[::-1] if turned else years}
        requests = [(text, f" {year}") for year in doc["choices"]]
        rows.append(scored(doc, requests, [-0.5, -3.0, -3.0], -1, number=number))
    return read(write(tmp_path / f"{language}.jsonl", rows), language)


def test_options_in_another_order_in_the_other_language_are_refused_though_gold_is_hidden(tmp_path):
    files = [cloze(tmp_path, "en", turned=False), cloze(tmp_path, "es", turned=True)]
    with pytest.raises(
        CalmError, match=r"es\.jsonl and .*en\.jsonl: of 4 questions whose options are the same texts in bo"
    ):
        score(files)
    same = score([files[0], cloze(tmp_path, "es", turned=False)])
    assert same["metrics"]["consistency"]["value"] == 1.0


def sized(tmp_path, language, sizes):
    """A log whose questions have so many options; the first is right and taken."""
    rows = []
    for number, size in enumerate(sizes):
        doc = {"id": IDS[number], "question": QUESTIONS[language][number]}
        requests = [(doc["question"], f" {letter}") for letter in "ABCD"[:size]]
        rows.append(scored(doc, requests, [-0.5, -3.0, -3.0, -3.0][:size], "A", 1.0, number=number))
    return read(write(tmp_path / f"{language}.jsonl", rows), language)


def test_a_question_with_fewer_options_in_a_language_is_left_out_and_counted(tmp_path):
    result = score([sized(tmp_path, "en", [4, 4, 4, 4]), sized(tmp_path, "es", [4, 3, 4, 4])])
    assert (result["joined_by"], result["questions"], result["unaligned_rows"]) == ("id", 3, 1)
    assert result["languages"] == ["en", "es"]


def test_a_language_without_a_question_of_as_many_options_is_refused(tmp_path):
    with pytest.raises(CalmError, match=r"es\.jsonl row 0: question a/7 has 3 options, and 4 in another language"):
        score([sized(tmp_path, "en", [4, 4, 4, 4]), sized(tmp_path, "es", [3, 3, 3, 3])])
