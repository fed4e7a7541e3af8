"""Whether an adapter is one of the base model that it is put on: seen before they are loaded, and after."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError, first_of
from calm_harness.models.digest import ADAPTER, identify
from calm_harness.models.trained import RECORD

log = logging.getLogger(__name__)

MODULE = re.compile(r"(layers\.\d+\..+|lm_head|embed_tokens)\.weight$")
LORA = re.compile(r"(layers\.\d+\..+|lm_head|embed_tokens)\.lora_(A|B)(?:\.\w+)?\.weight$")
VIRTUAL = "prompt_embeddings"  # the tensor of virtual tokens, [tokens, numbers]
SHARED = {"A": 1, "B": 0}  # which length of a weight [out, in] LoRA's A [rank, in] or B [out, rank] has as well
CHANGING = ("pissa", "olora", "corda", "lora_ga")  # of PEFT's init_lora_weights: they take a part out of the base
CONFIG = "adapter_config.json"  # PEFT's
PARTS = re.compile(r"[/\\]|--")  # what parts names; `models--org--name` is a folder of the Hub's cache
FLOATS = ("F32", "F16", "BF16", "F64")  # weights that are packed otherwise have shapes of their own


def check_base(model_args: Mapping[str, Any]) -> None:
    """See that an adapter fits its base model; warn where it was trained on other weights.

    Args:
        model_args: lm-eval's.

    Raises:
        CalmError: it does not.
    """
    base = model_args.get("pretrained")
    if isinstance(base, str):
        _refuse_adapter(Path(base).expanduser())
    for name in ADAPTER:
        adapter = model_args.get(name)
        if isinstance(adapter, str) and Path(adapter).expanduser().is_dir():
            config = read_config(adapter)
            if name == "lora_local_path" and (obstacle := vllm_obstacle(config)) is not None:
                raise CalmError(f"{name}={adapter}: vLLM loads no adapter with {obstacle}; use hf-prefix")
        if not (isinstance(adapter, str) and isinstance(base, str)):
            continue
        folder, base_folder = Path(adapter).expanduser(), Path(base).expanduser()
        if not folder.is_dir() or not base_folder.is_dir():
            if folder.is_dir():
                _warn_of_name(folder, base)
            continue
        misfit = _misfit(folder, base_folder)
        if misfit is not None:
            raise CalmError(
                f"{name}={adapter} is no adapter of {base} ({misfit}); name the base that it was trained on"
            )
        _warn_of_others(folder, base)


def check_template(model_args: Mapping[str, Any]) -> None:
    """Warn where chats will be written by another template than lies with the adapter, as it does once it is trained.

    Args:
        model_args: lm-eval's, of an evaluation that is to use a chat template.
    """
    base, adapter = model_args.get("pretrained"), model_args.get("peft")
    if not (isinstance(base, str) and isinstance(adapter, str)) or model_args.get("tokenizer"):
        return
    template = _template(Path(adapter).expanduser())
    if Path(base).expanduser().is_dir() and template is not None and template != _template(Path(base).expanduser()):
        log.warning(
            "%s has a chat template of its own, and chats are written by that of %s; to have the adapter's, say "
            "tokenizer=%s",
            *(adapter, base, adapter),
        )


def _template(folder: Path) -> str | None:
    """Return the chat template in a folder, as transformers looks for it; None where there is none."""
    try:
        return (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except (OSError, ValueError):
        pass
    try:
        template = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8")).get("chat_template")
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return template if isinstance(template, str) else None


def read_config(adapter: str | Path) -> dict[str, Any]:
    """Read PEFT's configuration of an adapter.

    Raises:
        CalmError: the folder holds none; says what it holds instead.
    """
    path = Path(adapter).expanduser() / CONFIG
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict) or "base_model_name_or_path" not in config:
        raise CalmError(f"{adapter} holds no adapter ({CONFIG}); {_instead(path.parent)}")
    return config


def check_applied(model: Any, adapter: str, revision: str | None = None) -> None:
    """See that a loaded model has all of an adapter: what PEFT knows no place for it leaves out without a word.

    Args:
        model: PEFT's, with the adapter on it; of anything else nothing is known.
        adapter: its folder, or its name on the Hub.
        revision: of the name.

    Raises:
        CalmError: it has not.
    """
    from peft import PeftModel, load_peft_weights, set_peft_model_state_dict

    if not isinstance(model, PeftModel) or model.active_peft_config.is_prompt_learning:
        return
    named = model.active_adapter
    weights = load_peft_weights(adapter, device="cpu", **({} if revision is None else {"revision": revision}))
    # The same values once more: PEFT does not hand on what it found when it put the adapter on.
    found = set_peft_model_state_dict(model, weights, adapter_name=named)
    homeless = found.unexpected_keys
    if homeless:
        raise CalmError(
            f"{adapter}: the base model as it is loaded here has no place for {len(homeless)} of {len(weights)} "
            f"tensors ({homeless[0]}), and without them the figures would not be the adapter's; merge it into its base "
            "with what trained it, and name the merged model as pretrained"
        )
    empty = [name for name in found.missing_keys if f".{named}." in name or name.endswith(f".{named}")]
    if empty:
        log.warning(
            "%s holds nothing for %d tensors that its configuration asks for (%s): there the model is its base; is the "
            "file whole?",
            *(adapter, len(empty), empty[0]),
        )


def _refuse_adapter(folder: Path) -> None:
    """See that a folder which is to be a whole model is not an adapter.

    Raises:
        CalmError: it is.
    """
    if (folder / CONFIG).is_file() and not (folder / "config.json").is_file():
        base = read_config(folder)["base_model_name_or_path"]
        raise CalmError(
            f"pretrained={folder} is an adapter; name its base beside it: pretrained={base or 'BASE'},peft={folder}"
        )


def _instead(folder: Path) -> str:
    """Say what to do about a folder that holds no adapter."""
    within = sorted(path.parent.name for path in folder.glob(f"*/{CONFIG}"))
    if within:
        return f"name one of the folders in it: {first_of(within)}"
    if (folder / "config.json").is_file():
        return "it is a whole model, which is named alone: pretrained=FOLDER"
    if any(folder.glob("adapter_model.*")):
        return "its weights are there: copy that file beside them from the training's folder"
    return "name the folder of a trained one"


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
    """Warn where a training of ours says that it was on other weights, or else where PEFT names another base."""
    try:
        trained_on = json.loads((folder / RECORD).read_text(encoding="utf-8"))["identity"]["model"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        _warn_of_name(folder, base)
        return
    here = identify(base)
    if here is not None and trained_on != here.digest:
        log.warning(
            "%s was trained on other weights than those in %s (%s and %s): its figures are of neither; name its base, "
            "unless this is that base in another form",
            *(folder, base, trained_on, here.digest),
        )


def other_base(config: Mapping[str, Any], base: str) -> str | None:
    """Return the base that an adapter's configuration names, if it is called otherwise than a model.

    Folders may stand before a name, or behind it as in the Hub's cache, so that one last part has to be in the other.

    Args:
        config: the adapter's.
        base: a folder, or a name of the Hub.
    """
    named = config.get("base_model_name_or_path")
    if not isinstance(named, str) or not named:
        return None
    parts, named_parts = ([part for part in PARTS.split(name.lower()) if part] for name in (base, named))
    alike = not parts or not named_parts or parts[-1] in named_parts or named_parts[-1] in parts
    return None if alike else named


def _warn_of_name(folder: Path, base: str) -> None:
    named = other_base(read_config(folder), base)
    if named is not None:
        log.warning(
            "%s says that its base is %s, not %s: is that the same? Else its figures are of neither",
            folder,
            named,
            base,
        )
