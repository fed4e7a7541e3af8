"""Read predictions that exist already: lm-eval sample logs, LLaMA-Factory's output, the CALM release's samples.

Whatever the format, a prediction is a question in one language with the answers that a model gave to it. Rows of an
lm-eval log know which question they belong to; the others are aligned by content, as question sets are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from calm_harness.answers import extract
from calm_harness.errors import CalmError
from calm_harness.questions.align import align
from calm_harness.questions.evidence import Item
from calm_harness.questions.files import read_jsonl_rows, read_text
from calm_harness.questions.options import parse_gold, split_options
from calm_harness.questions.release import read_samples

REMEDY = (
    "give an lm-eval sample log, LLaMA-Factory's generated_predictions.jsonl, or a samples file of the CALM release"
)
_CHAT = re.compile(r"<\|[^<>|]*\|>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|<bos>|<eos>")


@dataclass(frozen=True)
class Prediction:
    """What a model answered to a question in one language.

    Attributes:
        language: BCP 47 tag.
        stem: the question; "" where only its id is known.
        options: option texts in the order that was shown.
        gold: position of the right option, -1 where it is hidden.
        choices: the answers, one a sample; None is no answer.
        question_id: the same in all languages; None where rows have to be aligned.
        scores: the options' scores.
        truncated: whether the first response was cut at the token limit; None where it is not known.
    """

    language: str
    stem: str
    options: tuple[str, ...]
    gold: int
    choices: tuple[int | None, ...]
    question_id: str | None = None
    scores: tuple[float, ...] | None = None
    truncated: bool | None = None


def read(path: Path, language: str | None = None) -> list[Prediction]:
    """Read a file of predictions, whichever of the formats it is in.

    Args:
        path: the file.
        language: its language; None where the rows name it themselves (logs of our own tasks).

    Raises:
        CalmError: the file is missing, damaged or of no known format, or does not say its language.
    """
    if read_text(path, REMEDY).lstrip().startswith("["):
        samples = read_samples(path)
        tag = _named(path, language)
        return [
            Prediction(tag, s.stem, s.options, s.answer, tuple(extract(pred, list(s.options), tag) for pred in s.preds))
            for s in samples
        ]
    rows = read_jsonl_rows(path, REMEDY)
    if {"doc", "resps", "filtered_resps"} <= rows[0].keys():
        return [_of_log(path, number, row, language) for number, row in enumerate(rows)]
    if {"prompt", "predict", "label"} <= rows[0].keys():
        return [_of_llama_factory(path, number, row, _named(path, language)) for number, row in enumerate(rows)]
    raise CalmError(f"{path} row 0 has only the fields {', '.join(sorted(rows[0]))}; {REMEDY}")


def _named(path: Path, language: str | None) -> str:
    if language is None:
        raise CalmError(f"{path} does not say its language; name it: --predictions en={path}")
    return language


def _of_log(path: Path, number: int, row: dict[str, Any], language: str | None) -> Prediction:
    try:
        doc, record = row["doc"], row.get("answers")
        if record is None:
            return _of_foreign_log(row, _named(path, language))
        options = tuple(doc["options"])
        choices: tuple[int | None, ...] = (record["choice"],)
        if "scores" not in record:
            choices += tuple(extract(text, list(options), doc["language"]) for text in row["resps"][0][1:])
        return Prediction(
            language=doc["language"],
            stem=doc["stem"],
            options=options,
            gold=doc["answer"],
            choices=choices,
            question_id=doc["question_id"],
            scores=tuple(record["scores"][record["score"]]) if "scores" in record else None,
            truncated=record.get("truncated"),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CalmError(f"{path} row {number} is no row of an lm-eval sample log ({error!r}); {REMEDY}") from None


def _of_foreign_log(row: dict[str, Any], language: str) -> Prediction:
    """Read a multiple-choice row of somebody else's task: the likeliest choice is the answer."""
    scores = tuple(float(likelihood) for likelihood, _ in row["filtered_resps"])
    options = tuple(row["arguments"][f"gen_args_{i}"]["arg_1"].strip() for i in range(len(scores)))
    named = [row["doc"][key] for key in ("question_id", "id") if key in row["doc"]]
    question_id = str(named[0] if named else row["doc_id"])
    choice = max(range(len(scores)), key=scores.__getitem__)
    return Prediction(language, "", options, int(row["target"]), (choice,), question_id, scores)


def _of_llama_factory(path: Path, number: int, row: dict[str, Any], language: str) -> Prediction:
    prompt = _CHAT.sub("\n", str(row["prompt"])).rstrip().removesuffix("assistant").removesuffix("model")
    try:
        parsed = split_options(prompt)
        *options, last = parsed.options
        options.append(last.splitlines()[0].strip())
        gold, _ = parse_gold(_CHAT.sub("", str(row["label"])), options)
    except ValueError as error:
        raise CalmError(f"{path} row {number}: {error}; correct the row or take it out") from None
    stem = parsed.stem.splitlines()[-1]  # above it stands the instruction
    choice = extract(_CHAT.sub("", str(row["predict"])), options, language)
    return Prediction(language, stem, tuple(options), gold, (choice,))


def identify(files: Sequence[list[Prediction]]) -> tuple[list[Prediction], int]:
    """Give rows without ids the ids of their questions, by aligning each file with the first.

    Returns:
        The predictions with ids, and how many rows were left out because they have no counterpart, or another number of
        options than it. Where languages disagree on the gold option, that of the first counts.

    Raises:
        CalmError: some files have ids and some have not.
    """
    named, left_out = _identified(files)
    gold: dict[str, int] = {}
    return [
        replace(prediction, gold=gold.setdefault(str(prediction.question_id), prediction.gold)) for prediction in named
    ], left_out


def _identified(files: Sequence[list[Prediction]]) -> tuple[list[Prediction], int]:
    known = {prediction.question_id is not None for rows in files for prediction in rows}
    if known == {True}:
        return [prediction for rows in files for prediction in rows], 0
    if known == {True, False}:
        raise CalmError("some of these files have question ids and some have not; score them apart")
    pivot, *others = files
    result = [replace(prediction, question_id=str(i)) for i, prediction in enumerate(pivot)]
    total = len(pivot)
    items = [Item(prediction.stem, prediction.options) for prediction in pivot]
    for rows in others:
        pairs = align(items, [Item(prediction.stem, prediction.options) for prediction in rows])
        result += [
            replace(rows[there], question_id=str(here))
            for here, there in pairs.items()
            if len(rows[there].options) == len(pivot[here].options)
        ]
        total += len(rows)
    return result, total - len(result)
