"""The `calm` command; `calm --help` takes a fraction of a second."""

from __future__ import annotations

from collections.abc import Sequence

from calm_harness.process import command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status; bad input is one line on stderr and status 1."""

    def work() -> int:
        from calm_harness.cli.parser import run

        return run(argv)

    return command.run("calm", work)
