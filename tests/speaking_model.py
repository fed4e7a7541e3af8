"""A model that answers: one small layer, whose every token is a letter of an option."""

from pathlib import Path

LETTERS = "ABCD"


def write(folder: Path) -> Path:
    """Write a model that says A, B, C or D, whatever it is asked, each as often as the others."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from calm_harness import questions
    from tests.chat_models import bare_tokenizer

    texts = [row.stem for row in questions.load("mini", split="train", languages=["en", "fr"]).rows]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bare_tokenizer(texts, ("<bos>", "<eos>"), spaced=False),
        bos_token="<bos>", eos_token="<eos>", pad_token="<eos>",
    )  # fmt: skip
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=4096, tie_word_embeddings=False, bos_token_id=0, eos_token_id=1,
        mlp_bias=True, initializer_range=0.1,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    letters = [tokenizer.encode(letter, add_special_tokens=False)[0] for letter in LETTERS]
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.bias.fill_(5.0)  # so that the last state is nearly a row of ones
        model.lm_head.weight.zero_()
        own = torch.randn(4, 16)
        model.lm_head.weight[letters] = own - own.mean(1, keepdim=True) + 1
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
