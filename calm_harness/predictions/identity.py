"""Which rows of several files are of the same question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from calm_harness.errors import CalmError
from calm_harness.predictions.joining import is_foreign, join
from calm_harness.predictions.prediction import Origin, Prediction
from calm_harness.predictions.rows.alike import Alike
from calm_harness.questions.align import align, check_gold, check_order
from calm_harness.questions.align.evidence import Item
from calm_harness.questions.schema import fingerprint, normalise
from calm_harness.questions.selection import check_tags

Cell = tuple[str, str]  # question id, language


@dataclass(frozen=True)
class Identified:
    """Predictions with ids.

    Attributes:
        predictions: all rows of a question have the gold option of its first; to be gone through once.
        left_out: rows that have no counterpart, or another number of options than it.
        by: what logs of other people's tasks were joined by, the names of fields or `content`; else "".
    """

    predictions: Iterable[Prediction]
    left_out: int
    by: str


def by_cell(predictions: Iterable[Prediction]) -> dict[Cell, list[Prediction]]:
    """Put predictions with ids together by question and language, in the order in which they are first met."""
    cells: dict[Cell, list[Prediction]] = {}
    for prediction in predictions:
        cells.setdefault((str(prediction.question_id), prediction.language), []).append(prediction)
    return cells


def identify(files: Sequence[list[Prediction]], id_fields: Sequence[str] = ()) -> tuple[list[Prediction], int]:
    """Give rows the ids of their questions, where they have none or belong to other people's logs.

    Rows without ids are aligned with the first file's. Logs of other people's tasks are joined by a field of their
    documents that is an id, else by content.

    Args:
        files: the predictions of each file.
        id_fields: the field, or fields, of the documents of other people's logs that are the id; empty finds them.

    Returns:
        The predictions with ids, and how many rows were left out because they have no counterpart, or another number of
        options than it. Where languages disagree on the gold option, that of the first counts.

    Raises:
        CalmError: some files have ids and some have not; files are no translations of each other; logs of other
            people's tasks cannot be joined, or disagree on the gold option where they are.
    """
    (run,) = identify_runs([files], id_fields)
    return list(run.predictions), run.left_out


def identify_runs(runs: Sequence[Sequence[list[Prediction]]], id_fields: Sequence[str] = ()) -> list[Identified]:
    """Do for several runs what `identify` does for one, so that a question has one id in all of them."""
    check_tags("predictions", dict.fromkeys(row.language for files in runs for rows in files for row in rows))
    if all(map(is_foreign, runs)):
        joined = join([rows for files in runs for rows in files], id_fields)
        files_left = iter(joined.files)
        return [_checked(files, [row for _ in files for row in next(files_left)], joined.by) for files in runs]
    if id_fields:
        raise CalmError(
            "--id is for logs of other people's lm-eval tasks alone; these files have other rows, leave it out"
        )
    return [identify_runs([files])[0] if is_foreign(files) else _identified(files) for files in runs]


def _checked(files: Sequence[list[Prediction]], joined: Sequence[Prediction], by: str) -> Identified:
    rows = _of_equal_size(joined)
    _check_gold(rows)
    _check_order(rows)
    return Identified(list(with_first_gold(rows)), sum(map(len, files)) - len(rows), by)


def _of_equal_size(joined: Sequence[Prediction]) -> list[Prediction]:
    """Leave out rows that have another number of options than the first row of their question.

    Raises:
        CalmError: no row of a language is left.
    """
    sizes: dict[str, int] = {}
    rows = [row for row in joined if sizes.setdefault(str(row.question_id), len(row.options)) == len(row.options)]
    languages = {row.language for row in rows}
    lost = next((row for row in joined if row.language not in languages), None)
    if lost is not None:
        raise CalmError(
            f"{lost.origin}: question {lost.question_id} has {len(lost.options)} options, and "
            f"{sizes[str(lost.question_id)]} in another language, and so has every row in {lost.language}; "
            "give logs of one task"
        )
    return rows


def with_first_gold(rows: Iterable[Prediction]) -> Iterator[Prediction]:
    """Give all rows of a question the gold option of its first, and see that they were asked alike.

    Raises:
        CalmError: they were not; see `Alike`.
    """
    firsts: dict[str, int] = {}
    alike = Alike(scores=True)
    for row in rows:
        alike.check(row)
        gold = firsts.setdefault(str(row.question_id), row.gold)
        yield row if row.gold == gold else replace(row, gold=gold)
    alike.finish()


def _check_gold(rows: Sequence[Prediction]) -> None:
    """See that rows of other people's logs agree on the gold option, by which their accuracies were logged.

    Raises:
        CalmError: they do not, so that they are not of the same question or have their options in another order.
    """
    firsts: dict[str, Prediction] = {}
    pairs = [(row, firsts.setdefault(str(row.question_id), row)) for row in rows]
    disagreeing = [(row, first) for row, first in pairs if row.gold >= 0 and first.gold >= 0 and row.gold != first.gold]
    if disagreeing:
        row, first = disagreeing[0]
        raise CalmError(
            f"{len(disagreeing)} of {len(rows)} rows have another right option, by their own target and acc, than the "
            f"row that they are joined with; the first is {row.origin}, joined with {first.origin} as question "
            f"{row.question_id}; name the documents' id (--id FIELD), or take these questions out"
        )


def _check_order(rows: Sequence[Prediction]) -> None:
    """See that the options of other people's logs stand in one order, where their texts are the same in two languages.

    Raises:
        CalmError: too many do not.
    """
    firsts: dict[str, Prediction] = {}
    by_language: dict[str, list[tuple[Origin, Origin]]] = {}
    for row in rows:
        first = firsts.setdefault(str(row.question_id), row)
        if row.language != first.language and row.origin and first.origin:
            by_language.setdefault(row.language, []).append((first.origin, row.origin))
    for origins in by_language.values():
        check_order([(first.shown, other.shown) for first, other in origins], (origins[0][0].path, origins[0][1].path))


def _identified(files: Sequence[list[Prediction]]) -> Identified:
    has_id = {prediction.question_id is not None for rows in files for prediction in rows}
    if len({is_foreign([rows]) for rows in files if rows}) > 1:
        raise CalmError(
            "some of these files are logs of other people's lm-eval tasks and some are not; score them apart"
        )
    if len(has_id) > 1:
        raise CalmError("some of these files have question ids and some have not; score them apart")
    if has_id == {True}:
        return Identified(list(with_first_gold(prediction for rows in files for prediction in rows)), 0, "")
    pivot, *other_files = files
    ids = _content_ids(pivot)
    identified = [replace(prediction, question_id=ids[i]) for i, prediction in enumerate(pivot)]
    row_count = len(pivot)
    items = [Item(prediction.stem, prediction.options) for prediction in pivot]
    for rows in other_files:
        names = f"the rows in {pivot[0].language}", f"the rows in {rows[0].language}"
        pairs = align(items, [Item(prediction.stem, prediction.options) for prediction in rows], names)
        check_gold([row.gold for row in pivot], [row.gold for row in rows], pairs, names)
        check_order([(pivot[left].options, rows[right].options) for left, right in pairs.items()], names)
        identified += [
            replace(rows[place], question_id=ids[pivot_place])
            for pivot_place, place in pairs.items()
            if len(rows[place].options) == len(pivot[pivot_place].options)
        ]
        row_count += len(rows)
    return Identified(list(with_first_gold(identified)), row_count - len(identified), "")


def _content_ids(rows: Sequence[Prediction]) -> list[str]:
    """Name questions by their content; one that comes again gets a number as well."""
    counts: dict[str, int] = {}
    ids = []
    for row in rows:
        content_id = fingerprint(row.stem, *sorted(map(normalise, row.options)))
        counts[content_id] = counts.get(content_id, 0) + 1
        ids.append(content_id if counts[content_id] == 1 else f"{content_id}-{counts[content_id]}")
    return ids
