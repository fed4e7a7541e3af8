"""Train on preference pairs with TRL's DPOTrainer, a LoRA adapter by default.

python -m trainer.dpo --pairs runs/pairs --model_name_or_path Qwen/Qwen3-0.6B --output_dir runs/dpo
python -m trainer.dpo --config recipes/train/dpo.yaml --learning_rate 5e-5
python -m trainer.dpo --objective dco --pairs runs/odds --model_name_or_path MODEL --output_dir runs/dco
python -m trainer.dpo --pairs runs/pairs2 --model_name_or_path MODEL --adapter runs/dpo --output_dir runs/dpo2
torchrun --nproc-per-node 2 -m trainer.dpo --pairs runs/pairs --model_name_or_path MODEL --output_dir runs/dpo
accelerate launch --config_file FSDP_OR_DEEPSPEED.yaml -m trainer.dpo ...

All flags of TRL's DPOConfig and ModelConfig are there. Prompts are tokenised as lm-eval does it, so that training
sees what evaluation asks; an option of a cloze gets no end-of-sequence token, a turn of a chat ends as its template has
it. Pairs of more than --max_length tokens are left out. On several hosts, --output_dir is a folder that all share.

Cut off, the same command goes on from the last checkpoint; finished, it does nothing. The output folder has the
adapter, README.md (a model card) and training.json; `lm_eval --model_args pretrained=MODEL,peft=runs/dpo` evaluates it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.methods.dpo import OBJECTIVES, CalmDPOConfig
    from trainer.training.run import parts_of

    return parts_of(OBJECTIVES, CalmDPOConfig)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.dpo", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
