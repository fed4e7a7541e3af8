"""DPO whose reference is what a log says: the log-likelihoods of options that were scored before.

Where pairs were made of scored options, the log-probabilities that DPO compares with stand in the log already, and
TRL's own pass over all pairs, which asks the model for them again, is left out. They have to be of the very model that
training starts from, scored as it is trained: some are computed with it, and where these differ, the pass is made.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch
from accelerate.utils import broadcast_object_list

from trainer.preferences.write import REFERENCE
from trainer.training.shared_prompts import WHOLE, SharedPromptDPOTrainer

log = logging.getLogger(__name__)

COMPARED = 8  # pairs that are computed, spread over all
EXACT = 1e-3  # nats by which a log-likelihood may differ in float32; other batches differ by .0002 (Gemma 3 270M)
ROUGH = 0.5, 0.02  # in bfloat16: nats, and so much of it; of 9 nats rounding is .02 on average, and up to .4


class LoggedReferenceDPOTrainer(SharedPromptDPOTrainer):
    """`SharedPromptDPOTrainer` that takes the reference's log-probabilities from its data, if they are the model's."""

    def _precompute_ref_logps(self, dataset: Any, name: str, batch_size: int) -> Any:
        if not set(REFERENCE) <= set(dataset.column_names):
            return super()._precompute_ref_logps(dataset, name, batch_size)
        told = [self._other(dataset)]
        broadcast_object_list(told)  # all processes take the same way
        if told[0] is None:
            return dataset
        return self._without_logged(dataset, name, batch_size, told[0])

    def _without_logged(self, dataset: Any, name: str, batch_size: int, reason: str) -> Any:
        log.warning("the pairs' reference log-probabilities are not used, and computed anew: %s", reason)
        return super()._precompute_ref_logps(dataset.remove_columns(list(REFERENCE)), name, batch_size)

    def _other(self, dataset: Any) -> str | None:
        """Compute some pairs; say why the data's log-probabilities are not to be used, where they are not."""
        if self.accelerator.distributed_type not in WHOLE:
            return "the weights are spread over processes, where they are not tried"
        places = np.unique(np.linspace(0, len(dataset) - 1, min(COMPARED, len(dataset))).astype(int))
        inputs = self.data_collator([dataset[int(place)] for place in places])
        inputs = {column: values.to(self.accelerator.device) for column, values in inputs.items()}
        computed = torch.stack(self.compute_ref_log_probs(self.ref_model or self.model, inputs)).double()
        logged = torch.stack([inputs[column] for column in REFERENCE]).double()
        return _said((computed - logged).abs(), self._allowed(logged))

    def _allowed(self, logged: torch.Tensor) -> torch.Tensor:
        model = self.accelerator.unwrap_model(self.model)
        if self.accelerator.mixed_precision == "no" and model.dtype == torch.float32:
            return torch.full_like(logged, EXACT)
        nats, share = ROUGH
        return nats + share * logged.abs()


def _said(gap: torch.Tensor, allowed: torch.Tensor) -> str | None:
    """Say by how much pairs differ, where that is more than rounding; [2, P] each."""
    place = int((gap - allowed).argmax())
    worst, most = float(gap.flatten()[place]), float(allowed.flatten()[place])
    if worst <= most:
        return None
    return (
        f"of {gap.shape[1]} pairs they differ from the model's by up to {worst:.2g} nats (allowed: {most:.2g}), as "
        "another model's or another dtype's do"
    )
