"""Put runs side by side: who is ahead where the intervals say so, and which run is another's aligned version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from typing import Any

from tqdm import tqdm

from calm_harness.errors import CalmError
from calm_harness.metrics.agreement import SPREAD
from calm_harness.metrics.ahead import ahead
from calm_harness.report.run import Run, Skipped
from calm_harness.report.runs import differing, short_names, told_apart
from calm_harness.report.sheets import RANKED, Answered, Sheet, answered, set_apart, sheet
from calm_harness.runtime import workers

TRANSDUCTIVE = "transductive: evaluated questions were let into its training"
FEW = 4  # runs that are read in one process


@dataclass(frozen=True)
class Row:
    """A run on the leaderboard.

    Attributes:
        number: of the row; what others call it by.
        run: the run.
        model: its model's short name, with the adapter's.
        scope: the questions' name; rows with the same scope may be compared as they stand.
        name: the model and how it was asked, unlike any other row's among those with the same scope.
        answers: None where there is no (sound) sample log.
        best: the metrics in which it is ahead (★) of every other run that was asked the same in the same way.
        base: the row of the same model without its adapter, asked the same; None where there is none.
        collapsed: where its answers stand at fewer positions than those of `base`, by how much; "" elsewhere.
        lines: the model's short name, and below it the adapter's, by what differs among the adapters of this model.
    """

    number: int
    run: Run
    model: str
    scope: str
    name: str
    answers: Answered | None
    best: tuple[str, ...] = ()
    base: int | None = None
    collapsed: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Leaderboard:
    """All rows, and the sheets of questions they answered.

    Attributes:
        rows: in order of their numbers.
        sheets: key -> questions.
        skipped: what is not on it, and why.
        noted: rows whose answers are not on it, and why.
        apart: rows that are not compared with others that seem to be asked the same, and why.
    """

    rows: Sequence[Row]
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    skipped: Sequence[Skipped] = ()
    noted: Sequence[Skipped] = ()
    apart: Sequence[Skipped] = ()

    @property
    def columns(self) -> list[str]:
        """The metrics of the ranking that any row has."""
        return [name for name in RANKED if any(name in row.run.figures for row in self.rows)]


def by_accuracy(rows: Iterable[Row]) -> list[Row]:
    """Sort rows, the most accurate first; those without an accuracy last."""
    return sorted(rows, key=lambda row: -(_value(row, "acc") or 0))


def build(
    runs: Sequence[Run], skipped: Sequence[Skipped] = (), *, latest: bool = False, progress: bool = True
) -> Leaderboard:
    """Read the runs' sample logs, and rank.

    Args:
        runs: the runs.
        skipped: what was passed over when they were found.
        latest: keep the last of runs that are the same but for their date.
        progress: show a bar.
    """
    outcomes, apart = set_apart(runs, _read(runs, progress))
    earlier = repeated(runs, outcomes) if latest else {}
    places = [place for place in range(len(runs)) if place not in earlier]
    superseded = [
        Skipped(runs[place].results, f"the same run as {runs[last].results}, done before it")
        for place, last in earlier.items()
    ]
    models, contents = short_names(run.model for run in runs), told_apart(runs)
    adapters = short_names((run.adapter for run in runs if run.adapter), parts=2)
    adapters_of: dict[str, set[str]] = {}
    for run in runs:
        if run.adapter:
            adapters_of.setdefault(run.model, set()).add(run.adapter)
    own_adapters = {model: differing(names) for model, names in adapters_of.items()}
    rows, noted = [], []
    for number, place in enumerate(places):
        run, outcome = runs[place], outcomes[place]
        base = models[run.model] + contents.get(("model", run.contents.get("model", ""), run.model, run.revision), "")
        at = f" @ {run.revision}" if run.revision else ""
        model, lines = base, [base + at]
        if run.adapter:
            content = contents.get(("adapter", run.contents.get("adapter", ""), run.adapter, run.revision), "")
            model += f" + {adapters[run.adapter]}{content}"
            lines.append(own_adapters[run.model][run.adapter] + content)
        model += at
        if isinstance(outcome, str):
            noted.append(Skipped(run.samples or run.results, outcome))
        answers = None if isinstance(outcome, str) else outcome
        rows.append(Row(number, run, model, "", "", answers, lines=tuple(lines)))
    scope_names = scopes(rows)
    rows = [replace(row, scope=scope_names[row.number]) for row in rows]
    bases, row_names = base_rows(rows), names(rows)
    fallen = collapsed(rows, bases)
    rows = [
        replace(row, name=row_names[row.number], base=bases.get(row.number), collapsed=fallen.get(row.number, ""))
        for row in rows
    ]
    best_metrics = best(rows)
    rows = [replace(row, best=best_metrics.get(row.number, ())) for row in rows]
    apart = [*apart, *(Skipped(row.run.results, f"{row.collapsed}; without ★") for row in rows if row.collapsed)]
    first_runs = {row.answers.sheet: row.run for row in reversed(rows) if row.answers}
    sheets = {key: sheet(run) for key, run in first_runs.items()}
    return Leaderboard(rows, sheets, [*skipped, *superseded], noted, apart)


def repeated(runs: Sequence[Run], outcomes: Sequence[Answered | str]) -> dict[int, int]:
    """Find runs that were done again, of the same questions in the same way: place of the earlier -> of the last."""
    last: dict[tuple[Any, ...], int] = {}
    keys = [
        (run.identity, outcome if isinstance(outcome, str) else outcome.sheet)
        for run, outcome in zip(runs, outcomes, strict=True)
    ]
    for place in sorted(range(len(runs)), key=lambda place: runs[place].date):
        last[keys[place]] = place
    return {place: last[key] for place, key in enumerate(keys) if last[key] != place}


def scopes(rows: Sequence[Row]) -> dict[int, str]:
    """Name each row's questions; sheets that differ have different names, also where set, split and number do not.

    Of a model that was aligned on questions that it was asked the name says so: it stands apart from all others.
    """
    plain = {}
    sheets: dict[str, set[str | None]] = {}
    for row in rows:
        run = row.run
        parts = [run.set_name, run.split, f"{run.questions} questions" if run.ours else "", " ".join(run.languages)]
        parts.append(run.mix)
        parts.append(TRANSDUCTIVE if run.transductive else "")
        plain[row.number] = " · ".join(part for part in parts if part)
        sheets.setdefault(plain[row.number], set()).add(row.answers.sheet if row.answers else None)
    scope_names = {}
    for row in rows:
        name = plain[row.number]
        sheet_name = row.answers.sheet[:6] if row.answers else "which is not known"
        scope_names[row.number] = name if len(sheets[name]) == 1 else f"{name} · sheet {sheet_name}"
    return scope_names


def names(rows: Sequence[Row]) -> dict[int, str]:
    """Name each row by its model and how it was asked; if need be by its settings, its date, its number too."""
    row_names = {row.number: f"{row.model} ({row.run.how}, {row.run.format})" for row in rows}
    ways: list[Callable[[Row], str]] = [
        lambda row: ", ".join(f"{name} {value}" for name, value in row.run.settings.items()),
        lambda row: f"{row.run.date:%Y-%m-%d %H:%M}",
        lambda row: f"#{row.number}",
    ]
    for way in ways:
        counts = Counter((row.scope, row_names[row.number]) for row in rows)
        suffixes = {row.number: way(row) for row in rows if counts[row.scope, row_names[row.number]] > 1}
        row_names |= {number: f"{row_names[number]} · {suffix}" for number, suffix in suffixes.items() if suffix}
    return row_names


def _read(runs: Sequence[Run], progress: bool) -> list[Answered | str]:
    count = min(workers(), len(runs))
    bar = tqdm(total=len(runs), desc="reading answers", unit="run", disable=not progress)
    with bar:
        if count == 1 or len(runs) < FEW:
            return [_step(_outcome(run), bar) for run in runs]
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            return [_step(outcome, bar) for outcome in pool.map(_outcome, runs)]


def _step(outcome: Answered | str, bar: Any) -> Answered | str:
    bar.update()
    return outcome


def _outcome(run: Run) -> Answered | str:
    """Return a run's answers, or why there are none."""
    if run.samples is None:
        return "no sample log beside the results; evaluate with --log_samples"
    try:
        return answered(run)
    except CalmError as error:
        return str(error).removeprefix(f"{run.samples} ")
    except Exception as error:  # whatever a log may hold: the others are to be shown
        return f"cannot be read ({type(error).__name__}: {error})"


def best(rows: Iterable[Row]) -> dict[int, tuple[str, ...]]:
    """Find the rows that are ahead of every other row asked the same in the same way, and in which metrics.

    `calm_harness.metrics.ahead` says when a row is. Rows with other questions, without answers, of a model whose
    training let evaluated questions in, or of one that collapsed, are not compared.
    """
    groups: dict[tuple[Any, ...], list[tuple[Row, Answered]]] = {}
    for row in rows:
        if row.answers is not None and not row.run.transductive and not row.collapsed:
            key = (row.answers.sheet, row.run.format, row.run.how)
            groups.setdefault(key, []).append((row, row.answers))
    found: dict[int, tuple[str, ...]] = {}
    for group in groups.values():
        samples = [
            {name: draws for name, draws in answers.samples.items() if _value(row, name) is not None}
            for row, answers in group
        ]
        found |= {row.number: names for (row, _), names in zip(group, ahead(samples), strict=True) if names}
    return found


def _value(row: Row, name: str) -> float | None:
    value: float | None = row.run.figures.get(name, {}).get("value")
    return value


def collapsed(rows: Sequence[Row], bases: Mapping[int, int]) -> dict[int, str]:
    """Say of rows with an adapter where their answers stand at too few positions beside the base model's, if they do.

    Letters that are said whatever is asked agree in all languages (`calm_harness.report.training.collapse`).

    Args:
        rows: the rows.
        bases: of each row with an adapter its base model's, where there is one (`base_rows`).
    """
    by_number = {row.number: row for row in rows}
    said = {}
    for number, base in bases.items():
        before, after = (_value(by_number[place], "position_entropy") for place in (base, number))
        if before is None or after is None:
            continue
        high = by_number[number].run.figures["position_entropy"]["interval"][1]
        if high is not None and high < SPREAD * before:
            said[number] = (
                f"positions of answers collapsed (position_entropy {before:.3f} of the base model, {after:.3f})"
            )
    return said


def base_rows(rows: Sequence[Row]) -> dict[int, int]:
    """For rows of a model with an adapter the row of the model alone: asked the same, the last one before it."""
    bases = {}
    for row in rows:
        if row.run.adapter is None:
            continue
        candidates = [
            base
            for base in rows
            if base.run.adapter is None
            and (base.run.model, base.run.revision, base.run.asked) == (row.run.model, row.run.revision, row.run.asked)
            and (base.answers and base.answers.sheet) == (row.answers and row.answers.sheet)
            and base.run.agrees(row.run, "questions", "model", "passages")
        ]
        if candidates:
            earlier = [base for base in candidates if base.run.date <= row.run.date] or candidates
            bases[row.number] = max(earlier, key=lambda base: base.run.date).number
    return bases
