"""Whether an adapter is one of the base model that it is put on, seen before either is loaded."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.models.digest import ADAPTER, identify
from calm_harness.models.trained import RECORD

log = logging.getLogger(__name__)

MODULE = re.compile(r"(layers\.\d+\..+|lm_head|embed_tokens)\.weight$")
LORA = re.compile(r"(layers\.\d+\..+|lm_head|embed_tokens)\.lora_(A|B)(?:\.\w+)?\.weight$")
VIRTUAL = "prompt_embeddings"  # the tensor of virtual tokens, [tokens, numbers]
SHARED = {"A": 1, "B": 0}  # which length of a weight [out, in] LoRA's A [rank, in] or B [out, rank] has as well
CHANGING = ("pissa", "olora", "corda", "lora_ga")  # of PEFT's init_lora_weights: they take a part out of the base
FLOATS = ("F32", "F16", "BF16", "F64")  # weights that are packed otherwise have shapes of their own


def check_base(model_args: Mapping[str, Any]) -> None:
    """See that an adapter fits its base model; warn where it was trained on other weights.

    Args:
        model_args: lm-eval's.

    Raises:
        CalmError: it does not.
    """
    base = model_args.get("pretrained")
    for name in ADAPTER:
        adapter = model_args.get(name)
        if isinstance(adapter, str) and name == "lora_local_path" and Path(adapter).expanduser().is_dir():
            obstacle = vllm_obstacle(read_config(adapter))
            if obstacle is not None:
                raise CalmError(f"{name}={adapter}: vLLM loads no adapter with {obstacle}; use hf-prefix")
        if not (isinstance(adapter, str) and isinstance(base, str)):
            continue
        folder, base_folder = Path(adapter).expanduser(), Path(base).expanduser()
        if not folder.is_dir() or not base_folder.is_dir():
            continue
        misfit = _misfit(folder, base_folder)
        if misfit is not None:
            raise CalmError(
                f"{name}={adapter} is no adapter of {base} ({misfit}); name the base that it was trained on"
            )
        _warn_of_others(folder, base)


def read_config(adapter: str | Path) -> dict[str, Any]:
    """Read PEFT's configuration of an adapter.

    Raises:
        CalmError: the folder holds none.
    """
    path = Path(adapter).expanduser() / "adapter_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict) or "base_model_name_or_path" not in config:
        raise CalmError(f"{adapter} holds no adapter (adapter_config.json); name the folder of a trained one")
    return config


def changes_base(config: Mapping[str, Any]) -> str | None:
    """Name the beginning (PiSSA, OLoRA, ...) by which an adapter's base has other weights; None where it has not."""
    begun = str(config.get("init_lora_weights")).lower()
    return begun if begun.startswith(CHANGING) else None


def vllm_obstacle(config: Mapping[str, Any]) -> str | None:
    """Say what of an adapter vLLM does not load, or would load wrongly: it knows plain LoRA alone, on whole weights."""
    if config.get("peft_type", "LORA") != "LORA":
        return f"type {config['peft_type']}"
    named = [name for name in ("use_dora", "modules_to_save") if config.get(name)]
    begun = changes_base(config)
    return named[0] if named else None if begun is None else f"init_lora_weights {begun}"


def _misfit(folder: Path, base: Path) -> str | None:
    """Say which of an adapter's modules the base has not, or has in another size; None where all that is known fits."""
    sizes: dict[str, tuple[int, ...]] = {}  # module -> [out, in]
    for name, shape, kind in _tensors(base):
        module = MODULE.search(name)
        if module and kind in FLOATS and len(shape) == 2:
            sizes[module[1]] = shape
    layers = {name.split(".")[1] for name in sizes if name.startswith("layers.")}
    for name, shape, _ in _tensors(folder):
        if name == VIRTUAL and (width := _width_of_virtual(read_config(folder), sizes)) not in (None, shape[-1]):
            return f"its virtual tokens have {width} places there, and {shape[-1]} here"
        part = LORA.search(name)
        if part is None:
            continue
        module_name, place = part[1], SHARED[part[2]]
        size = sizes.get(module_name)
        if size is not None and size[place] != shape[place]:
            return f"{module_name} has {size[place]} places there, and {shape[place]} here"
        if layers and module_name.startswith("layers.") and module_name.split(".")[1] not in layers:
            return f"there is no layer {module_name.split('.')[1]}"
    return None


def _width_of_virtual(config: Mapping[str, Any], sizes: Mapping[str, tuple[int, ...]]) -> int | None:
    """Return how many numbers a virtual token has on a base: an embedding, or all layers' keys and values.

    Args:
        config: the adapter's.
        sizes: module -> [out, in] of the base.
    """
    if config.get("peft_type") == "PROMPT_TUNING":
        return sizes["embed_tokens"][1] if "embed_tokens" in sizes else None
    cached = [size[0] for name, size in sizes.items() if name.endswith(("self_attn.k_proj", "self_attn.v_proj"))]
    return sum(cached) if config.get("peft_type") == "PREFIX_TUNING" and cached else None


def _tensors(folder: Path) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Yield name, shape and kind of the tensors of a folder's safetensors files."""
    from safetensors import SafetensorError, safe_open

    for path in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(path, framework="numpy") as file:
                for name in file.keys():  # noqa: SIM118 (it is no dictionary)
                    part = file.get_slice(name)
                    yield name, tuple(part.get_shape()), str(part.get_dtype())
        except (SafetensorError, OSError) as error:
            raise CalmError(f"{path} cannot be read ({error}); is it whole?") from None


def _warn_of_others(folder: Path, base: str) -> None:
    """Warn where a training of ours says that it was on other weights."""
    try:
        trained_on = json.loads((folder / RECORD).read_text(encoding="utf-8"))["identity"]["model"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    here = identify(base)
    if here is not None and trained_on != here.digest:
        log.warning(
            "%s was trained on other weights than those in %s (%s and %s): its figures are of neither; name its base, "
            "unless this is that base in another form",
            *(folder, base, trained_on, here.digest),
        )
