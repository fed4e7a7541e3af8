"""A response depends on its seed and on its prompt, and on no other row; draws are those of the probabilities."""

import math

import pytest
import torch
from lm_eval.api.instance import Instance
from transformers import LogitsProcessorList, TopKLogitsWarper

from calm_harness.errors import CalmError
from calm_harness.models.draws import RowDraws
from calm_harness.models.hf_prefix import HFPrefixLM
from tests import chat_models

DRAWN = {"do_sample": True, "temperature": 1.0, "max_gen_toks": 12}
PROMPTS = ["Which planet is red?", "Was ist das?", "A longer question, with more words than the others have: why?"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    tokenizer = chat_models.tokenizer_of("qwen3", PROMPTS * 20)
    folder = chat_models.write(tmp_path_factory.mktemp("model"), "qwen3", tokenizer)
    return HFPrefixLM(pretrained=str(folder), dtype="float32", device="cpu", batch_size=4)


def request(prompt, **settings):
    return Instance("generate_until", {}, (prompt, {**DRAWN, **settings}), 0)


def test_a_seed_gives_one_response_whatever_else_is_asked(model):
    asked = [request(prompt, seed=seed) for prompt in PROMPTS for seed in range(5)]
    together = model.generate_until(asked, disable_tqdm=True)
    alone = [model.generate_until([each], disable_tqdm=True)[0] for each in asked]
    assert together == alone
    assert model.generate_until(asked[::-1], disable_tqdm=True) == together[::-1]
    assert len(set(together)) > len(asked) / 2


def test_greedy_decoding_needs_no_seed(model):
    greedy = {"do_sample": False, "temperature": 0.0}
    plain, seeded = (
        model.generate_until([request(PROMPTS[0], **greedy, **more)], disable_tqdm=True) for more in ({}, {"seed": 3})
    )
    assert plain == seeded


def test_without_seeds_draws_are_torchs(model):
    asked = [request(PROMPTS[0])] * 3
    torch.manual_seed(5)
    one = model.generate_until(asked, disable_tqdm=True)
    torch.manual_seed(5)
    assert model.generate_until(asked, disable_tqdm=True) == one


def test_ways_to_draw_that_are_not_made_are_refused(model):
    with pytest.raises(CalmError, match="leave typical_p out"):
        model.generate_until([request(PROMPTS[0], seed=1, typical_p=0.5)], disable_tqdm=True)


def test_tokens_are_drawn_as_often_as_they_are_probable():
    probabilities = torch.tensor([0.5, 0.0, 0.3, 0.15, 0.05])
    count = 4000
    draws = RowDraws(LogitsProcessorList(), range(count))
    chosen = draws(torch.zeros(count, 1, dtype=torch.long), probabilities.log().expand(count, -1)).argmax(-1)
    for token, p in enumerate(probabilities.tolist()):
        found = float((chosen == token).double().mean())
        assert abs(found - p) <= 4 * math.sqrt(p * (1 - p) / count)


def test_warpers_come_first():
    draws = RowDraws(LogitsProcessorList([TopKLogitsWarper(2)]), range(500))
    scores = torch.tensor([0.0, 0.1, 0.2, 0.3]).expand(500, -1)
    chosen = draws(torch.zeros(500, 1, dtype=torch.long), scores).argmax(-1)
    assert set(chosen.tolist()) == {2, 3}


def test_languages_that_share_a_seed_agree_more_often_than_by_themselves():
    """Why every sample has a seed of its own: .4² + .3² + .2² + .1² = .3 of independent draws agree."""
    scores, count = torch.tensor([0.4, 0.3, 0.2, 0.1]).log(), 3000
    places = torch.zeros(count, 1, dtype=torch.long)

    def drawn(seeds):
        return RowDraws(LogitsProcessorList(), seeds)(places, scores.expand(count, -1)).argmax(-1)

    one = drawn(range(count))
    assert (one == drawn(range(count))).all()
    agreeing = float((one == drawn(range(count, 2 * count))).double().mean())
    assert abs(agreeing - 0.3) <= 4 * math.sqrt(0.3 * 0.7 / count)
