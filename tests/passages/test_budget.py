"""Passages are cut to a budget: the first ones stay whole, the one that goes beyond loses its end."""

import pytest

from calm_harness import prompts
from calm_harness.passages.budget import Characters, fit
from calm_harness.task.tokens import Tokens, load

PASSAGES = [
    {"title": "Bees", "text": "Bees make honey from the nectar of flowers.", "cut": False},
    {
        "title": "",
        "text": "Honey keeps for years, since it holds so little water that nothing grows in it.",
        "cut": False,
    },
    {"title": "Wasps", "text": "Wasps make none.", "cut": False},
]


def rendered(passages, tag="en"):
    return prompts.context({"language": tag, "passages": passages})


def test_passages_that_fit_stay_as_they_are():
    assert fit(PASSAGES, {"language": "en"}, 1000, Characters()) == PASSAGES


@pytest.mark.parametrize("most", range(0, 200, 7))
def test_what_is_shown_never_exceeds_the_budget(most):
    kept = fit(PASSAGES, {"language": "en"}, most, Characters())
    assert len(rendered(kept)) <= most
    assert [passage["title"] for passage in kept] == [passage["title"] for passage in PASSAGES[: len(kept)]]
    assert all(whole["text"].startswith(passage["text"]) for whole, passage in zip(PASSAGES, kept, strict=False))
    assert [passage["cut"] for passage in kept[:-1]] == [False] * (len(kept) - 1 if kept else 0)


def test_only_the_beginning_is_kept_of_the_one_that_goes_beyond():
    kept = fit(PASSAGES, {"language": "en"}, 100, Characters())
    assert kept[0] == PASSAGES[0]
    assert kept[1]["cut"]
    assert kept[1]["text"] == PASSAGES[1]["text"][: len(kept[1]["text"])]
    assert 16 <= len(kept[1]["text"]) < len(PASSAGES[1]["text"])


def test_a_few_characters_of_a_passage_are_not_shown():
    whole = len(rendered(PASSAGES[:1]))
    assert fit(PASSAGES, {"language": "en"}, whole + 10, Characters()) == PASSAGES[:1]


def test_no_room_shows_nothing():
    assert fit(PASSAGES, {"language": "en"}, 0, Characters()) == []
    assert fit(PASSAGES, {"language": "en"}, -50, Characters()) == []


@pytest.fixture(scope="module")
def tokens(offline_model) -> Tokens:
    found = load({"pretrained": str(offline_model), "max_length": "300"})
    assert found is not None
    return found


@pytest.mark.parametrize("tag", ["en", "ja"])
@pytest.mark.parametrize("most", [30, 45, 60, 90])
def test_tokens_of_the_model_are_kept_within(tokens, most, tag):
    passages = [{"title": "ミツバチ", "text": "ミツバチは花の蜜から蜂蜜をつくる。" * 4, "cut": False}, *PASSAGES]
    kept = fit(passages, {"language": tag}, most, tokens)
    assert kept[0]["text"]
    assert tokens.count(rendered(kept, tag)) <= most


def test_the_context_is_what_the_arguments_say_or_the_models_own(tokens, offline_model):
    assert tokens.context == 300
    assert load({"pretrained": str(offline_model)}).context == 32768
    assert load({"tokenizer": str(offline_model), "model": "served", "base_url": "http://127.0.0.1"}).context == 2048


def test_cutting_keeps_the_beginning(tokens):
    text = "Bees make honey from the nectar of flowers. 蜂蜜は甘い。"
    assert tokens.cut(text, 1000) == text
    for most in range(12):
        cut = tokens.cut(text, most)
        assert text.startswith(cut)
        assert tokens.count(cut) <= most


def test_without_a_name_or_a_tokenizer_there_are_no_tokens(caplog):
    assert load({}) is None
    assert load({"pretrained": "no/such-model"}) is None
    assert "no tokenizer for no/such-model" in caplog.text
