"""Which model sample logs are of: a vote pools the samples of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from calm_harness.cache import file_digest
from calm_harness.errors import CalmError
from calm_harness.report import results_file

_STAMP = re.compile(r"samples_.*?(_\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl")


@dataclass(frozen=True)
class Log:
    """A file of samples.

    Attributes:
        path: the file.
        language: None where its rows say it.
        found: whether it was found in a folder, rather than named.
    """

    path: Path
    language: str | None
    found: bool = False


@dataclass(frozen=True)
class Sampler:
    """Who was sampled.

    Attributes:
        model, adapter: names or paths; of a log without results beside it `model` is its folder's name.
        contents: their digests, as far as results say them.
    """

    model: str
    adapter: str | None = None
    contents: tuple[str | None, str | None] = (None, None)

    def is_same(self, other: Sampler) -> bool:
        """Compare by content where both say it, else by name."""
        names = zip((self.model, self.adapter), (other.model, other.adapter), strict=True)
        contents = zip(self.contents, other.contents, strict=True)
        return all(
            one == another if one and another else name == other_name
            for (one, another), (name, other_name) in zip(contents, names, strict=True)
        )

    def is_called(self, name: str) -> bool:
        """Tell whether a name is this one's: as it was given, or the last parts of its path."""
        own, asked = Path(self.adapter or self.model).parts, Path(name).parts
        return name == str(self) or own[-len(asked) :] == asked

    def __str__(self) -> str:
        return f"{self.model} + {self.adapter}" if self.adapter else self.model


def check_once(logs: Iterable[Log]) -> None:
    """See that no log is there twice, under one name or two: its samples would count twice.

    Raises:
        CalmError: one is.
    """
    by_size: dict[int, list[Path]] = {}
    for log in logs:
        if log.path.is_file():
            by_size.setdefault(log.path.stat().st_size, []).append(log.path)
    for paths in by_size.values():
        first_of: dict[str, Path] = {}
        for path in paths if len(paths) > 1 else ():
            first = first_of.setdefault(file_digest(path), path)
            if first is not path:
                raise CalmError(f"{first} and {path} are one log, whose samples would count twice; name one of them")


def of_one_model(logs: Sequence[Log], name: str | None) -> list[Log]:
    """Keep the logs of one model.

    Args:
        logs: files of samples.
        name: of the model or adapter whose logs are kept; None where they are all of one.

    Raises:
        CalmError: they are of several, or none is of that name.
    """
    known = {log: sampler for log in logs if (sampler := sampler_of(log)) is not None}
    called = {log: sampler for log, sampler in known.items() if name is None or sampler.is_called(name)}
    if name is not None and not called:
        there = ", ".join(map(str, _distinct(known.values()))) or "none that say it"
        raise CalmError(f"no samples are of {name!r} (there are: {there}); name one of these")
    distinct = _distinct(called.values())
    if len(distinct) > 1:
        raise CalmError(
            f"these samples are of {len(distinct)} models ({', '.join(map(str, distinct))}); name one of them "
            "(--model NAME), or the files"
        )
    return list(logs if name is None else called)


def _distinct(samplers: Iterable[Sampler]) -> list[Sampler]:
    distinct: list[Sampler] = []
    for sampler in samplers:
        if not any(sampler.is_same(other) for other in distinct):
            distinct.append(sampler)
    return distinct


def sampler_of(log: Log) -> Sampler | None:
    """Say which model a log is of, by the results beside it, else by the folder that lm-eval wrote it in.

    Returns:
        None of a file that was named and has no results beside it.
    """
    stamp = _STAMP.fullmatch(log.path.name)
    for results in sorted(log.path.parent.glob(f"*{stamp[1]}.json")) if stamp else ():
        for run in results_file.read(results)[0]:
            if run.samples == log.path:
                return Sampler(run.model, run.adapter, (run.contents.get("model"), run.contents.get("adapter")))
    return Sampler(log.path.parent.name) if log.found else None
