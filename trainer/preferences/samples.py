"""The samples of a run, or of several, question by question: what votes count and pairs are made of."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from calm_harness.errors import CalmError
from calm_harness.files import below
from calm_harness.metrics import gaps, twins
from calm_harness.predictions import Prediction, identify, named_file, read
from calm_harness.predictions.identity import by_cell
from trainer.preferences.sampler import Log, of_one_model
from trainer.votes.ballots import Ballots
from trainer.votes.reliability import sensitivity

Cell = tuple[int, int]  # number of a question, number of a language


@dataclass(frozen=True)
class Samples:
    """Samples of Q questions in L languages.

    Attributes:
        question_ids: Q ids, in the order in which they were first read.
        languages: L BCP 47 tags, likewise.
        cells: what was sampled for a question in a language, as far as it was.
        scored: whether options were scored; otherwise responses were written.
        unaligned: rows left out since their question is in no other file.
    """

    question_ids: tuple[str, ...]
    languages: tuple[str, ...]
    cells: dict[Cell, Prediction]
    scored: bool
    unaligned: int = 0

    def ballots(self, score: str | None = None, *, probabilities: bool = False) -> Ballots:
        """Count the samples of each language.

        A response counts for the letter that it states, as in the CALM authors' data, though another option may have
        the same text; of scored options with the same text none was stated, and `trainer.votes.resolve` says which. How
        sure a language is of its options is taken from their log-likelihoods (`sum`), whichever score decides: of what
        `pmi` leaves, a language that knows nothing has as wide a margin as any (docs/pivot.md).

        Args:
            score: which of the options' scores decides; None takes the run's own.
            probabilities: count each option's probability, softmax over the scores, instead of the best option.

        Raises:
            CalmError: responses have no scores, or a run did not log the one that is asked for.
        """
        if not self.scored and (score or probabilities):
            raise CalmError(
                "score and probabilities are for runs that scored options (_cloze); responses are counted; "
                "leave them out"
            )
        width = max(len(prediction.options) for prediction in self.cells.values())
        shape = len(self.question_ids), len(self.languages), width
        mass = np.zeros(shape)
        same = np.broadcast_to(np.arange(width), shape).copy()
        size = np.full(len(self.question_ids), 2)
        gold = np.full(len(self.question_ids), -1)
        taken = np.zeros(shape[:2])
        scores = np.full(shape, np.nan)
        for (q, language), prediction in self.cells.items():
            count = len(prediction.options)
            size[q] = count
            gold[q] = prediction.gold if gold[q] < 0 else gold[q]
            taken[q, language] = len(prediction.choices)
            if self.scored:
                same[q, language, :count] = twins(prediction.options)
                scores[q, language, :count] = _scores(prediction, "sum" if "sum" in prediction.likelihoods else score)
                mass[q, language, :count] = _mass(_scores(prediction, score), same[q, language, :count], probabilities)
            else:
                for choice in prediction.choices:
                    if choice is not None:
                        mass[q, language, choice] += 1
        apart = gaps(scores, same, size) if self.scored else None
        sensitivities = self._sensitivity(width)
        return Ballots(self.question_ids, self.languages, mass, same, size, gold, sensitivities, taken, apart)

    def _sensitivity(self, width: int) -> np.ndarray | None:
        """[L]: how far each language's scores depend on the question; None where that was not logged."""
        if not all({"sum", "pmi"} <= prediction.likelihoods.keys() for prediction in self.cells.values()):
            return None
        sensitivities = []
        for language in range(len(self.languages)):
            predictions = [prediction for (_, tag), prediction in self.cells.items() if tag == language]
            after = np.full((len(predictions), width), np.nan)
            null = after.copy()
            for row, prediction in enumerate(predictions):
                total, pmi = (np.array(prediction.likelihoods[name], dtype=np.float64) for name in ("sum", "pmi"))
                after[row, : len(total)], null[row, : len(total)] = total, total - pmi
            sensitivities.append(sensitivity(after, null))
        return np.array(sensitivities)


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
        CalmError: a file cannot be read, a language or question is not there, or runs do not fit together.
    """
    logs = of_one_model([log for name in names for log in _logs(name)], model)
    files = [read(log.path, log.language) for log in logs]
    if languages is not None:
        files = [rows for file in files if (rows := [row for row in file if row.language in set(languages)])]
        missing = set(languages) - {row.language for file in files for row in file}
        if missing:
            raise CalmError(f"there are no samples in {', '.join(sorted(missing))}; leave the language out")
    predictions, unaligned = identify(files)
    if question_ids is not None:
        missing = set(question_ids) - {str(row.question_id) for row in predictions}
        if missing:
            raise CalmError(f"there are no samples of {len(missing)} questions, the first is {min(missing)}")
        selected_ids = set(question_ids)
        predictions = [row for row in predictions if str(row.question_id) in selected_ids]
    return replace(collect(predictions), unaligned=unaligned)


def _logs(name: str) -> list[Log]:
    path, language = named_file(name, "--samples")
    folder = path.expanduser()
    if not folder.is_dir():
        return [Log(folder, language)]
    logs = below(folder, "samples_*.jsonl")
    if not logs:
        raise CalmError(f"{folder} has no samples_*.jsonl; evaluate with --log_samples, or name another folder")
    return [Log(log, language, found=True) for log in logs]


def collect(predictions: Sequence[Prediction]) -> Samples:
    """Put predictions with ids together by question and language.

    Raises:
        CalmError: there are none; or runs differ in what they asked or in the order of options, or scored twice.
    """
    if not predictions:
        raise CalmError("there are no samples; evaluate with --log_samples first")
    scored = {bool(row.continuations) for row in predictions}
    if len(scored) > 1:
        raise CalmError("some runs scored options and others wrote responses; make pairs of each apart")
    question_ids = list(dict.fromkeys(str(row.question_id) for row in predictions))
    languages = list(dict.fromkeys(row.language for row in predictions))
    question_numbers = {question_id: number for number, question_id in enumerate(question_ids)}
    language_numbers = {language: number for number, language in enumerate(languages)}
    cells = {
        (question_numbers[question_id], language_numbers[language]): functools.reduce(_joined, map(_asked, rows))
        for (question_id, language), rows in by_cell(predictions).items()
    }
    sizes: dict[int, int] = {}
    for (q, _), prediction in cells.items():
        if sizes.setdefault(q, len(prediction.options)) != len(prediction.options):
            raise CalmError(f"question {question_ids[q]}: languages disagree on the number of options")
    return Samples(tuple(question_ids), tuple(languages), cells, scored.pop())


def _asked(row: Prediction) -> Prediction:
    if row.prompt is None:
        raise CalmError("a log of somebody else's task does not say what was asked; take a run of a calm_* task")
    return row


def _joined(first: Prediction, second: Prediction) -> Prediction:
    where = f"question {first.question_id} in {first.language}"
    if first.continuations:
        raise CalmError(f"{where}: two runs scored its options; name one of them")
    if first.options != second.options:
        raise CalmError(f"{where}: runs show its options in another order; sample with one option_seed")
    if first.prompt != second.prompt:
        raise CalmError(f"{where}: runs asked it in other words; make pairs of each apart")
    return replace(
        first,
        choices=first.choices + second.choices,
        responses=first.responses + second.responses,
        cut=first.cuts + second.cuts,
        in_thoughts=first.begun + second.begun,
    )


def _scores(prediction: Prediction, score: str | None) -> np.ndarray:
    if score is None:
        return np.array(prediction.scores, dtype=np.float64)
    if score not in prediction.likelihoods:
        raise CalmError(
            f"question {prediction.question_id} in {prediction.language} was not scored by {score} "
            f"(logged: {', '.join(prediction.likelihoods)})"
        )
    return np.array(prediction.likelihoods[score], dtype=np.float64)


def _mass(scores: np.ndarray, same: np.ndarray, probabilities: bool) -> np.ndarray:
    """Turn scores [K] into votes [K]: one for the best option, or softmax; what is the same text counts once."""
    usable = np.where((same == np.arange(len(same))) & ~np.isnan(scores), scores, -np.inf)
    if not np.isfinite(usable).any():
        return np.zeros(len(scores))
    if not probabilities:
        return (np.arange(len(scores)) == usable.argmax()).astype(np.float64)
    likelihoods = np.exp(usable - usable.max())
    votes: np.ndarray = likelihoods / likelihoods.sum()
    return votes
