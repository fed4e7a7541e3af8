"""The samples of a run, or of several, question by question: what votes count and pairs are made of."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calm_harness.errors import CalmError
from calm_harness.files import read_text
from calm_harness.metrics import twins
from calm_harness.predictions import Prediction, identify, logs_below, named_file, read
from calm_harness.predictions.identity import by_cell
from calm_harness.predictions.rows.alike import Alike
from calm_harness.predictions.rows.log import TaskLog, task_log_of
from trainer.logs.cells import Cell, Cells, Found, check_size, joined
from trainer.logs.sampler import Log, check_once, of_one_model
from trainer.votes import scored
from trainer.votes.ballots import Ballots
from trainer.votes.reliability import sensitivity


@dataclass(frozen=True)
class Samples:
    """Samples of Q questions in L languages.

    Attributes:
        question_ids: Q ids, in the order in which they were first read.
        languages: L BCP 47 tags, likewise.
        sizes: how many options each question has.
        cells: what was sampled for a question in a language, as far as it was; in logs of our own tasks it is read
            whenever it is asked for.
        scored: whether options were scored; otherwise responses were written.
        unaligned: rows left out since their question is in no other file.
    """

    question_ids: tuple[str, ...]
    languages: tuple[str, ...]
    sizes: tuple[int, ...]
    cells: Mapping[Cell, Prediction]
    scored: bool
    unaligned: int = 0

    def places(self) -> NDArray[np.int64]:
        """[C, 2]: the cells, in their order."""
        return self.cells.places() if isinstance(self.cells, Cells) else np.array(list(self.cells))

    def ballots(self, score: str | None = None, *, probabilities: bool = False, with_scores: bool = False) -> Ballots:
        """Count the samples of each language.

        A response counts for the letter that it states, as in the CALM authors' data, though another option may have
        the same text; of scored options with the same text none was stated, and `trainer.votes.resolve` says which. How
        sure a language is of its options is taken from their log-likelihoods (`sum`), whichever score decides: of what
        `pmi` leaves, a language that knows nothing has as wide a margin as any (docs/align/pivot.md).

        Args:
            score: which of the options' scores decides; None takes the run's own.
            probabilities: count each option's probability, softmax over the scores, instead of the best option.
            with_scores: keep the scores, too, where options were scored.

        Raises:
            CalmError: responses have no scores, a run did not log the one that is asked for, or the runs of a question
                have scores of their own that are no measure of each other.
        """
        if not self.scored and (score or probabilities):
            raise CalmError(
                "score and probabilities are for runs that scored options (_cloze); responses are counted; "
                "leave them out"
            )
        shape = len(self.question_ids), len(self.languages), max(self.sizes)
        same = np.broadcast_to(np.arange(shape[2], dtype=np.int16), shape).copy()
        size, gold, taken = np.array(self.sizes), np.full(shape[0], -1), np.zeros(shape[:2])
        counted = np.full(shape, np.nan if self.scored else 0.0)
        totals, nulls = (np.full(shape if self.scored else (0, 0, 0), np.nan) for _ in range(2))
        with_nulls, alike = self.scored, Alike(scores=score is None)
        for (q, language), cell in self.cells.items():
            alike.check(cell)
            here = q, language, slice(len(cell.options))
            gold[q] = cell.gold if gold[q] < 0 else gold[q]
            taken[q, language] = len(cell.choices)
            if not self.scored:
                for choice in cell.choices:
                    if choice is not None:
                        counted[q, language, choice] += 1
                continue
            same[here] = twins(cell.options)
            counted[here] = _scores(cell, score)
            totals[here] = _scores(cell, "sum" if "sum" in cell.likelihoods else score)
            with_nulls = with_nulls and {"sum", "pmi"} <= cell.likelihoods.keys()
            if with_nulls:
                nulls[here] = totals[here] - cell.likelihoods["pmi"]
        ids, tags = self.question_ids, self.languages
        if not self.scored:
            return Ballots(ids, tags, counted, same, size, gold, taken=taken)
        depends = self._sensitivity(totals, nulls) if with_nulls else None
        scores = counted.copy() if with_scores else None
        mass = scored.votes(counted, same, size, probabilities=probabilities)
        return Ballots(ids, tags, mass, same, size, gold, depends, taken, scored.gaps(totals, same, size), scores)

    def _sensitivity(self, totals: NDArray[np.float64], nulls: NDArray[np.float64]) -> NDArray[np.float64]:
        """[L]: how far each language's scores depend on the question, of log-likelihoods [Q, L, K] with and without."""
        places = self.places()
        columns = [(places[places[:, 1] == language, 0], language) for language in range(len(self.languages))]
        return np.array([sensitivity(totals[column], nulls[column]) for column in columns])


def load(
    names: Sequence[str],
    languages: Sequence[str] | None = None,
    question_ids: Sequence[str] | None = None,
    model: str | None = None,
) -> Samples:
    """Read samples.

    Args:
        names: files, `LANG=FILE` where a file does not say its language, or folders of lm-eval's output, of which all
            sample logs are read. Runs of the same questions are put together.
        languages: BCP 47 tags of those to keep; None keeps all.
        question_ids: those to keep; None keeps all.
        model: whose logs to keep, where there are several models'.

    Raises:
        CalmError: a file cannot be read or is there twice, a language or question is not there, or runs do not fit
            together.
    """
    logs = of_one_model([log for name in names for log in _logs(name)], model)
    check_once(logs)
    task_logs = [task_log for log in logs if (task_log := task_log_of(log.path)) is not None]
    if len(task_logs) == len(logs):
        return _in_logs(task_logs, languages, question_ids)
    files = [read(log.path, log.language) for log in logs]
    if languages is not None:
        files = [rows for file in files if (rows := [row for row in file if row.language in set(languages)])]
        _check_languages(set(languages) - {row.language for file in files for row in file})
    predictions, unaligned = identify(files)
    if question_ids is not None:
        _check_questions(set(question_ids) - {str(row.question_id) for row in predictions})
        selected_ids = set(question_ids)
        predictions = [row for row in predictions if str(row.question_id) in selected_ids]
    return replace(collect(predictions), unaligned=unaligned)


def named_questions(file: str | None) -> list[str] | None:
    """Read the ids of the questions to use, one a line; None where no file names any.

    Raises:
        CalmError: the file cannot be read.
    """
    if file is None:
        return None
    lines = read_text(Path(file).expanduser(), "write one question id a line").split("\n")
    return [line.strip() for line in lines if line.strip()]


def _in_logs(logs: Sequence[TaskLog], languages: Sequence[str] | None, question_ids: Sequence[str] | None) -> Samples:
    """Read logs of our own tasks row by row, of which it is kept where each stands and what it answers."""
    missing_languages, missing_questions = set(languages or ()), set(question_ids or ())
    kept_languages, kept_questions = frozenset(missing_languages), frozenset(missing_questions)

    def rows() -> Iterator[Found]:
        for number, log in enumerate(logs):
            for place, row in log.rows:
                if languages is None or row.language in kept_languages:
                    missing_languages.discard(row.language)
                    missing_questions.discard(str(row.question_id))
                    if question_ids is None or str(row.question_id) in kept_questions:
                        yield Found(number, place, row)

    cells = Cells(logs, rows())
    _check_languages(missing_languages)
    _check_questions(missing_questions)
    is_scored = _kind(cells.scored)
    for cell in cells.of_several():
        cells[cell]  # says where runs do not fit together
    return Samples(cells.question_ids, cells.languages, cells.sizes, cells, is_scored)


def _check_languages(missing: set[str]) -> None:
    if missing:
        raise CalmError(f"there are no samples in {', '.join(sorted(missing))}; leave the language out")


def _check_questions(missing: set[str]) -> None:
    if missing:
        raise CalmError(f"there are no samples of {len(missing)} questions, the first is {min(missing)}")


def _kind(kinds: set[bool]) -> bool:
    """Tell whether options were scored, rather than responses written.

    Raises:
        CalmError: there is nothing, or there is both.
    """
    if not kinds:
        raise CalmError("there are no samples; evaluate with --log_samples first")
    if len(kinds) > 1:
        raise CalmError("some runs scored options and others wrote responses; make pairs of each apart")
    return next(iter(kinds))


def _logs(name: str) -> list[Log]:
    path, language = named_file(name, "--samples")
    folder = path.expanduser()
    if not folder.is_dir():
        return [Log(folder, language)]
    return [Log(log, language, found=True) for log in logs_below(folder)]


def collect(predictions: Sequence[Prediction]) -> Samples:
    """Put predictions with ids together by question and language.

    Raises:
        CalmError: there are none; or runs differ in what they asked or in the order of options, or scored twice.
    """
    is_scored = _kind({bool(row.continuations) for row in predictions})
    question_ids = list(dict.fromkeys(str(row.question_id) for row in predictions))
    languages = list(dict.fromkeys(row.language for row in predictions))
    question_numbers = {question_id: number for number, question_id in enumerate(question_ids)}
    language_numbers = {language: number for number, language in enumerate(languages)}
    cells = {
        (question_numbers[question_id], language_numbers[language]): functools.reduce(joined, map(_asked, rows))
        for (question_id, language), rows in by_cell(predictions).items()
    }
    sizes: dict[int, int] = {}
    for (q, _), prediction in cells.items():
        check_size(prediction, sizes.setdefault(q, len(prediction.options)))
    return Samples(tuple(question_ids), tuple(languages), tuple(sizes.values()), cells, is_scored)


def _asked(row: Prediction) -> Prediction:
    if row.prompt is None:
        raise CalmError("a log of somebody else's task does not say what was asked; take a run of a calm_* task")
    return row


def _scores(prediction: Prediction, score: str | None) -> NDArray[np.float64]:
    if score is None:
        return np.array(prediction.scores, dtype=np.float64)
    if score not in prediction.likelihoods:
        raise CalmError(
            f"question {prediction.question_id} in {prediction.language} was not scored by {score} "
            f"(logged: {', '.join(prediction.likelihoods)})"
        )
    return np.array(prediction.likelihoods[score], dtype=np.float64)
