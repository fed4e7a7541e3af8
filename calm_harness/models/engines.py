"""What lm-eval's model classes are told of a base model and of an adapter that was trained on it.

All that the harness needs of an engine is this: it loads a base model with or without an adapter, scores options (or
cannot), and samples. lm-eval's classes differ in how they take an adapter, and that difference is here alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from calm_harness.errors import CalmError
from calm_harness.models.adapters import vllm_obstacle
from calm_harness.models.digest import identify

OURS = {  # models of ours -> where they are; nothing is imported before one is asked for
    "hf-prefix": "calm_harness.models.hf_prefix:HFPrefixLM",
    "vllm-prefix": "calm_harness.models.vllm_prefix:VLLMPrefixLM",
}
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM can be told (max_lora_rank)
SECONDS = 300  # that a server may take to load an adapter


@dataclass(frozen=True)
class Engine:
    """How a model class of lm-eval takes an adapter, whether it scores options, and how it draws.

    Attributes:
        adapter: `peft` and `vllm` load it from its folder; a `server` has it under a name of its own.
        scores: whether it gives log-likelihoods of options (lettered and `_cloze` tasks).
        seeds: whether a request may have a `seed` of its own among its generation settings.
    """

    adapter: Literal["peft", "vllm", "server"]
    scores: bool = True
    seeds: bool = True


ENGINES = {
    **dict.fromkeys(("hf", "hf-auto", "huggingface"), Engine("peft", seeds=False)),
    "hf-prefix": Engine("peft"),
    **dict.fromkeys(("vllm", "vllm-prefix"), Engine("vllm")),
    "local-completions": Engine("server"),
    "local-chat-completions": Engine("server", scores=False),
}
OPENAI = ("openai-completions", "openai-chat-completions")  # which serve no adapters of ours


def register() -> None:
    """Make our models known to lm-eval, under their names."""
    import lm_eval.models  # noqa: F401  (registers lm-eval's own)
    from lm_eval.api.registry import model_registry

    for name, place in OURS.items():
        if name not in model_registry:
            model_registry.register(name, target=place)


def takes_seeds(name: str) -> bool:
    """Tell whether a model class of lm-eval takes a seed with each request."""
    return name in OPENAI or (name in ENGINES and ENGINES[name].seeds)


def engine(name: str) -> Engine:
    """Look up an engine.

    Raises:
        CalmError: it is not known how it takes an adapter.
    """
    if name not in ENGINES:
        raise CalmError(
            f"backend {name}: it is not known how lm-eval's {name} takes a trained adapter; train with one of "
            f"{', '.join(ENGINES)}"
        )
    return ENGINES[name]


def model_arguments(name: str, base: str, given: Mapping[str, Any], adapter: Path | None) -> dict[str, Any]:
    """Lay out lm-eval's `--model_args` for a base model, perhaps with an adapter on top of it.

    Args:
        name: of the engine.
        base: the base model: a folder, or a name on the Hub; a server's tokenizer is loaded from there.
        given: further arguments.
        adapter: its folder.

    Raises:
        CalmError: the adapter cannot be read, or a server's address is missing.
    """
    kind = engine(name).adapter
    if kind == "server":
        if not given.get("base_url"):
            raise CalmError(
                f"backend {name}: where is the server? model_args: base_url=http://HOST:PORT/v1/completions"
            )
        served = {"model": base, "tokenizer": base, "tokenizer_backend": "huggingface", **given}
        if adapter is not None:  # lora_local_path says what is served; lm-eval's classes for servers pass it over
            max_rank(adapter)
            served |= {"model": served_name(adapter), "lora_local_path": str(adapter)}
        return served
    arguments = {"pretrained": base, **given}
    if adapter is not None and kind == "peft":
        arguments |= {"peft": str(adapter)}
    elif adapter is not None:
        arguments |= {"lora_local_path": str(adapter), "max_lora_rank": max_rank(adapter)}
    return arguments


def max_rank(adapter: Path) -> int:
    """Return the least `max_lora_rank` of vLLM with which an adapter can be loaded.

    Raises:
        CalmError: the adapter cannot be read, or vLLM cannot load one of its kind.
    """
    path = adapter / "adapter_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        obstacle = vllm_obstacle(config)
        rank = 0 if obstacle else max([int(config["r"]), *map(int, (config.get("rank_pattern") or {}).values())])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise CalmError(f"{path} is no LoRA adapter's configuration; vLLM loads no other adapters") from None
    if obstacle or rank > RANKS[-1]:
        raise CalmError(f"{path}: vLLM loads no adapter with {obstacle or f'rank {rank}'}; use hf-prefix")
    return next(allowed for allowed in RANKS if allowed >= rank)


def served_name(adapter: Path) -> str:
    """Name an adapter on a server by its content."""
    weights = identify(str(adapter))
    if weights is None:
        raise CalmError(f"{adapter} holds no adapter")
    return f"calm-{weights.digest}"


def serve(name: str, arguments: Mapping[str, Any], adapter: Path) -> None:
    """Have a server load an adapter under its name, unless it serves that already; other engines load it themselves.

    Raises:
        CalmError: the server is away, or does not load adapters while it runs; says what to give.
    """
    if engine(name).adapter != "server":
        return
    import requests

    root = str(arguments["base_url"]).split("/v1/")[0]
    wanted, folder = served_name(adapter), str(adapter.resolve())
    by_hand = f"start it again with --lora-modules {wanted}={folder}"
    try:
        listed = requests.get(f"{root}/v1/models", timeout=SECONDS)
        if listed.ok and wanted in {model.get("id") for model in listed.json().get("data", [])}:
            return
        order = {"lora_name": wanted, "lora_path": folder}
        answer = requests.post(f"{root}/v1/load_lora_adapter", json=order, timeout=SECONDS)
    except (requests.RequestException, ValueError) as error:
        raise CalmError(f"{root} does not answer ({type(error).__name__}); start the server, and go on") from None
    if answer.status_code in (404, 405):
        raise CalmError(
            f"{root} loads no adapters while it runs (vLLM: --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True); "
            + by_hand
        )
    if not answer.ok:
        raise CalmError(f"{root} did not load {folder}: {' '.join(answer.text.split())[:200]}; {by_hand}")
