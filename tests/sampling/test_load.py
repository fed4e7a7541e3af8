"""How much is asked for, and what it costs, counted by hand."""

import pytest
from lm_eval.api.instance import Instance
from lm_eval.models.api_models import JsonChatStr

from calm_harness.errors import CalmError
from calm_harness.sampling.load import Load, Price, cut_prompts, load_of, read_price


def words(text):
    return len(text.split())


def response(context, settings, times=1):
    return Instance("generate_until", {}, (context, settings), 0, ("task", 0, times))


def test_each_request_counts_as_often_as_it_is_sent():
    requests = [
        response("one two three", {"max_gen_toks": 10}, times=5),
        response("one two", {}),
        response(JsonChatStr('[{"role": "user", "content": "four words are here"}]'), {"max_gen_toks": 7}),
    ]
    assert load_of(requests, words, 100) == Load(7, 0, 5 * 3 + 2 + 5, 5 * 10 + 100 + 7)


def test_options_are_read_with_their_prompt():
    requests = [Instance("loglikelihood", {}, ("which is it", option), 0, ("task", 0, 1)) for option in (" a b", " c")]
    assert load_of(requests, words, 100) == Load(0, 2, (3 + 2) + (3 + 1), 0)


def test_without_a_tokenizer_no_figure_is_made_up():
    load = load_of([response("one two", {"max_gen_toks": 3})], None, 100)
    assert load == Load(1, 0, None, 3)
    assert "prompt tokens not known" in load.said(Price(1, 1))
    assert "cost not known without a tokenizer" in load.said(Price(1, 1))


def test_the_price_is_a_million_tokens():
    load = Load(1000, 0, 2_000_000, 500_000)
    assert load.cost(Price(0.15, 0.60)) == pytest.approx(0.30 + 0.30)
    assert load.said(Price(0.15, 0.60)).endswith("at most 500,000 new tokens, at most $0.60")


def test_a_price_is_two_numbers():
    assert read_price("0.15/0.60") == Price(0.15, 0.6)
    assert read_price("0/0") == Price(0, 0)


@pytest.mark.parametrize("text", ["", "1", "1/2/3", "a/b", "-1/2", "nan/1", "1/inf"])
def test_what_is_no_price_is_refused(text):
    with pytest.raises(CalmError, match=r"as in 0\.15/0\.60"):
        read_price(text)


def test_prompts_that_a_response_leaves_no_room_for_are_counted():
    requests = [response(text, {"max_gen_toks": 4}) for text in ("one two three", "one two three four", "one")]
    assert cut_prompts(requests, words, 7, 100) == 1
    assert cut_prompts(requests, words, 8, 100) == 0


def test_a_response_that_fills_the_context_is_refused():
    with pytest.raises(CalmError, match="max_gen_toks=100 leaves no room for a prompt in a context of 100 tokens"):
        cut_prompts([response("one", {})], words, 100, 100)
