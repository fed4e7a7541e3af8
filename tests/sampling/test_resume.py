"""A run that was ended goes on: the same samples as one that was not, none twice, whichever engine draws them."""

import random

import pytest
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

from calm_harness.models.hf_prefix import HFPrefixLM
from calm_harness.sampling.journal import Journal
from calm_harness.sampling.resume import FIXED, keys, responses
from tests import chat_models

PROMPTS = [f"Which planet is number {number}?" for number in range(20)]
ENGINES = {"hf": (HFLM, False), "hf-prefix": (HFPrefixLM, True)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    tokenizer = chat_models.tokenizer_of("qwen3", PROMPTS * 5)
    return chat_models.write(tmp_path_factory.mktemp("model"), "qwen3", tokenizer)


@pytest.fixture(scope="module", params=ENGINES)
def engine(request, folder):
    kind, seeded = ENGINES[request.param]
    return kind(pretrained=str(folder), dtype="float32", device="cpu", batch_size=8), seeded


def asked(samples=10, **settings):
    """Ask for several samples of each prompt, as lm-eval does: the same request again and again."""
    settings = {"do_sample": True, "temperature": 1.0, "max_gen_toks": 6, **settings}
    requests = [Instance("generate_until", {}, (prompt, settings), 0, ("task", n, samples)) for n, prompt in
                enumerate(PROMPTS)]  # fmt: skip
    return [request for request in requests for _ in range(samples)]


def run(engine, path, generate=None, seed=0, requests=None):
    model, seeded = engine
    journal = Journal(path)
    try:
        requests = asked() if requests is None else requests
        return responses(
            model, generate or model.generate_until, requests, journal, seed=seed, seeded=seeded, hidden=True
        )
    finally:
        journal.close()


class Ended(Exception):
    """The run is ended from outside."""


def ending_after(generate, parts):
    """Answer so many parts, and be ended in the next."""
    count = 0

    def generate_until(requests, disable_tqdm=False):
        nonlocal count
        count += 1
        if count > parts:
            raise Ended
        return generate(requests, disable_tqdm=disable_tqdm)

    return generate_until


def test_a_run_that_was_ended_goes_on_to_the_same_samples(engine, tmp_path):
    whole = run(engine, None)
    path = tmp_path / "unfinished.jsonl"
    for parts in (0, 1, 1):
        with pytest.raises(Ended):
            run(engine, path, ending_after(engine[0].generate_until, parts))
    written = len(path.read_text().splitlines())
    assert 0 < written < len(whole)
    assert run(engine, path) == whole
    assert len(path.read_text().splitlines()) == len(whole)


def test_what_was_written_is_not_asked_for_again(engine, tmp_path):
    path = tmp_path / "unfinished.jsonl"
    whole = run(engine, path)
    assert run(engine, path, ending_after(engine[0].generate_until, 0)) == whole


def test_a_part_that_was_half_written_is_made_whole(engine, tmp_path):
    path = tmp_path / "unfinished.jsonl"
    whole = run(engine, path)
    lines = path.read_text().splitlines(keepends=True)
    random.Random(3).shuffle(lines)
    path.write_text("".join(lines[: len(lines) // 3]))
    assert run(engine, path) == whole


def test_samples_of_a_question_differ_and_another_seed_gives_others(engine):
    whole = run(engine, None)
    by_prompt = [whole[at : at + 10] for at in range(0, len(whole), 10)]
    assert all(len(set(samples)) > 1 for samples in by_prompt)
    other = run(engine, None, seed=1, requests=asked(seed=7) if engine[1] else None)
    assert sum(one != two for one, two in zip(whole, other, strict=True)) > len(whole) / 2


def test_greedy_requests_are_asked_as_they_are(engine):
    model, _ = engine
    requests = asked(1, do_sample=False, temperature=0.0)
    assert run(engine, None, requests=requests) == model.generate_until(requests, disable_tqdm=True)


def test_parts_of_one_size_are_more_than_one():
    assert len(asked()) > FIXED


def test_the_same_request_is_told_apart_by_its_number():
    first, second = asked(2)[:3:2]
    names = keys([first, second, first, first])
    assert len(set(names)) == 4
    assert names[2].split("-")[0] == names[0].split("-")[0] != names[1].split("-")[0]


def test_a_request_for_one_sample_shows_its_seed(folder):
    model = HFPrefixLM(pretrained=str(folder), dtype="float32", device="cpu", batch_size=8)
    requests = asked(1)
    made = run((model, True), None, requests=requests)
    seeds = [request.args[1]["seed"] for request in requests]
    assert len(set(seeds)) == len(PROMPTS)
    assert model.generate_until(requests, disable_tqdm=True) == made
