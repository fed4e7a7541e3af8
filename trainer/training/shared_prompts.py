"""TRL's trainers, with a prompt read once for all its completions, and the vocabulary head only where one stands.

Short completions (a cloze's options) after long prompts spend nearly all of stock training on the prompt: it is read
for chosen and rejected alike, and off NVIDIA GPUs TRL 1.16 applies the head to all of its places. Here the rows of a
batch that begin alike become one row (`calm_harness.models.packing`), and everything else stays TRL's: its losses, its
metrics, its loop. What it asks a model for is answered through `Shared`, with the same numbers up to rounding: before
the first step, some of its first batch is tried both ways, and where they differ TRL's own way is taken.
"""

from __future__ import annotations

import itertools
import logging
from typing import Any

import torch
from accelerate.utils import DistributedType, is_peft_model
from torch.nn import functional
from trl import DPOTrainer, SFTTrainer
from trl.trainer.utils import FusedCausalLMOutput

from calm_harness.errors import CalmError
from calm_harness.models import packing, sharing
from calm_harness.models.packing import Branch, Row

log = logging.getLogger(__name__)

TRIED = 2  # pairs that are tried both ways before the first step
BEGINNING = 64  # tokens of their completions
HEAD_NUMBERS = 2**27  # logits of a batch; beyond that TRL's head, which works in pieces, does better
WHOLE = (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU)  # every process has all weights


def rows(input_ids: torch.Tensor, labels: torch.Tensor, mask: torch.Tensor | None = None) -> list[Row] | None:
    """Put sequences that begin with the same prompt into one row each.

    Args:
        input_ids: [N, T] padded at the right, or where `mask` says so.
        labels: [N, T] the tokens of completions, -100 elsewhere.
        mask: [N, T] 0 for padding, which GRPO's prompts have at the left.

    Returns:
        Rows whose branches carry the numbers of their sequences; None where a completion has no prompt, or no end.
    """
    by_prompt: dict[tuple[int, ...], list[Branch]] = {}
    seen = torch.ones_like(input_ids) if mask is None else mask
    tensors = (input_ids.tolist(), seen.tolist(), labels.tolist())
    for number, (token_ids, token_seen, token_labels) in enumerate(zip(*tensors, strict=True)):
        places = [place for place, label in enumerate(token_labels) if label != -100]
        if not places or places[-1] - places[0] + 1 != len(places):
            return None
        start, stop = places[0], places[-1] + 1
        prompt = tuple(itertools.compress(token_ids[:start], token_seen))
        if not prompt:
            return None
        by_prompt.setdefault(prompt, []).append(Branch(tuple(token_ids[start:stop]), (number,)))
    return [Row(prefix, tuple(branches)) for prefix, branches in by_prompt.items()]


class Shared:
    """A model that answers TRL's `model(..., labels=labels, fused_lm_head=True)` with prompts shared where it can."""

    def __init__(self, model: Any, trainer: Any) -> None:
        self.model = model
        self.trainer = trainer
        self.whole = trainer.accelerator.unwrap_model(model)
        self.base = self.whole.get_base_model() if is_peft_model(self.whole) else self.whole

    def __call__(self, **kwargs: Any) -> Any:
        """Answer as the model does."""
        labels = kwargs.get("labels")
        shared_rows = None
        if labels is not None and self._asked(kwargs):
            shared_rows = rows(kwargs["input_ids"], labels, kwargs.get("attention_mask"))
        if shared_rows is None or sum(row.reads for row in shared_rows) * self._config.vocab_size > HEAD_NUMBERS:
            return self.model(**kwargs)
        return self._answer(shared_rows, labels, kwargs.get("num_items_in_batch"))

    @property
    def _config(self) -> Any:
        return self.base.config.get_text_config(decoder=True)

    @staticmethod
    def _asked(kwargs: dict[str, Any]) -> bool:
        return bool(kwargs.get("fused_lm_head")) and not kwargs.get("output_router_logits")

    def _answer(self, shared_rows: list[Row], labels: torch.Tensor, items: Any = None) -> FusedCausalLMOutput:
        device = labels.device
        batch = packing.pack(
            shared_rows, self._config.pad_token_id or 0, device, virtual=sharing.virtual_tokens(self.whole)
        )
        device_type = device.type
        dtype = torch.get_autocast_dtype(device_type) if torch.is_autocast_enabled(device_type) else self.base.dtype
        logits = sharing.logits(self.model, self.whole, batch, self._config, dtype)
        places, targets, owners = packing.targets(shared_rows)
        coordinates = [
            (branch.requests[0], column)
            for branch, _ in owners
            for column in _columns(labels[branch.requests[0]], len(branch.tokens))
        ]
        index = tuple(torch.tensor(coordinates, device=device).T)
        places, targets = places.to(device), targets.to(device)
        logits = logits.float() / self.trainer.temperature
        log_probs = functional.log_softmax(logits, dim=-1)
        with torch.no_grad():
            entropy = -(log_probs.exp() * log_probs).sum(-1)
            mean_logits, top1 = logits.mean(-1), logits.argmax(-1)

        def laid(values: torch.Tensor) -> torch.Tensor:
            return values.new_zeros(len(labels), labels.shape[1] - 1).index_put(index, values)

        by_token = laid(log_probs[places, targets])
        return FusedCausalLMOutput(
            loss=-by_token.sum() / (len(places) if items is None else items),
            log_probs=by_token,
            entropy=laid(entropy[places]),
            mean_logits=laid(mean_logits[places]),
            is_top1=laid(top1[places] == targets),
            label_mask=labels[:, 1:] != -100,
        )

    def differs(self, inputs: dict[str, torch.Tensor], labels: torch.Tensor) -> str | None:
        """Try a batch both ways; say how far apart the answers are, where that is more than rounding."""
        shared_rows = rows(inputs["input_ids"], labels, inputs.get("attention_mask"))
        if shared_rows is None:
            return None
        kwargs = {**inputs, "labels": labels, "use_cache": False, "fused_lm_head": True}
        ours, theirs = self._answer(shared_rows, labels), self.model(**kwargs)
        sums = theirs.log_probs.float().sum(-1)
        difference = (ours.log_probs.sum(-1) - sums).abs()
        exact = self.base.dtype == torch.float32 and not torch.is_autocast_enabled(labels.device.type)
        allowed = torch.full_like(sums, 1e-2) if exact else 0.02 * sums.abs() + 0.5
        theirs_of_text = theirs.label_mask[:, 1 - labels.shape[1] :]  # without virtual tokens
        if bool((difference < allowed).all()) and torch.equal(ours.label_mask, theirs_of_text):
            return None
        return f"the log-probabilities of a first batch differ from TRL's own by {float(difference.max()):.2g}"


def _columns(labels: torch.Tensor, length: int) -> range:
    """The places [T - 1] whose prediction is a completion's."""
    first = int((labels != -100).nonzero()[0])
    return range(first - 1, first - 1 + length)


class SharesPrompts:
    """For TRL's trainers: give them a `Shared` model where it answers as theirs does."""

    shares: bool | None = None
    temperature: float = 1.0  # by which TRL divides logits: GRPO's trainer has that of its draws

    def _shared(self, model: Any, inputs: dict[str, Any]) -> Any:
        if self.shares is None:
            reason = self._obstacle(model) or self._difference(model, inputs)
            self.shares = reason is None
            if reason is not None:
                log.warning("prompts are not shared: %s", reason)
        return Shared(model, self) if self.shares else model

    def _obstacle(self, model: Any) -> str | None:
        if self.accelerator.distributed_type not in WHOLE:  # type: ignore[attr-defined]
            return "the weights are spread over processes"
        for each in (model, self.model):  # type: ignore[attr-defined]  # a reference of its own, and what is trained
            whole = self.accelerator.unwrap_model(each)  # type: ignore[attr-defined]
            if (obstacle := sharing.obstacle(whole)) is not None:
                return obstacle
            if sharing.virtual_tokens(whole) and self.accelerator.num_processes > 1:  # type: ignore[attr-defined]
                return "several processes train virtual tokens"  # they meet where the wrapped model is called
        return None

    def _difference(self, model: Any, inputs: dict[str, Any]) -> str | None:
        """Hold both ways against each other; say what speaks against sharing."""
        model = self.accelerator.unwrap_model(model)  # type: ignore[attr-defined]
        training = model.training
        model.eval()  # no dropout, no checkpoints
        try:
            with torch.no_grad(), self.accelerator.autocast():  # type: ignore[attr-defined]
                return Shared(model, self).differs(*_some(inputs))
        except Exception as error:  # whatever a version of TRL or of a model's code raises: training must not end by it
            return f"it was tried and failed ({' '.join(str(error).split())[:200] or type(error).__name__})"
        finally:
            model.train(training)


class _SharesInLoss(SharesPrompts):
    """For trainers whose batch is what the model is asked: share prompts, and stop where the loss is no number."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **kwargs: Any) -> Any:
        """Compute TRL's loss.

        Raises:
            CalmError: it is no number.
        """
        result = super().compute_loss(self._shared(model, inputs), inputs, return_outputs, **kwargs)  # type: ignore[misc]
        loss = result[0] if return_outputs else result
        if not torch.isfinite(loss).all():
            raise CalmError(
                f"the loss of step {self.state.global_step + 1} is {loss.item()}; "  # type: ignore[attr-defined]
                "lower --learning_rate, or train in float32 (--bf16 false)"
            )
        return result


def _some(inputs: dict[str, Any]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Take few sequences of a batch, and of their completions the beginnings: what a model is given, and the labels.

    TRL's batches have all that is chosen before all that is rejected, so first and middle are a pair.
    """
    ids = inputs["input_ids"]
    middle = len(ids) // 2
    picked = sorted({*range(min(TRIED, len(ids))), *range(middle, min(middle + TRIED, len(ids)))})
    labels = inputs["labels"] if "labels" in inputs else ids.masked_fill(inputs["completion_mask"] == 0, -100)
    labels = labels[picked]
    labels = labels.masked_fill((labels != -100).cumsum(1) > BEGINNING, -100)
    return {name: inputs[name][picked] for name in ("input_ids", "attention_mask") if name in inputs}, labels


class SharedPromptDPOTrainer(_SharesInLoss, DPOTrainer):
    """`DPOTrainer` that reads the prompt of a pair once, and takes data that is tokenised already."""

    def compute_ref_log_probs(self, model: Any, inputs: Any) -> Any:
        """Compute the reference's log-probabilities of a batch."""
        return super().compute_ref_log_probs(self._shared(model, inputs), inputs)

    def _prepare_dataset(self, dataset: Any, *args: Any) -> Any:
        return dataset if "prompt_ids" in dataset.column_names else super()._prepare_dataset(dataset, *args)

    def _obstacle(self, model: Any) -> str | None:
        if self.use_weighting:
            return "use_weighting needs more of the head than is kept"
        return super()._obstacle(model)


class SharedPromptSFTTrainer(_SharesInLoss, SFTTrainer):
    """`SFTTrainer` that applies the head only where a completion stands."""
