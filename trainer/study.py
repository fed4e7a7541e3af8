"""Studies: the same loop with one thing changed at a time, over several seeds, tests pooled.

python -m trainer.study --config recipes/studies/votes.yaml
python -m trainer.study --config recipes/studies/votes.yaml --arms_only crosslingual english

A study is a loop's settings, the arms that change them, and seeds; every seed tests on other questions (rotation). The
base model is asked once for all arms. Run again, it goes on with the arm where it was. The output folder has base/, a
folder an arm and seed, report.md and report.json.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import run
from trainer.rounds.arguments import StudyArguments
from trainer.rounds.study import Study


def command(args: StudyArguments) -> int:
    """Run the study."""
    Study(args).run()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.study", __doc__, [StudyArguments], command, argv)


if __name__ == "__main__":
    sys.exit(main())
