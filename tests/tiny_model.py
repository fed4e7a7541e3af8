"""A model of one small layer with random weights: a whole checkpoint folder, whose answers mean nothing."""

from functools import cache
from pathlib import Path
from typing import Any

from tests.chat_models import bare_tokenizer

PAD, EOS, BOS = "<pad>", "<eos>", "<bos>"  # with the numbers that Gemma gives them: 0, 1, 2
TURNS = ("<start_of_turn>", "<end_of_turn>")


@cache
def tokenizer() -> Any:
    """Train a tokenizer of 1,500 tokens on the built-in questions; like Gemma's it lets a text begin with <bos>."""
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    from calm_harness import questions

    texts = [row.stem for row in questions.load("mini", split="train").rows]
    bare = bare_tokenizer(texts, (PAD, EOS, BOS, *TURNS), spaced=False)
    bare.post_processor = TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, bare.token_to_id(BOS))])
    return PreTrainedTokenizerFast(tokenizer_object=bare, bos_token=BOS, eos_token=EOS, pad_token=PAD)


def write(folder: Path, seed: int, tokens: int | None = None) -> Path:
    """Write the checkpoint; another seed gives other weights of the same shape.

    Fewer tokens than the tokenizer has are for tests that give token ids themselves.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tokens or len(tokenizer()), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=4096, tie_word_embeddings=True,
        bos_token_id=2, eos_token_id=1,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder
