"""The loop: sample, vote, train, evaluate, again.

python -m trainer.loop --config recipes/loop/mini.yaml
python -m trainer.loop --config recipes/loop/xcsqa.yaml --output runs/xcsqa --rounds 3

Each stage is a command of its own (calm eval, trainer.pairs, trainer.dpo), whose settings stand in the folder that it
writes. Run again, the loop goes on where it was: finished stages are not repeated. The output folder has base/, a
folder a round, split.json (which questions are trained on), report.md and report.json, and loop.log with all that was
said, of which the terminal has the stages, our own warnings and the outcome (-v: all).

The loop stops by a rule without labels, on questions of the training split that are not trained on (dev): when the
answers no longer come closer to the first round's vote and to each other, or at once when their positions collapse. The
best round's adapter is named in the report.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.rounds.arguments import LoopArguments, ShownArguments
    from trainer.rounds.loop import command

    return [LoopArguments, ShownArguments], command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.loop", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
