"""`hf-prefix` gives the numbers of lm-eval's `hf`: with the real model, and with small ones of other architectures."""

import itertools
import json
import logging
import subprocess
import sys
from functools import cache
from unittest.mock import ANY

import pytest
import torch
import transformers
from lm_eval import simple_evaluate
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from tokenizers import ByteLevelBPETokenizer

from calm_harness import prompts, questions
from calm_harness.models.hf_prefix import HFPrefixLM
from calm_harness.models.memory import free_memory
from calm_harness.task.paths import tasks_path

DOCS = [
    {"question_id": row.question_id, "language": row.language, "stem": row.stem, "options": row.options}
    for question in itertools.islice(questions.load("mini", split="train").questions(), 3)
    for row in question
    if row.language in ("en", "zh", "ar")
]


def ask(*pairs):
    return [Instance("loglikelihood", {}, pair, 0) for pair in pairs]


CLOZE = ask(
    *(
        (context, choice)
        for doc in DOCS
        for context in (prompts.cloze_text(doc), prompts.cloze_null(doc))
        for choice in prompts.cloze_choices(doc)
    )
)
LETTERS = ask(*((prompts.letters_text(doc), f" {letter}") for doc in DOCS for letter in "ABCDE"[: len(doc["options"])]))


def agree(one, other, within=1e-3):
    assert len(one) == len(other)
    for (a, greedy_a), (b, greedy_b) in zip(one, other, strict=True):
        assert a == pytest.approx(b, abs=within)
        assert greedy_a == greedy_b


def hf_and_prefix(**arguments):
    return HFLM(device="cpu", **arguments), HFPrefixLM(device="cpu", **arguments)


@pytest.fixture(scope="module")
def gemma(offline_model):
    return hf_and_prefix(pretrained=str(offline_model), dtype="float32", batch_size=8)


@pytest.mark.parametrize("requests", [CLOZE, LETTERS, CLOZE[:1], []], ids=["cloze", "letters", "one", "none"])
def test_the_offline_model_scores_as_with_hf(gemma, requests):
    hf, prefix = gemma
    agree(prefix.loglikelihood(requests), hf.loglikelihood(requests) if requests else [])
    assert prefix._shares


def test_rolling_likelihoods_are_hfs(gemma):
    texts = [Instance("loglikelihood_rolling", {}, (doc["stem"],), 0) for doc in DOCS[:3]]
    hf, prefix = gemma
    assert prefix.loglikelihood_rolling(texts) == pytest.approx(hf.loglikelihood_rolling(texts), abs=1e-3)


def test_with_a_chat_template_and_without_bos(offline_model):
    template = "{% for m in messages %}<start_of_turn>{{ m.role }}\n{{ m.content }}<end_of_turn>\n{% endfor %}"
    hf, prefix = hf_and_prefix(pretrained=str(offline_model), dtype="float32", batch_size=8, add_bos_token=False)
    for model in (hf, prefix):
        model.tokenizer.chat_template = template
    turns = [[{"role": "user", "content": prompts.letters_text(doc)}] for doc in DOCS[:4]]
    requests = ask(*((hf.apply_chat_template(turn), letter) for turn in turns for letter in "AB"))
    assert "<start_of_turn>user" in requests[0].args[0]
    agree(prefix.loglikelihood(requests), hf.loglikelihood(requests))


def test_prompts_over_the_context_length_are_cut_as_hf_cuts_them(offline_model, caplog):
    hf, prefix = hf_and_prefix(pretrained=str(offline_model), dtype="float32", batch_size=8, max_length=24)
    caplog.clear()
    agree(prefix.loglikelihood(LETTERS + CLOZE), hf.loglikelihood(LETTERS + CLOZE))
    own = [record for record in caplog.records if record.name == "calm_harness.models.hf_prefix"]
    assert len(own) == 1
    assert "cut at the left" in own[0].getMessage()


def test_sliding_windows_count_positions_and_not_places_in_the_row(offline_model):
    """A window far shorter than the prompts: a branch at the row's end must still see its prompt's end."""
    hf, prefix = hf_and_prefix(pretrained=str(offline_model), dtype="float32", batch_size=8, sliding_window=8)
    requests = ask(*((prompts.letters_text(doc), choice) for doc in DOCS[:3] for choice in doc["options"]))
    agree(prefix.loglikelihood(requests), hf.loglikelihood(requests))
    assert prefix._shares


@pytest.fixture(scope="module")
def adapter(offline_model, tmp_path_factory):
    peft = pytest.importorskip("peft")
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_pretrained(offline_model, dtype=torch.float32)
    config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"], init_lora_weights=False)
    folder = tmp_path_factory.mktemp("adapter")
    peft.get_peft_model(model, config).save_pretrained(folder)
    return folder


def test_with_an_adapter(gemma, offline_model, adapter):
    hf, prefix = hf_and_prefix(pretrained=str(offline_model), dtype="float32", batch_size=8, peft=str(adapter))
    found = prefix.loglikelihood(CLOZE)
    agree(found, hf.loglikelihood(CLOZE))
    base = gemma[1].loglikelihood(CLOZE)
    assert max(abs(one - other) for (one, _), (other, _) in zip(found, base, strict=True)) > 0.1
    assert prefix._shares


# Other architectures: small, with random weights. What is compared is two ways through one model.

SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4}
TWO_KEYS = {**SIZES, "num_key_value_heads": 2}
SHARING = {
    "gpt2": transformers.GPT2Config(n_embd=32, n_layer=4, n_head=4),
    "gpt_neox": transformers.GPTNeoXConfig(**SIZES),
    "llama": transformers.LlamaConfig(**TWO_KEYS),
    "mistral": transformers.MistralConfig(**TWO_KEYS, sliding_window=8),
    "qwen2": transformers.Qwen2Config(**TWO_KEYS, use_sliding_window=True, sliding_window=8, max_window_layers=2),
    "qwen3": transformers.Qwen3Config(**TWO_KEYS, head_dim=8),
    "phi3": transformers.Phi3Config(**TWO_KEYS, sliding_window=8, pad_token_id=0),
    "gemma2": transformers.Gemma2Config(**TWO_KEYS, head_dim=8, sliding_window=8),
    "cohere2": transformers.Cohere2Config(**TWO_KEYS, sliding_window=8),
    "olmo2": transformers.Olmo2Config(**TWO_KEYS),
    "gpt_neo without local layers": transformers.GPTNeoConfig(
        hidden_size=32, num_layers=4, num_heads=4, attention_types=[[["global"], 4]]
    ),
    "falcon with rotary positions": transformers.FalconConfig(**SIZES, alibi=False),
}
FALLING_BACK = {
    "bloom": transformers.BloomConfig(hidden_size=32, n_layer=4, n_head=4),
    "mpt": transformers.MptConfig(d_model=32, n_layers=4, n_heads=4, max_seq_len=256),
    "falcon": transformers.FalconConfig(**SIZES, alibi=True),
    "gpt_neo": transformers.GPTNeoConfig(
        hidden_size=32, num_layers=4, num_heads=4, attention_types=[[["global", "local"], 2]], window_size=64
    ),
    "mamba": transformers.MambaConfig(hidden_size=32, num_hidden_layers=2),
    "t5": transformers.T5Config(d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0),
}


@cache
def byte_level_tokenizer():
    """A tokenizer of GPT-2's kind (byte level, no BOS), trained on the built-in questions."""
    trained = ByteLevelBPETokenizer()
    texts = [row.stem for row in questions.load("mini", split="train").rows]
    trained.train_from_iterator(texts, vocab_size=1000, special_tokens=["<|endoftext|>"])
    return transformers.GPT2TokenizerFast(
        vocab=trained.get_vocab(),
        merges=[tuple(pair) for pair in json.loads(trained.to_str())["model"]["merges"]],
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
    )


def small(config, attention=None):
    tokenizer = byte_level_tokenizer()
    config.vocab_size = len(tokenizer)
    config.initializer_range = 0.3
    torch.manual_seed(0)
    kind = transformers.AutoModelForSeq2SeqLM if config.is_encoder_decoder else transformers.AutoModelForCausalLM
    model = kind.from_config(config, **({"attn_implementation": attention} if attention else {})).eval()
    arguments = {"pretrained": model, "tokenizer": tokenizer, "max_length": 200, "batch_size": 4}
    return HFLM(**arguments), HFPrefixLM(**arguments)


@pytest.mark.parametrize(
    ("name", "attention"),
    [
        (name, attention)
        for name in SHARING
        for attention in ("sdpa", "eager")
        if attention == "eager" or not name.startswith(("gemma2", "gpt_neo without"))
    ],
)
def test_other_architectures_share(name, attention, caplog):
    hf, prefix = small(SHARING[name], attention)
    agree(prefix.loglikelihood(CLOZE), hf.loglikelihood(CLOZE))
    agree(prefix.loglikelihood(LETTERS), hf.loglikelihood(LETTERS))
    assert prefix._shares, caplog.text


@pytest.mark.parametrize("name", FALLING_BACK)
def test_models_that_cannot_share_go_hfs_way_with_one_warning(name, caplog):
    hf, prefix = small(FALLING_BACK[name])
    agree(prefix.loglikelihood(CLOZE), hf.loglikelihood(CLOZE), within=1e-6)
    agree(prefix.loglikelihood(LETTERS), hf.loglikelihood(LETTERS), within=1e-6)
    warned = [record for record in caplog.records if "using hf's own path" in record.getMessage()]
    assert len(warned) == 1


class PlaceCounting(torch.nn.Module):
    """A model's output, and far back in the row a bias that its configuration says nothing of."""

    def __init__(self, whole, window):
        super().__init__()
        self.whole, self.window = whole, window

    def forward(self, *args, attention_mask=None, **kwargs):
        if attention_mask is not None and attention_mask.dim() == 4:
            length = attention_mask.shape[-1]
            far = torch.ones(length, length, dtype=torch.bool).tril(-self.window)
            attention_mask = attention_mask.masked_fill(far, torch.finfo(attention_mask.dtype).min)
        return self.whole(*args, attention_mask=attention_mask, **kwargs)


@pytest.mark.parametrize(("window", "shares"), [(64, False), (100_000, True)])
def test_the_trial_is_as_long_as_the_rows_that_it_is_for(window, shares, caplog):
    """Only rows longer than the window go wrong, and with a single short prompt nothing would show it."""
    hf, prefix = small(SHARING["llama"], "sdpa")
    forward = PlaceCounting(prefix.model.forward, window)
    prefix.model.forward = forward.forward
    short = ask(("Yes", " a"), ("Yes", " b"))
    agree(prefix.loglikelihood(short), hf.loglikelihood(short))
    assert prefix._shares
    long = ask(*((prompts.letters_text(doc) * 2, f" {option}") for doc in DOCS for option in doc["options"]))
    agree(prefix.loglikelihood(long), hf.loglikelihood(long))
    assert prefix._shares is shares
    assert ("using hf's own path" in caplog.text) is not shares


def scaled(kind, **parameters):
    rope = {"rope_type": kind, "rope_theta": 10000.0, "factor": 4.0, **parameters}
    return transformers.LlamaConfig(**TWO_KEYS, max_position_embeddings=256, rope_parameters=rope)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (scaled("dynamic"), "scales its positions (dynamic) by the longest prompt of a batch"),
        (
            scaled("longrope", short_factor=[1.0] * 4, long_factor=[4.0] * 4, original_max_position_embeddings=64),
            "scales its positions (longrope) by the longest prompt of a batch",
        ),
        (scaled("linear"), ""),
    ],
    ids=["dynamic", "longrope", "linear"],
)
def test_positions_that_depend_on_the_batch_are_warned_of(config, said, caplog):
    small(config)
    warned = [record.getMessage() for record in caplog.records if "scales its positions" in record.getMessage()]
    assert len(warned) == bool(said)
    assert said in "".join(warned)


# Sampling


def sample(model, contexts, seed=0, **settings):
    torch.manual_seed(seed)
    settings = {"max_gen_toks": 16, "until": ["\n\n"], **settings}
    return model.generate_until([Instance("generate_until", {}, (context, settings), 0) for context in contexts])


CONTEXTS = [prompts.letters_text(doc) for doc in DOCS[:3]]
SAMPLED = {"do_sample": True, "temperature": 0.7}


@pytest.mark.parametrize("settings", [SAMPLED, {}], ids=["sampled", "greedy"])
def test_samples_of_a_prompt_are_those_of_hf(gemma, settings):
    """The same random numbers meet the same probabilities, whether the prompt was read once or four times."""
    hf, prefix = gemma
    repeated = [context for context in CONTEXTS for _ in range(4)]
    ours, theirs = sample(prefix, repeated, **settings), sample(hf, repeated, **settings)
    assert ours == theirs
    assert len(set(ours)) > (3 if settings else 2)


def test_a_prompt_is_read_once_for_all_its_samples(gemma):
    _, prefix = gemma
    read = []
    hook = prefix.model.model.embed_tokens.register_forward_pre_hook(lambda _, args: read.append(args[0].numel()))
    try:
        sample(prefix, CONTEXTS[:1] * 8, **SAMPLED)
    finally:
        hook.remove()
    length = len(prefix.tok_encode(CONTEXTS[0]))
    assert read[0] == length - 1
    assert all(tokens == 8 for tokens in read[1:])


def test_prompts_of_different_lengths_in_one_batch(offline_model):
    hf, prefix = hf_and_prefix(pretrained=str(offline_model), dtype="float32", batch_size=12)
    contexts = ["One, two,"] * 5 + [CONTEXTS[0]] + ["Rouge, vert et"] * 6
    assert sample(prefix, contexts, **SAMPLED) == sample(hf, contexts, **SAMPLED)


def test_models_without_a_cache_to_copy_sample_hfs_way():
    hf, prefix = small(FALLING_BACK["mamba"])
    contexts = CONTEXTS[:1] * 4
    assert sample(prefix, contexts, **SAMPLED) == sample(hf, contexts, **SAMPLED)


# The machine


def test_batch_size_auto_fits_the_memory(offline_model, gemma, monkeypatch):
    auto = HFPrefixLM(pretrained=str(offline_model), dtype="float32", device="cpu", batch_size="auto")
    agree(auto.loglikelihood(CLOZE), gemma[1].loglikelihood(CLOZE))
    plenty = auto._tokens
    monkeypatch.setattr("calm_harness.models.hf_prefix.free_memory", lambda device: 50_000_000)
    auto._tokens = None
    agree(auto.loglikelihood(CLOZE), gemma[1].loglikelihood(CLOZE))
    assert 1 <= auto._tokens < plenty
    assert sample(auto, CONTEXTS[:1] * 2) == sample(gemma[1], CONTEXTS[:1] * 2)


def test_free_memory_is_shared_by_the_processes_of_a_machine(monkeypatch):
    whole = free_memory(torch.device("cpu"))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    assert free_memory(torch.device("cpu")) == pytest.approx(whole / 4, rel=0.2)


def test_out_of_memory_halves_the_batch(gemma, monkeypatch, caplog):
    _, prefix = gemma
    wanted = prefix.loglikelihood(CLOZE)
    whole = HFPrefixLM._score_batch

    def score_few(self, rows):
        if len(rows) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return whole(self, rows)

    monkeypatch.setattr(HFPrefixLM, "_score_batch", score_few)
    monkeypatch.setattr(prefix, "_tokens", None)
    agree(prefix.loglikelihood(CLOZE), wanted)
    assert "out of memory with 8 prompts" in caplog.text


# The command


def test_calm_eval_is_lm_eval_with_our_tasks_and_models(offline_model, tmp_path):
    command = [sys.executable, "-m", "calm_harness", "eval", "--model", "hf-prefix", "--device", "cpu"]
    command += ["--model_args", f"pretrained={offline_model},dtype=float32", "--tasks", "calm_mini_xl_cloze"]
    command += ["--batch_size", "auto", "--limit", "16", "--output_path", str(tmp_path), "--log_samples"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "consistency" in done.stdout
    found = json.loads(next(tmp_path.rglob("results_*.json")).read_text())
    assert found["config"]["model"] == "hf-prefix"
    assert set(found["results"]) == {"calm_mini_xl_cloze"}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_whole_run_gives_the_same_answers_and_figures(offline_model):
    """Every score within 1e-3, and so every answer that is not a tie, every accuracy and the consistency."""
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False)
    runs = [
        simple_evaluate(model, tasks=["calm_mini_xl_cloze"], task_manager=manager, bootstrap_iters=0)
        for model in hf_and_prefix(pretrained=str(offline_model), dtype="float32", batch_size=8)
    ]
    rows = [run["samples"]["calm_mini_xl_cloze"] for run in runs]
    assert len(rows[0]) == len(rows[1]) == 480
    for one, other in zip(*rows, strict=True):
        assert one["doc"] == other["doc"]
        assert one["answers"]["choice"] == other["answers"]["choice"]
        for name, scores in one["answers"]["scores"].items():
            assert other["answers"]["scores"][name] == pytest.approx(scores, abs=1e-3)
    figures = [run["results"]["calm_mini_xl_cloze"] for run in runs]
    assert figures[0].keys() == figures[1].keys()
    for name, value in figures[0].items():
        assert figures[1][name] == (pytest.approx(value, abs=1e-9) if name.startswith(("acc", "consist")) else ANY)


def test_the_entry_point_names_the_model():
    from importlib.metadata import entry_points

    (point,) = entry_points(group="lm_eval.models", name="hf-prefix")
    assert point.load() is HFPrefixLM


def test_warnings_are_ours_alone(caplog):
    """`hf` warns of each cut prompt; a run of a thousand questions would drown."""
    with caplog.at_level(logging.WARNING):
        _, prefix = small(SHARING["llama"])
        prefix._max_length = 30
        prefix.loglikelihood(LETTERS)
    assert sum("cut at the left" in record.getMessage() for record in caplog.records) == 1


def test_programs_of_earlier_versions_import_it_from_where_it_was():
    from calm_harness import hf_prefix

    assert hf_prefix.HFPrefixLM is HFPrefixLM
