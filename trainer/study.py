"""Studies: the same loop with one thing changed at a time, over several seeds, tests pooled.

python -m trainer.study --config recipes/studies/votes.yaml
python -m trainer.study --config recipes/studies/votes.yaml --arms_only crosslingual english
python -m trainer.study --config recipes/studies/adapt.yaml

A study is a loop's settings, the arms that change them, and seeds; every seed tests on other questions (rotation). Each
arm is compared with its own base model, which is asked once for all arms that share it (the same model, questions and
way of asking, by content), and arms with each other where they were asked the same. From three seeds on intervals are
over seeds and questions together; with fewer the report speaks of these runs alone. Run again, it goes on with the arm
where it was. The output folder has base/ (and base-*/ of arms that have another), a folder an arm and seed, report.md
and report.json, and study.log with all that was said, of which the terminal has the stages, our own warnings and the
outcome (-v: all).

With `adapt` instead of arms it is a study of adaptation: what k questions of a language do for a model, by what it has
learned from other languages before (docs/align/studies.md).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from trainer.command import Parts, run


def parts() -> Parts:
    """Import what the command is made of."""
    from trainer.rounds.arguments import ShownArguments, StudyArguments
    from trainer.rounds.study import command

    return [StudyArguments, ShownArguments], command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    return run("trainer.study", __doc__, parts, argv)


if __name__ == "__main__":
    sys.exit(main())
