"""What sampling and training cost on GPUs, worked out from measured tokens: hours, memory, by parts.

    calm offline-model ~/qwen --model qwen2.5-coder-0.5b-instruct
    python -m benchmarks.cluster --tokenizers ~/qwen .cache/gemma-3-270m

Measured are tokens: of the `_cot` prompts of X-CSQA and MEDQA with the chat template, of the responses to X-CSQA that
the release recorded (Llama-3-8B-Instruct, three a question), and of parallel texts in the languages of XQuAD
(XQUAD_DIR). The rest is arithmetic on them, of the figures that stand below. docs/evaluate/cluster.md is the page.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.record import save, table
from calm_harness import prompts, questions
from calm_harness.questions.sets.release import read_samples

QUESTIONS, SAMPLES = 1000, 10
TAGS = ("en", "zh", "de", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "ar", "vi", "hi", "sw", "ur")  # X-CSQA's
CODES = {"en": "en", "zh": "cn", "fr": "fr", "de": "de", "it": "it", "ja": "ja"}
RANK, BATCH, PAIRS = 16, 2, 10_000  # as in recipes/train/dpo_8b.yaml; of pairs, an example's
LIMIT = 512  # new tokens (max_gen_toks of the _cot tasks)
GB = 1e9


@dataclass(frozen=True)
class Card:
    """A GPU by its data sheet: dense bfloat16 operations and bytes of memory traffic a second, bytes of memory."""

    flops: float
    bandwidth: float
    memory: float


@dataclass(frozen=True)
class Model:
    """A model, as its public `config.json` has it; parameters with the embedding."""

    parameters: float
    layers: int
    hidden: int
    inner: int
    kv_heads: int
    head: int
    vocabulary: int

    @property
    def weights(self) -> float:
        """Bytes of the weights in bfloat16."""
        return 2 * self.parameters

    @property
    def kv(self) -> float:
        """Bytes of keys and values a token, in bfloat16."""
        return 2 * 2 * self.layers * self.kv_heads * self.head


H100 = Card(989e12, 3.35e12, 80 * GB)  # SXM
LLAMA_8B = Model(8.03e9, 32, 4096, 14_336, 8, 128, 128_256)
LLAMA_70B = Model(70.6e9, 80, 8192, 28_672, 8, 128, 128_256)
USE = (0.3, 0.6)  # of what card and memory allow at best: what engines reach
SEQUENCES = 256  # that are sampled at the same time


def prompt_tokens(name: str, tokenizer: Any, count: int, **where: Any) -> dict[str, float]:
    """Count the tokens of a set's `_cot` prompts in the chat template: language -> mean."""
    lengths: dict[str, list[int]] = {}
    for number, question in enumerate(questions.load(name, **where).questions()):
        if number == count:
            break
        for row in question:
            doc = {"stem": row.stem, "options": row.options, "language": row.language}
            messages = [{"role": "user", "content": prompts.cot_text(doc)}]
            text = (
                tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
                if tokenizer.chat_template
                else messages[0]["content"]
            )
            lengths.setdefault(row.language, []).append(len(tokenizer.encode(text, add_special_tokens=False)))
    return {language: statistics.mean(values) for language, values in lengths.items()}


def response_tokens(release: Path, tokenizer: Any) -> dict[str, list[int]]:
    """Count the tokens of the recorded responses: language -> one a response."""
    found = {}
    for language, code in CODES.items():
        file = release / f"data/xcsqa/samples/x_csqa_{code}_train_sampled.json"
        texts = [pred for sample in read_samples(file) for pred in sample.preds]
        found[language] = [len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    return found


def parallel_tokens(folder: Path, tokenizer: Any) -> dict[str, float]:
    """Count the tokens of the same passages in XQuAD's languages, as multiples of English."""
    totals = {}
    for file in sorted(folder.glob("xquad.*.json")):
        articles = json.loads(file.read_text("utf-8"))["data"]
        texts = [part["context"] for article in articles for part in article["paragraphs"]]
        totals[file.name.split(".")[1]] = sum(map(len, tokenizer(texts, add_special_tokens=False)["input_ids"]))
    return {language: total / totals["en"] for language, total in totals.items()}


def mean(counted: dict[str, float], parallel: dict[str, float]) -> float:
    """Average over sixteen languages: as counted, else English times what XQuAD says of the language, or on average."""
    usual = statistics.mean(parallel.values())
    return statistics.mean(counted.get(tag, counted["en"] * parallel.get(tag, usual)) for tag in TAGS)


def sampling(model: Model, card: Card, cards: int, prompt: float, response: float) -> dict[str, float]:
    """Work out a sampling run over `cards` GPUs that hold one copy.

    A prompt is read once for all its samples. A step of decoding reads the weights, and the keys and values of all
    sequences (a prompt's by each of them), and takes 2 operations a parameter and token; the slower of the two counts.
    """
    asked, wanted = len(TAGS) * QUESTIONS, len(TAGS) * QUESTIONS * SAMPLES * response
    reading = 2 * model.parameters * asked * prompt / (cards * card.flops)
    traffic = (model.weights + SEQUENCES * (prompt + response / 2) * model.kv) / (cards * card.bandwidth)
    step = max(traffic, 2 * model.parameters * SEQUENCES / (cards * card.flops))
    writing = wanted / SEQUENCES * step
    again = 2 * model.parameters * asked * (SAMPLES - 1) * prompt / (cards * card.flops)
    return {
        "cards": cards,
        "tokens of a prompt": prompt,
        "of a response": response,
        "prompt tokens (millions)": asked * prompt / 1e6,
        "new tokens (millions)": wanted / 1e6,
        "hours, best": (reading + writing) / 3600,
        "hours, 60%": (reading + writing) / USE[1] / 3600,
        "hours, 30%": (reading + writing) / USE[0] / 3600,
        "more without a prefix cache, 30%": again / USE[0] / 3600,
        "weights (GB a card)": model.weights / cards / GB,
        "keys and values (GB a card)": SEQUENCES * (prompt + response) * model.kv / cards / GB,
        "room for them (GB a card)": 0.9 * card.memory / GB - model.weights / cards / GB,
    }


def training(model: Model, card: Card, prompt: float, response: float) -> dict[str, float]:
    """Work out DPO with LoRA on all linear layers, the weights frozen in bfloat16, gradients checkpointed.

    A pair is two sequences of prompt and response. Each is read four times over: by the policy, again in the backward
    pass, through which gradients go (2 operations a parameter and token: frozen weights need none of their own), and by
    the reference, which is the same model without its adapter.
    """
    grouped = model.kv_heads * model.head
    sides = 2 * (2 * model.hidden) + 2 * (model.hidden + grouped) + 3 * (model.hidden + model.inner)
    adapter = model.layers * RANK * sides  # query and output, key and value, and the three of the feed-forward part
    tokens = BATCH * 2 * (prompt + response)
    kept = tokens * model.hidden * 2 * model.layers  # a layer's input
    layer = tokens * (3 * model.inner + 8 * model.hidden) * 2  # one layer at a time, made again
    logits = tokens * model.vocabulary * (2 + 4 + 4)  # bfloat16, float32, and gradients
    work = 8 * model.parameters * PAIRS * 2 * (prompt + response)
    return {
        "adapter (million parameters)": adapter / 1e6,
        "weights (GB)": model.weights / GB,
        "adapter, gradients, Adam (GB)": adapter * (4 + 4 + 8) / GB,
        "inputs of layers (GB)": kept / GB,
        "a layer again (GB)": layer / GB,
        "logits (GB)": logits / GB,
        "hours, best": work / card.flops / 3600,
        "hours, 60%": work / card.flops / USE[1] / 3600,
        "hours, 30%": work / card.flops / USE[0] / 3600,
    }


def measured(folder: str, release: Path, xquad: Path) -> dict[str, Any]:
    """Count tokens with one tokenizer."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    responses = response_tokens(release, tokenizer)
    lengths = sorted(length for values in responses.values() for length in values)
    return {
        "tokenizer": Path(folder).name,
        "prompt xcsqa": prompt_tokens("xcsqa", tokenizer, 899, split="train", source=release),
        "prompt medqa": prompt_tokens("medqa", tokenizer, 300, source=release),
        "response xcsqa": {language: statistics.mean(values) for language, values in responses.items()},
        "response quantiles": {f"{q}": lengths[int(q * (len(lengths) - 1))] for q in (0.5, 0.9, 0.99, 1.0)},
        "parallel text": parallel_tokens(xquad, tokenizer),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, work out, print and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tokenizers", nargs="+", required=True, help="folders; the first one's tokens are reckoned with"
    )
    args = parser.parse_args(argv)
    release, xquad = Path(os.environ["CALM_RELEASE_DIR"]), Path(os.environ["XQUAD_DIR"])
    counted = [measured(folder, release, xquad) for folder in args.tokenizers]
    for tokens in counted:
        print(json.dumps(tokens, indent=1))
    first = counted[0]
    prompt = {name: mean(first[f"prompt {name}"], first["parallel text"]) for name in ("xcsqa", "medqa")}
    response = mean(first["response xcsqa"], first["parallel text"])
    runs = {
        "8B, X-CSQA": sampling(LLAMA_8B, H100, 1, prompt["xcsqa"], response),
        "8B, MEDQA": sampling(LLAMA_8B, H100, 1, prompt["medqa"], response),
        "8B, MEDQA, all responses at the limit": sampling(LLAMA_8B, H100, 1, prompt["medqa"], LIMIT),
        "70B, X-CSQA": sampling(LLAMA_70B, H100, 4, prompt["xcsqa"], response),
        "70B, MEDQA": sampling(LLAMA_70B, H100, 4, prompt["medqa"], response),
        "70B, MEDQA, all responses at the limit": sampling(LLAMA_70B, H100, 4, prompt["medqa"], LIMIT),
    }
    trained = training(LLAMA_8B, H100, prompt["xcsqa"], response)
    print(table([{"run": name, **figures} for name, figures in runs.items()]))
    print(table([{"DPO of 8B": name, "": value} for name, value in trained.items()]))
    print(f"a prompt {prompt}, a response {response:.3g} tokens on average over {len(TAGS)} languages")
    settings = {"tokenizers": [Path(folder).name for folder in args.tokenizers]}
    print(save("cluster", settings, {"counted": counted, "sampling": runs, "training": trained}))


if __name__ == "__main__":
    main()
