"""Passages end where sentences end, in any script, and keep who they are."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.corpus import Document
from retrieval.split import dense, split

for needed in ("semantic_text_splitter",):
    pytest.importorskip(needed, reason=f"{needed} is not installed; run: pip install calm-harness[retrieval]")


def cut(text, length, language="en"):
    return list(split([Document("d", language, "Title", text, "source")], length))


def test_a_short_text_is_one_passage():
    (passage,) = cut(" Bees make honey. ", 100)
    assert (passage.passage_id, passage.title, passage.text) == ("d", "Title", "Bees make honey.")


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
