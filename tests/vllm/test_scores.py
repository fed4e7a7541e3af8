"""`vllm-prefix` gives the numbers of lm-eval's `vllm` and of `hf`, and pays for a prompt once: with the real engine."""

import gc
import itertools

import pytest
from lm_eval.api.instance import Instance

from calm_harness import prompts, questions

pytestmark = pytest.mark.vllm
SETTINGS = {"dtype": "float32", "max_model_len": 512, "enforce_eager": True, "max_num_batched_tokens": 1024}


def documents(count):
    drawn = itertools.islice(questions.load("mini", split="train").questions(), count)
    return [
        {"question_id": row.question_id, "language": row.language, "stem": row.stem, "options": row.options}
        for question in drawn
        for row in question
        if row.language in ("en", "zh", "ar")
    ]


def letters(docs):
    return [(prompts.letters_text(doc), choice) for doc in docs for choice in prompts.letters_choices(doc)]


def cloze(docs):
    contexts = (prompts.cloze_text, prompts.cloze_null)
    return [(text(doc), choice) for doc in docs for text in contexts for choice in prompts.cloze_choices(doc)]


LONG = " ".join(
    f"Number {number} is followed by {number + 1}." for number in range(30)
)  # more than a block of the cache
OPTIONS = [" the answer is one", " the answer is two", " one", " it is not said which", " the answer is one"]
AGAIN = [(LONG, option) for option in OPTIONS] + [
    (LONG + " the answer is", " one"),
    (LONG, " the answer is one or two"),
]
TOO_LONG = [(LONG * 3, option) for option in (*OPTIONS, " B")]
WORK = {"letters": letters(documents(3)), "cloze": cloze(documents(2)), "again": AGAIN, "cut": TOO_LONG}


def score(model, pairs):
    return model.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in pairs], disable_tqdm=True)


def scores_of(make):
    """Load an engine, ask it everything, and let go of its memory."""
    model = make()
    found = {name: score(model, pairs) for name, pairs in WORK.items()}
    spent = getattr(model, "prompt_tokens", 0), getattr(model, "cached_tokens", 0)
    whole = sum(len(model.tok_encode(context + text)) for context, text in WORK["letters"])
    counted = score_tokens(model) if spent[0] else None
    del model
    gc.collect()
    return {"scores": found, "whole": whole, "letters": counted}


def score_tokens(model):
    """Count the tokens that the lettered questions are asked with."""
    before = model.prompt_tokens
    score(model, WORK["letters"])
    return model.prompt_tokens - before


@pytest.fixture(scope="module")
def theirs(offline_model):
    from lm_eval.models.vllm_causallms import VLLM

    return scores_of(lambda: VLLM(pretrained=str(offline_model), **SETTINGS))


@pytest.fixture(scope="module")
def ours(offline_model):
    from calm_harness.models.vllm_prefix import VLLMPrefixLM

    return scores_of(lambda: VLLMPrefixLM(pretrained=str(offline_model), **SETTINGS))


@pytest.mark.parametrize("work", WORK)
def test_numbers_are_those_of_lm_evals_vllm(theirs, ours, work):
    for found, expected in zip(ours["scores"][work], theirs["scores"][work], strict=True):
        assert found == (pytest.approx(expected[0], abs=1e-3), expected[1])


@pytest.mark.parametrize("work", ["letters", "cloze", "again"])
def test_numbers_are_those_of_hf(ours, offline_model, work):
    """hf is asked one by one: together it takes a text's last token for the first where one text begins another's."""
    from lm_eval.models.huggingface import HFLM

    model = HFLM(pretrained=str(offline_model), dtype="float32", device="cpu", batch_size=8)
    for pair, (found, _) in zip(WORK[work], ours["scores"][work], strict=True):
        assert found == pytest.approx(score(model, [pair])[0][0], abs=1e-3)


def test_a_lettered_prompt_is_asked_once(ours):
    """Five options, and one request in place of five."""
    assert ours["whole"] > 4.5 * ours["letters"]
