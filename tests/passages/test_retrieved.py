"""What a question is shown: the documents that answer it or others, whole, and nothing that gives a question away."""

import logging

import pyarrow
import pytest

from calm_harness.errors import CalmError
from calm_harness.passages import guard
from calm_harness.passages.leaks import Leaks
from calm_harness.passages.retrieved import leaks_of, retrieve
from calm_harness.questions import QuestionSet, Row
from retrieval.index import PASSAGES, Index
from tests.passages.conftest import old_layout

BEES = (
    "Bees make honey from the nectar of flowers.",
    "They store it in wax cells of six sides.",
    "In winter the whole hive lives on it.",
)
SHARP = "C sharp has two letters and a hash sign in its name, and it runs on a virtual machine."
ASKED = "What do the bees of a hive in the mountains make from the nectar of the flowers that bloom in spring?"


def asking(*gold_passages, stem="What do bees make from nectar?", question_id="q"):
    row = Row(question_id, "en", stem, ("honey", "milk"), 0, gold_passages=gold_passages)
    return QuestionSet("made", "test", ("en",), [row])


def shown(question_set, folder, passage_language, k=3, **options):
    retrieved = retrieve(question_set, str(folder), k=k, passage_language=passage_language, **options)
    return [passage["passage_id"] for passage in retrieved.passages[0]]


def test_oracle_shows_all_pieces_of_a_document_in_order(index):
    assert shown(asking("bees"), index, "oracle", k=1) == ["bees", "bees#2", "bees#3"]


def test_a_number_sign_in_an_id_means_nothing(index):
    assert shown(asking("notes#2"), index, "oracle") == ["notes#2"]
    assert "notes#2" not in shown(asking("notes#2", stem="What is C sharp?"), index, "distractor", k=7)
    assert "notes#2" in shown(asking("notes", stem="What is C sharp?"), index, "distractor", k=7)


def test_distractors_are_of_other_documents(index):
    assert not {"bees", "bees#2", "bees#3"} & set(shown(asking("bees"), index, "distractor", k=3))
    assert len(shown(asking("bees"), index, "distractor", k=3)) == 3


def test_a_document_that_is_not_there_is_said(index):
    with pytest.raises(CalmError, match="lacks passage wasps in en, which answers q; build the index from"):
        shown(asking("wasps"), index, "oracle")


def test_two_documents_of_one_id_are_refused_where_one_of_them_answers(build):
    folder = build(("bees", "Bees make honey."), ("bees", "A spelling bee is a contest."), ("ants", "Ants dig."))
    with pytest.raises(CalmError, match="has two documents bees in en, one of which answers q; give each document an"):
        shown(asking("bees"), folder, "oracle", k=1)
    assert shown(asking("bees"), folder, "distractor", k=1) == ["ants"]


def test_a_piece_that_was_left_out_as_a_repeat_is_said(build, caplog):
    caplog.set_level(logging.WARNING)
    folder = build(("copy", BEES[1]), ("bees", " ".join(BEES)), length=50)
    assert shown(asking("bees"), folder, "oracle") == ["bees", "bees#3"]
    assert "1 documents lack pieces that the index left out, since others say the same; the first is en/bees" in (
        caplog.text
    )


# An index of an earlier version


def test_an_earlier_index_of_passages_that_were_not_split_is_used_as_ever(build):
    folder = build(("bees", BEES[0]), ("ants", "Ants dig."))
    before = [shown(asking("bees"), folder, choice, k=1) for choice in ("oracle", "distractor", "same")]
    old_layout(folder)
    assert len(pyarrow.ipc.open_file(folder / PASSAGES).schema.names) == 5
    assert [shown(asking("bees"), folder, choice, k=1) for choice in ("oracle", "distractor", "same")] == before
    assert before == [["bees"], ["ants"], ["bees"]]


@pytest.mark.parametrize("passage_language", ["oracle", "distractor"])
def test_an_earlier_index_with_split_documents_is_refused_where_they_matter(index_copy, passage_language):
    old_layout(index_copy)
    assert len(shown(asking(), index_copy, "same")) == 3
    with pytest.raises(CalmError, match="does not say which passages are of one document, since an earlier version"):
        shown(asking("bees"), index_copy, passage_language)


# Leaks


def leaking(build, question=ASKED):
    first, second = question[:50], question[50:]
    texts = [f"Quiz time at the school. {first}", f"{second} They make honey."]
    return build(("quiz", "\n\n".join(texts)), ("ants", "Ants dig."), ("wasps", "Wasps hunt."), length=90)


def test_a_question_that_was_cut_is_left_out_with_all_its_pieces(build):
    folder = leaking(build)
    assert {passage.passage_id for passage in Index.open(folder)} == {"quiz", "quiz#2", "ants", "wasps"}
    retrieved = retrieve(asking(stem=ASKED), str(folder), k=2, passage_language="same")
    assert {passage["passage_id"] for passage in retrieved.passages[0]} == {"ants", "wasps"}
    assert {name: leak.question_id for name, leak in retrieved.leaks.items()} == {"en/quiz": "q", "en/quiz#2": "q"}
    assert "quiz#2" in shown(asking(stem=ASKED), folder, "same", k=2, keep_leaks=True)


def test_the_tasks_and_the_command_go_by_the_same_rule(build):
    folder = leaking(build)
    index, question_set = Index.open(folder), asking(stem=ASKED)
    listed = {passage.passage_id for passage, _ in leaks_of(question_set, str(folder))}
    found = guard.among(guard.leaks_for(question_set), index, range(len(index)))
    assert listed == {index.passage(number).passage_id for number in found} == {"quiz", "quiz#2"}


def test_a_passage_is_looked_at_with_those_beside_it(build):
    index = Index.open(leaking(build))
    numbers = {passage.passage_id: number for number, passage in enumerate(index)}
    leaks = Leaks([("q", "en", ASKED)])
    for name in ("quiz", "quiz#2"):
        assert list(guard.among(leaks, index, [numbers[name]])) == [numbers[name]]
    assert guard.among(leaks, index, [numbers["ants"]]) == {}


def test_passages_of_one_name_are_told_apart(build):
    folder = build(("same", f"{ASKED} Honey."), ("same", "Bees make honey from nectar."), ("ants", "Ants dig."))
    retrieved = retrieve(asking(stem=ASKED), str(folder), k=3, passage_language="same")
    assert [passage["text"] for passage in retrieved.passages[0]] == ["Bees make honey from nectar.", "Ants dig."]
