"""GRPO: TRL's trainer on the prompts of an evaluation, rewarded by the answers of all languages, and our defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from trl import GRPOConfig, GRPOTrainer

from calm_harness.errors import CalmError
from trainer.adapters import kinds
from trainer.rollouts.arguments import PromptArguments
from trainer.rollouts.positions import Positions
from trainer.rollouts.prompts import prepare
from trainer.rollouts.reward import pooled
from trainer.training.arguments import Arguments, Method, ShortRuns
from trainer.training.model import load_model
from trainer.training.shared_prompts import SharesPrompts
from trainer.training.tokens import encode_all

REMEDY = "lower --learning_rate, or train in float32 (--bf16 false)"


@dataclass
class CalmGRPOConfig(ShortRuns, GRPOConfig):
    """TRL's GRPO arguments with our defaults: PolyFact's loss (arXiv 2606.06586), and questions left whole.

    With one iteration of TRL's a response is learned from by the model that wrote it: the ratio is 1, nothing is
    clipped, and the gradient is that of −A times the mean log-probability of its tokens.
    """

    learning_rate: float = field(default=1e-5, metadata={"help": "The initial learning rate for AdamW."})
    loss_type: str = field(
        default="grpo", metadata={"help": "TRL's name of the loss: grpo takes the mean over each response's tokens."}
    )
    shuffle_dataset: bool | None = field(
        default=False,
        metadata={"help": "Has to stay false: a question's languages are adjacent; --seed draws questions."},
    )


class WholeQuestionsGRPOTrainer(SharesPrompts, GRPOTrainer):
    """`GRPOTrainer` whose prompts are the tokens that an evaluation reads, and that stops where numbers are none.

    In a step, a prompt is read once for all its responses in the batch, where these are short (`HEAD_NUMBERS`).
    """

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        """Encode prompts as lm-eval does: where a template wrote the first token, it is not added again."""
        return encode_all(self.processing_class, prompts), None, {}

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        *rest: Any,
        **more: Any,
    ) -> Any:
        """Compute log-probabilities [N, logits_to_keep] and entropies of responses: the last tokens of each row."""
        labels = input_ids.masked_fill(attention_mask == 0, -100)
        labels[:, :-logits_to_keep] = -100
        asked = {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
        model = self._shared(model, asked)
        return super()._get_per_token_logps_and_entropies(
            model, input_ids, attention_mask, logits_to_keep, *rest, **more
        )

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Take a step.

        Raises:
            CalmError: the loss, or what responses are drawn by, is no number.
        """
        try:
            loss: torch.Tensor = super().training_step(*args, **kwargs)
        except RuntimeError as error:
            if "probability tensor" not in str(error):  # torch's word for it
                raise
            raise CalmError(
                f"the model gives no numbers any more in step {self.state.global_step + 1}; {REMEDY}"
            ) from None
        if not torch.isfinite(loss).all():
            raise CalmError(f"the loss of step {self.state.global_step + 1} is {loss.item()}; {REMEDY}")
        return loss


def build(dataset: Any, tokenizer: Any, arguments: Arguments) -> WholeQuestionsGRPOTrainer:
    """Make the trainer.

    Raises:
        CalmError: the model or the adapter cannot be loaded, or TRL does not take the settings, or finds no vLLM.
    """
    data, training, model = arguments
    languages = len(set(dataset["language"]))
    a_step = training.generation_batch_size // (languages * training.num_generations)
    watch = Positions.over(a_step, data.min_entropy)
    loaded = load_model(model, data.adapter, training.trust_remote_code)
    try:
        return WholeQuestionsGRPOTrainer(
            model=loaded,
            reward_funcs=pooled(data.reward, languages, training.num_generations, watch),
            args=training,
            train_dataset=dataset,
            processing_class=tokenizer,
            peft_config=kinds.config(model, data.adapter),
            callbacks=[watch],
        )
    except (ImportError, ValueError) as error:  # no vLLM, or settings that do not go together
        raise CalmError(f"TRL does not begin: {' '.join(str(error).split())}; correct the settings") from None


METHOD = Method("GRPO", {}, iter, build, data=PromptArguments, prepare=prepare)
