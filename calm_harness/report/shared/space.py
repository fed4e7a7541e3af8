"""A leaderboard as a static Space of the Hugging Face Hub: a folder that is uploaded as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import SpaceCardData

from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.report import ranking
from calm_harness.report.leaderboard import build
from calm_harness.report.page import render
from calm_harness.report.probe import find as find_probes
from calm_harness.report.run import Run, Skipped
from calm_harness.report.shared import public
from calm_harness.report.training.charts import find
from retrieval.text import printable

CARD = "README.md"
KNOWN = (CARD, render.PAGE, render.FOLDER)


def write(
    runs: Sequence[Run], skipped: Sequence[Skipped], paths: Sequence[Path], folder: Path, title: str, *, latest: bool
) -> list[Path]:
    """Write the Space: its card, whose text is the ranking, and the page.

    Args:
        runs: what is on the leaderboard.
        skipped: what was passed over when they were found.
        paths: where reports of loops and studies, and probes, may lie.
        folder: where it is to lie; what is in it goes up with it, so it must be new, empty, or a Space of an earlier
            time.
        title: the heading.
        latest: keep the last of runs that are the same but for their date.

    Returns:
        The paths of card and page.

    Raises:
        CalmError: something else is in the folder, or it cannot be made.
    """
    others = [path.name for path in folder.iterdir() if path.name not in KNOWN] if folder.is_dir() else []
    if others:
        raise CalmError(f"{folder} holds {printable(sorted(others)[0])}, which would be published; name a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CalmError(f"{folder} cannot be made ({error.strerror}); name another folder") from None
    trainings, unread = find(paths)
    probes, unread_probes = find_probes(paths)
    shown = public.who(runs, probes)
    board = public.board(build(public.runs(runs, shown), [*skipped, *unread, *unread_probes], latest=latest))
    page = render.write(board, trainings, folder, title, public.probes(probes, shown))
    write_text(folder / CARD, f"---\n{metadata(title)}\n---\n\n{ranking.to_markdown(board, title)}")
    return [folder / CARD, page]


def metadata(title: str) -> str:
    """Return what the Hub reads of a Space's card, as YAML."""
    data = SpaceCardData(
        title=printable(title),
        emoji="🌐",
        colorFrom="green",
        colorTo="blue",
        sdk="static",
        app_file=render.PAGE,
        pinned=False,
        short_description="Accuracy and consistency over languages",  # the Hub takes 60 characters
        tags=["leaderboard", "calm-harness"],
    )
    return data.to_yaml().strip()
