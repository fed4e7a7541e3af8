"""Put one fact into a model's weights by a few steps of training, and take it out again, bit for bit.

The loss is that of the new answer's tokens after the question, in one language; nothing holds the model to what else
it knows. Either LoRA matrices learn it, which are new for every edit and removed afterwards, so that the model's own
weights are never written to; or the weights of the layers do, of which a copy is kept and written back. Embeddings and
vocabulary head stay as they are: they hold the words of languages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from calm_harness.errors import CalmError
from calm_harness.models.sharing import read_only
from calm_harness.probes.editing.settings import Settings

RANK = 8


class Editor:
    """Edits a model that lm-eval has loaded.

    Args:
        lm: lm-eval's `hf` or `hf-prefix`.
        settings: how.
        seed: of LoRA's first matrices, with what is told.

    Raises:
        CalmError: the model is not one that can be edited.
    """

    def __init__(self, lm: Any, settings: Settings, seed: int) -> None:
        from lm_eval.models.huggingface import HFLM

        if not isinstance(lm, HFLM) or lm.backend != "causal":
            raise CalmError("--in weights takes causal models of transformers: --model hf-prefix or hf")
        if getattr(lm.model, "peft_config", None):
            raise CalmError("--in weights edits whole models: merge the adapter (peft=) into its base first")
        self.lm, self.model, self.settings, self.seed = lm, lm.model, settings, seed
        self.weights = self._of_layers() if settings.method == "full" else []
        self.copies = [weight.detach().clone() for weight in self.weights]

    @contextmanager
    def edited(self, prompt: str, text: str) -> Iterator[tuple[float, float]]:
        """Have the model say a text after a prompt, within the block; after it all weights are as they were.

        Yields:
            The text's mean loss (nats a token) before the first step and after the last.
        """
        flags = {name: weight.requires_grad for name, weight in self.model.named_parameters()}
        drawn = int(hashlib.sha256(f"{self.seed}/{prompt}/{text}".encode()).hexdigest()[:8], 16)
        try:
            with torch.random.fork_rng(), torch.enable_grad():
                torch.manual_seed(drawn)
                begin = self._begin_lora if self.settings.method == "lora" else self._begin_full
                loss = self._fit(begin(), *encoded(self.lm, prompt, text))
            yield loss
        finally:
            self._undo()
            for name, weight in self.model.named_parameters():
                weight.requires_grad_(flags[name])
                weight.grad = None

    def _begin_lora(self) -> list[torch.nn.Parameter]:
        from peft import LoraConfig, get_peft_model

        config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM")
        self.adapted = get_peft_model(self.model, config).base_model
        return [weight for weight in self.model.parameters() if weight.requires_grad]

    def _begin_full(self) -> list[torch.nn.Parameter]:
        self.model.requires_grad_(False)
        for weight in self.weights:
            weight.requires_grad_(True)
        return self.weights

    def _undo(self) -> None:
        adapted = vars(self).pop("adapted", None)
        if adapted is not None:
            adapted.unload()
        with torch.no_grad():
            for weight, copy in zip(self.weights, self.copies, strict=True):
                weight.copy_(copy)

    def _fit(self, weights: Sequence[torch.nn.Parameter], context: list[int], text: list[int]) -> tuple[float, float]:
        """Take the steps; of weights in half precision AdamW has copies in float32, or small steps would be lost."""
        exact = [weight.detach().float().requires_grad_() for weight in weights]
        optimizer = torch.optim.AdamW(exact, lr=self.settings.learning_rate, weight_decay=0.0)
        losses = []
        for _ in range(self.settings.steps):
            loss = self._loss(context, text)
            losses.append(float(loss.detach()))
            for weight in weights:
                weight.grad = None
            loss.backward()
            for weight, copy in zip(weights, exact, strict=True):
                copy.grad = None if weight.grad is None else weight.grad.float()
            optimizer.step()
            with torch.no_grad():
                for weight, copy in zip(weights, exact, strict=True):
                    weight.copy_(copy)
        with torch.no_grad():
            return losses[0], float(self._loss(context, text))

    def _loss(self, context: list[int], text: list[int]) -> torch.Tensor:
        """Return the text's mean loss after its context; the vocabulary head reads no other place."""
        tokens = torch.tensor([[*context, *text[:-1]]], device=self.lm.device)
        columns = torch.arange(len(context) - 1, tokens.shape[1])
        with read_only(self.model.get_output_embeddings(), torch.stack([torch.zeros_like(columns), columns])):
            logits = self.model(input_ids=tokens, use_cache=False).logits[0].float()
        return torch.nn.functional.cross_entropy(logits, torch.tensor(text, device=logits.device))

    def _of_layers(self) -> list[torch.nn.Parameter]:
        """List the weights but those of embeddings and vocabulary head."""
        words = [self.model.get_input_embeddings(), self.model.get_output_embeddings()]
        apart = {id(weight) for module in words if module is not None for weight in module.parameters()}
        weights = [weight for weight in self.model.parameters() if id(weight) not in apart]
        if not all(weight.is_floating_point() for weight in weights):
            raise CalmError("--method full: the model's weights are packed (quantised); take --method lora")
        return weights


def encoded(lm: Any, prompt: str, text: str) -> tuple[list[int], list[int]]:
    """Tokenize a prompt and the text after it as they are scored: together, and parted where the prompt ends."""
    if not prompt:
        return [lm.prefix_token_id], lm.tok_encode(text, add_special_tokens=False)
    context = lm.tok_encode(prompt)
    return context, lm.tok_encode(f"{prompt}{text}")[len(context) :]
