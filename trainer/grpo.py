"""Train with TRL's GRPOTrainer on responses that the model writes meanwhile, rewarded by all languages' answers.

python -m trainer.grpo --samples runs/sampled --model_name_or_path MODEL --output_dir runs/grpo
python -m trainer.grpo --config recipes/train/grpo.yaml --samples runs/sampled --reward agree
torchrun --nproc-per-node 2 -m trainer.grpo --samples runs/sampled --model_name_or_path MODEL --output_dir runs/grpo

--samples is a sample log of a calm_*_cot task, whose questions are asked again, word for word, in all its languages.
--reward says what an answer is worth: `vote` and `agree` by what the other samples say, `gold` and `gold+all` by the
labels. A process has whole questions at a time: --per_device_train_batch_size x --gradient_accumulation_steps is a
multiple of languages x --num_generations. All flags of TRL's GRPOConfig and ModelConfig are there; --use_vllm has vLLM
write the responses.

Training stops by itself where the positions of answers collapse (--min_entropy): an answer that is given to everything
is what a reward without labels likes best. Everything else is as with python -m trainer.dpo.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.methods.grpo import METHOD, CalmGRPOConfig
    from trainer.training.run import parts_of

    return parts_of(METHOD, CalmGRPOConfig)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.grpo", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
