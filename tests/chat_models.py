"""Tiny models that chat: random weights, a tokenizer trained here, and a template built like a family's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

BARE = "{{ message.content | trim }}"


@dataclass(frozen=True)
class Family:
    """A family of chat models.

    Attributes:
        special: its special tokens: the first begins a sequence, "" for none; the second ends one.
        end: what a response ends with.
        spaced: whether words carry their space as in SentencePiece, instead of bytes.
        template: its chat template, in words of our own.
    """

    special: tuple[str, ...]
    end: str
    spaced: bool
    template: str


FAMILIES = {
    "llama3": Family(
        ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        "<|eot_id|>",
        False,
        "{{ bos_token }}<|start_header_id|>system<|end_header_id|>\n\nToday: {{ strftime_now('%d %b %Y') }}\n\n"
        "{% if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}<|eot_id|>"
        "{% for message in messages if message.role != 'system' %}"
        "<|start_header_id|>{{ message.role }}<|end_header_id|>\n\n" + BARE + "<|eot_id|>{% endfor %}"
        "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}",
    ),
    "qwen3": Family(
        ("", "<|im_end|>", "<|im_start|>", "<|endoftext|>"),
        "<|im_end|>",
        False,
        "{% for message in messages %}<|im_start|>{{ message.role }}\n"
        "{{ message.content.split('</think>')[-1] | trim }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n"
        "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
    ),
    "gemma3": Family(
        ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"),
        "<end_of_turn>",
        True,
        "{{ bos_token }}{% set first = messages[0].content ~ '\n\n' if messages[0].role == 'system' else '' %}"
        "{% for message in messages if message.role != 'system' %}"
        "<start_of_turn>{{ 'model' if message.role == 'assistant' else 'user' }}\n"
        "{{ first if loop.first else '' }}" + BARE + "<end_of_turn>\n{% endfor %}"
        "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}",
    ),
    "mistral": Family(
        ("<s>", "</s>", "[INST]", "[/INST]"),
        "</s>",
        True,
        "{{ bos_token }}{% for message in messages if message.role != 'system' %}"
        "{% if message.role == 'user' %}[INST] "
        "{{ messages[0].content ~ '\n\n' if loop.last and messages[0].role == 'system' else '' }}"
        "{{ message.content }}[/INST]{% else %} {{ message.content }}{{ eos_token }}{% endif %}{% endfor %}",
    ),
}


def bare_tokenizer(texts: Iterable[str], special: Iterable[str], *, spaced: bool, size: int = 1500) -> Tokenizer:
    """Train a byte-pair tokenizer: on bytes as GPT's are, or on words with their spaces as SentencePiece's are."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=spaced, unk_token="<unk>" if spaced else None))
    alphabet: list[str] = []
    if spaced:
        lines = pre_tokenizers.Split(Regex(r"\n+"), "isolated")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([lines, pre_tokenizers.Metaspace(prepend_scheme="never")])
        tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
        extra = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet, extra = pre_tokenizers.ByteLevel.alphabet(), []
    tokens = [AddedToken(token, special=True, normalized=False) for token in special if token]
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, special_tokens=[*tokens, *extra], show_progress=False,
        max_token_length=12,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def tokenizer_of(family: str, texts: Iterable[str]) -> Any:
    """Train a family's tokenizer on texts."""
    from transformers import PreTrainedTokenizerFast

    kind = FAMILIES[family]
    bare = bare_tokenizer(texts, kind.special, spaced=kind.spaced)
    first, last = kind.special[:2]
    if first:
        ids = [(first, bare.token_to_id(first))]
        bare.post_processor = processors.TemplateProcessing(single=f"{first} $A", special_tokens=ids)
    return PreTrainedTokenizerFast(
        tokenizer_object=bare,
        bos_token=first or None,
        eos_token=last,
        pad_token=last,
        additional_special_tokens=list(kind.special[2:]),
        chat_template=kind.template,
    )


def write(folder: Path, family: str, tokenizer: Any) -> Path:
    """Write a checkpoint of a family's kind."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=4096, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.convert_tokens_to_ids(FAMILIES[family].end), pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
