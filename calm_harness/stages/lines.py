"""What a log says while it is written: its lines, the bar that was drawn last, and what of it is ours (pure)."""

from __future__ import annotations

import re

from calm_harness.process.loggers import OURS

_WARNING = re.compile(rf"\b(?:WARNING|ERROR|CRITICAL) *\[(?:{'|'.join(OURS)})(?:\.[\w.]+)?:\d+\] (?P<said>.+)")
_NOT_HELD_OUT = re.compile(r" *(?P<said>NOT held out: .+)")  # of trainer.preferences.held_out
_BAR = re.compile(r"(?:(?P<what>.*?): )? *(?P<percent>\d{1,3})%\|(?:[^|]*\|[^\[]*\[[^\]]*\](?P<rest>.*))?")  # tqdm's


class Lines:
    """Parts a text that comes in pieces into its lines; a progress bar is drawn over the line that it stands in.

    Attributes:
        bar: what the last bar says, such as `Running loglikelihood 45%`; "" where there is none, or it is full.
    """

    def __init__(self) -> None:
        self.bar = ""
        self._begun = ""

    def feed(self, text: str) -> list[str]:
        """Take a piece; return the lines that ended in it, of each what stood there last, without bars and empty lines.

        What is said while a bar is drawn may stand behind it.

        Args:
            text: what came since the last piece, which may end anywhere.
        """
        *ended, self._begun = (self._begun + text).split("\n")
        lines = []
        for line in ended:
            *_, last = self._drawn(line.rstrip("\r"))
            bar = _BAR.match(last)
            said = last if bar is None else bar["rest"] or ""
            if said.strip():
                lines.append(said)
        self._drawn(self._begun)
        self._begun = self._begun[self._begun.rfind("\r", 0, -1) + 1 :]
        return lines

    def _drawn(self, line: str) -> list[str]:
        """Return what stood in a line one after the other, and note a bar among it."""
        states = line.split("\r")
        for bar in filter(None, map(_BAR.match, states)):
            percent = int(bar["percent"])
            self.bar = f"{bar['what'] or ''} {percent}%".strip() if percent < 100 else ""
        return states


def warned(line: str) -> str | None:
    """Return what a line warns of, if it is one of our own warnings or errors."""
    found = _WARNING.search(line) or _NOT_HELD_OUT.fullmatch(line)
    return found["said"].strip() if found else None
