"""Passages end where sentences end, in any script, and keep who they are."""

import itertools
import json
import random
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import calm_harness
from retrieval.corpus import Document
from retrieval.corpus.split import SHORTEST, WHOLE, dense, split

PASSAGES = Path(calm_harness.__file__).parent / "data" / "mini" / "passages"

for needed in ("semantic_text_splitter",):
    pytest.importorskip(needed, reason=f"{needed} is not installed; run: pip install calm-harness[retrieval]")


def cut(text, length, language="en"):
    return list(split([Document("d", language, "Title", text, "source")], length))


def test_a_short_text_is_one_passage():
    (passage,) = cut(" Bees make honey. ", 100)
    assert (passage.passage_id, passage.title, passage.text) == ("d", "Title", "Bees make honey.")
    assert (passage.document, passage.piece) == ("d", 1)


@pytest.mark.parametrize(
    ("sentence", "length"),
    [
        ("The bee flew from one flower to the next. ", 100),
        ("蜜蜂从一朵花飞到另一朵花上。", 100),
        ("ハチは花から花へ飛んでいく。", 100),
    ],
)
def test_a_long_text_is_cut_between_sentences(sentence, length):
    passages = cut(sentence * 20, length)
    assert len(passages) > 5
    ends = {passage.text[-1] for passage in passages}
    assert ends == {sentence.strip()[-1]}
    assert [passage.passage_id for passage in passages[:3]] == ["d", "d#2", "d#3"]
    assert [(passage.document, passage.piece) for passage in passages[:3]] == [("d", 1), ("d", 2), ("d", 3)]
    limit = length if sentence.isascii() else length * 350 // 1000
    assert max(len(passage.text) for passage in passages) <= limit


def test_dense_scripts_are_told_by_their_letters():
    assert dense("水は百度で沸騰する。")
    assert dense("물은 백 도에서 끓는다.")
    assert not dense("Water boils at 100 °C.")
    assert not dense("يغلي الماء عند مئة درجة.")
    assert not dense("12345 !")


@given(st.lists(st.text(alphabet="ab cé水。. \n", min_size=1, max_size=60), min_size=1, max_size=8), st.integers(5, 50))
def test_no_letter_is_lost(pieces, length):
    text = "".join(pieces)
    if not text.strip():
        return
    whole = "".join(itertools.chain.from_iterable(passage.text for passage in cut(text, length)))

    def letters(string):
        return [character for character in string if not unicodedata.category(character).startswith(("Z", "C"))]

    assert letters(whole) == letters(text)


def library(text, length):
    """The library's own pieces, however long it takes."""
    from semantic_text_splitter import TextSplitter

    return TextSplitter(length * 350 // 1000 if dense(text) else length).chunks(text.strip())


def long_texts():
    """The passages of a language of `mini`, joined in one way or another."""
    for path in sorted(PASSAGES.glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for joint in ("\n\n", " ", ""):
            yield path.stem, joint.join(f"{row['title']}{joint}{row['text']}" for row in rows)


@pytest.mark.parametrize("length", [10, 60, 300])
def test_a_long_text_is_cut_where_the_library_cuts_it(length):
    for language, text in long_texts():
        assert len(text) > WHOLE * SHORTEST
        assert [passage.text for passage in cut(text, length)] == library(text, length), language


@pytest.mark.parametrize(
    "alphabet", ["ab cé水。. \n", "แม งุม. ", "aA .!?\"')\n\r\t ", "水。「」\n", "a1.5 ,;\n", "a\u200d👩🙂. "]
)
def test_a_long_text_of_any_letters_is_cut_where_the_library_cuts_it(alphabet):
    draw = random.Random(alphabet)
    for length in (6, 13, 40):
        text = "".join(draw.choice(alphabet) for _ in range(2 * WHOLE * SHORTEST))
        assert [passage.text for passage in cut(text, length)] == library(text, length)


def test_passages_of_mini_are_what_the_library_makes_of_them():
    for path in PASSAGES.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = json.loads(line)["text"]
            assert [passage.text for passage in cut(text, 100)] == library(text, 100)


def test_blank_stretches_are_passed_over():
    text = "Bees." + "\n" * 5000 + "Ants." + " " * 20_000 + "Hens."
    assert [passage.text for passage in cut(text, 20)] == ["Bees.", "Ants.", "Hens."]


@pytest.mark.slow
def test_time_grows_with_the_length_alone():
    def seconds(size):
        text = ("แมงมุมมีแปดขา" * size)[:size]
        start = time.process_time()
        assert "".join(passage.text for passage in cut(text, 1000, "th")) == text
        return time.process_time() - start

    seconds(50_000)
    assert seconds(800_000) < 20 * seconds(100_000)
