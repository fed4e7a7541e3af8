"""Meta-learn an adapter from which few pairs of another language will do: outer steps (Reptile) around steps of DPO.

python -m trainer.meta --pairs runs/pairs --model_name_or_path MODEL --output_dir runs/meta
python -m trainer.dpo --pairs runs/few --adapter runs/meta --model_name_or_path MODEL --output_dir runs/adapted

The pairs are in several languages (their column `language`). A task is --inner_steps batches in one of them, after
which the weights go --outer_learning_rate of the way to where these led. Everything else is as with python -m
trainer.dpo, but that a training that was cut off begins anew.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.methods.meta import METHOD, CalmMetaConfig
    from trainer.training.run import parts_of

    return parts_of(METHOD, CalmMetaConfig)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.meta", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
