"""DCO (Direct Consistency Optimization): log-odds of options that are to change by what another language's are.

The loss is that of the authors' code (Betswish/ConsistencyRL), |Δ₁ - o₂| + |Δ₂ - o₁| for an item in two languages: o
are the log-odds of two of its options under the frozen base model, by the sums of their tokens' log-probabilities, and
Δ is how far the policy's are from that. As o is known before training, each row has its target, and needs no second
language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from trl.trainer.dpo_trainer import DataCollatorForPreference

from calm_harness.errors import CalmError
from trainer.methods.reference import LoggedReferenceDPOTrainer
from trainer.preferences.write import TARGET


@dataclass
class TargetCollator(DataCollatorForPreference):
    """TRL's collator, which keeps the targets: [B] as `target`."""

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Put examples into a batch."""
        return {**super().torch_call(examples), TARGET: torch.tensor([example[TARGET] for example in examples])}


class DCOTrainer(LoggedReferenceDPOTrainer):
    """TRL's DPO trainer with the loss of DCO: the mean distance of changes of log-odds from their targets."""

    def _set_signature_columns_if_needed(self) -> None:
        super()._set_signature_columns_if_needed()
        columns: list[str] = self._signature_columns
        if TARGET not in columns:
            columns.append(TARGET)

    def compute_ref_log_probs(self, model: Any, inputs: Any) -> Any:
        """Compute the reference's log-probabilities of a batch."""
        return super().compute_ref_log_probs(model, {name: inputs[name] for name in inputs if name != TARGET})

    def _compute_loss(self, model: Any, inputs: Any, return_outputs: bool) -> Any:
        labels = inputs["input_ids"].masked_fill(inputs["completion_mask"] == 0, -100)
        asked = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        outputs = model(**asked, labels=labels, use_cache=False, fused_lm_head=True)
        by_token = outputs.log_probs[:, 1 - labels.shape[1] :]  # without virtual tokens, which PEFT may put before
        chosen, rejected = by_token.sum(dim=1).chunk(2)  # TRL's batches have all that is chosen first
        change = (chosen - inputs["ref_chosen_logps"]) - (rejected - inputs["ref_rejected_logps"])
        loss = (change - inputs[TARGET]).abs().mean()
        return (loss, outputs) if return_outputs else loss

    def _without_logged(self, dataset: Any, name: str, batch_size: int, reason: str) -> Any:
        raise CalmError(
            f"these pairs' log-probabilities, and so their targets, are not of the model that training starts from: "
            f"{reason}; evaluate that model as it is trained (dtype), and make pairs of its log"
        )
