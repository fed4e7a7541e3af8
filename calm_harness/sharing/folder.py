"""Write the folder that is uploaded: a Parquet file a configuration, one with the figures of all runs, and the card."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import whole, write_text
from calm_harness.sharing import card, parquet, private
from calm_harness.sharing.found import RESULTS, Found, Part
from calm_harness.sharing.rows import without_texts
from calm_harness.sharing.written import DATA, Table
from retrieval.text import printable


def check(found: Found, *, texts: bool, licence: str | None) -> None:
    """See that what would go up may.

    Raises:
        CalmError: there are texts whose licence is not known, and the user names none.
    """
    if not texts or licence:
        return
    for part in found.parts:
        if part.licence is None:
            raise CalmError(
                f"{part.name} has texts of {part.whose}: push without them (--without_texts), or name the licence "
                "under which you may pass them on (--license)"
            )


def write(found: Found, folder: Path, repo: str, *, texts: bool, licence: str | None) -> list[Table]:
    """Write the folder.

    Args:
        found: what is to be in it.
        folder: where it is to lie; it appears when it is whole.
        repo: what the data set is to be called, `USER/NAME`.
        texts: whether questions, prompts and responses go with the numbers.
        licence: the one that the user names.

    Raises:
        CalmError: something lies there, a row holds a secret, or a licence is missing.
    """
    check(found, texts=texts, licence=licence)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CalmError(f"{printable(folder)} is there already and not empty; name a new folder")
    known = private.secrets()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with whole(folder) as scratch:
            (scratch / DATA).mkdir(parents=True)
            tables = [_table(part, scratch, texts, known) for part in found.parts]
            tables += _figures(found, scratch)
            write_text(scratch / card.CARD, card.render(found, tables, repo, texts=texts, licence=licence))
    except OSError as error:
        raise CalmError(f"{folder} cannot be written ({error.strerror}); name another folder, or make room") from None
    return tables


def _table(part: Part, folder: Path, texts: bool, known: dict[str, str]) -> Table:
    languages: dict[str, None] = {}
    chances: list[float] = []

    def rows() -> Iterator[dict[str, Any]]:
        languages.clear()
        chances.clear()
        for row in private.check(part.rows(), part.file, known):
            document: dict[str, Any] = doc if isinstance(doc := row.get("doc"), dict) else row
            if isinstance(document.get("language"), str):
                languages[document["language"]] = None
            if part.row and part.row.run.ours and part.row.run.format != "open" and document.get("options"):
                chances.append(1 / len(document["options"]))
            yield part.paths.cut(row if texts else without_texts(row))

    count, as_json = parquet.write(folder / DATA / f"{part.name}.parquet", rows)
    chance = sum(chances) / len(chances) if chances else None
    return Table(part.name, part.split, count, as_json, list(languages), chance, part)


def _figures(found: Found, folder: Path) -> list[Table]:
    """Write all figures of all runs, a row each."""
    if found.board is None:
        return []
    lines = []
    for row in found.board.rows:
        run = row.run
        run_is = {
            "config": found.names[row.number],
            "task": run.task,
            "task_version": _text(json.loads(run.inputs).get("version")),
            "model": run.model,
            "revision": run.revision,
            "model_digest": run.contents.get("model"),
            "adapter": run.adapter,
            "adapter_digest": run.contents.get("adapter"),
            "set": run.set_name,
            "split": run.split,
            "languages": list(run.languages),
            "format": run.format,
            "mode": run.how,
            "transductive": run.transductive,
            "settings": json.dumps(dict(run.settings), ensure_ascii=False),
            "questions": run.questions,
            "questions_digest": run.contents.get("questions"),
            "date": run.date.isoformat(),
            **{name: run.versions.get(name) for name in ("lm_eval", "transformers")},
        }
        for name, cell in run.figures.items():
            low, high = cell["interval"]
            figure = {"value": cell["value"], "stderr": cell["stderr"], "low": low, "high": high}
            lines.append({**run_is, "metric": name, **figure})
    count, as_json = parquet.write(folder / DATA / f"{RESULTS}.parquet", lambda: iter(lines))
    return [Table(RESULTS, RESULTS, count, as_json, [])]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
