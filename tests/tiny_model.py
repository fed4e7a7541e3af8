"""A model of one small layer with random weights: a whole checkpoint folder, whose answers mean nothing."""

import shutil
from pathlib import Path

TOKENIZER = ("tokenizer.json", "tokenizer_config.json")


def write(folder: Path, tokenizer_of: Path, seed: int, tokens: int = 262_144) -> Path:
    """Write the checkpoint with another model's tokenizer; another seed gives other weights of the same shape.

    Fewer tokens than the tokenizer has are for tests that give token ids themselves.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tokens, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=4096, tie_word_embeddings=True, bos_token_id=2, eos_token_id=1,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    LlamaForCausalLM(config).save_pretrained(folder)
    for name in TOKENIZER:
        if not (folder / name).exists():
            shutil.copy(tokenizer_of / name, folder / name)
    return folder
