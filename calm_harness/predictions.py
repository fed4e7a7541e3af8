"""Read predictions that exist already: lm-eval sample logs, LLaMA-Factory's output, the CALM release's samples.

Whatever the format, a prediction is a question in one language with the answers that a model gave to it. Rows of an
lm-eval log know which question they belong to; the others are aligned by content, as question sets are. Nothing but
`gold` comes from a label, and files whose labels were removed are read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from calm_harness import prompts
from calm_harness.answers import extract
from calm_harness.errors import CalmError
from calm_harness.questions.align import align
from calm_harness.questions.evidence import Item
from calm_harness.questions.files import iterate_jsonl_rows
from calm_harness.questions.options import parse_gold, split_options
from calm_harness.questions.release import read_samples
from calm_harness.questions.schema import fingerprint, normalise
from calm_harness.stages import processors

REMEDY = (
    "give an lm-eval sample log, LLaMA-Factory's generated_predictions.jsonl, or a samples file of the CALM release"
)
MANY = 20_000  # responses from which it pays to read their answers in several processes
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
        prompt: what the model read, to the last character; None where the file does not say.
        user: the question as the task or the file asks it, without chat template and examples.
        responses: the texts that `choices` were read from; empty where options were scored.
        continuations: the options as they were scored, in their order; empty where responses were written.
        likelihoods: the options' scores in each way (`sum`, `bytes`, `pmi`) that the run logged.
        digest: lm-eval's hash of the row's document; None where the file has none.
        order: for each option its place in the set's own order; empty where the file does not say.
        passages: what was retrieved for the question, as the task logs it.
    """

    language: str
    stem: str
    options: tuple[str, ...]
    gold: int
    choices: tuple[int | None, ...]
    question_id: str | None = None
    scores: tuple[float, ...] | None = None
    truncated: bool | None = None
    prompt: str | None = None
    user: str | None = None
    responses: tuple[str, ...] = ()
    continuations: tuple[str, ...] = ()
    likelihoods: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    digest: str | None = None
    order: tuple[int, ...] = ()
    passages: tuple[Mapping[str, Any], ...] = ()


def read(path: Path, language: str | None = None, *, first: bool = False) -> list[Prediction]:
    """Read a file of predictions, whichever of the formats it is in.

    Args:
        path: the file.
        language: its language; None where the rows name it themselves (logs of our own tasks).
        first: read the first sample of each alone, which is the one that metrics score.

    Raises:
        CalmError: the file is missing, damaged or of no known format, or does not say its language.
    """
    if _first_character(path) == "[":
        tag = _named(path, language)
        return _answered(
            Prediction(tag, s.stem, s.options, s.answer, (), prompt=s.prompt, user=s.prompt, responses=s.preds)
            for s in read_samples(path)
        )
    rows = iterate_jsonl_rows(path, REMEDY)
    found = (_of_line(path, number, row, language) for number, row in enumerate(rows))
    return _answered(replace(row, responses=row.responses[:1]) if first else row for row in found)


def _of_line(path: Path, number: int, row: dict[str, Any], language: str | None) -> Prediction:
    if {"doc", "resps", "filtered_resps"} <= row.keys():
        return _of_log(path, number, row, language)
    if {"prompt", "predict", "label"} <= row.keys():
        return _of_llama_factory(path, number, row, _named(path, language))
    raise CalmError(f"{path} row {number} has only the fields {', '.join(sorted(row))}; {REMEDY}")


def _first_character(path: Path) -> str:
    """Return the first character that is no white space; "" of a file that cannot be read, which reading will say."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(1000).lstrip()[:1]
    except OSError:
        return ""


def _answered(predictions: Iterable[Prediction]) -> list[Prediction]:
    """Read the answers out of the responses that `choices` do not cover yet."""
    rows = list(predictions)
    todo = [(row.responses[len(row.choices) :], row.options, row.language) for row in rows]
    workers = processors()
    if workers > 1 and sum(len(responses) for responses, _, _ in todo) >= MANY:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = list(pool.map(_choices, todo, chunksize=256))
    else:
        found = list(map(_choices, todo))
    return [replace(row, choices=(*row.choices, *more)) if more else row for row, more in zip(rows, found, strict=True)]


def _choices(responses: tuple[Sequence[str], Sequence[str], str]) -> tuple[int | None, ...]:
    texts, options, language = responses
    return tuple(extract(text, options, language) for text in texts)


def _named(path: Path, language: str | None) -> str:
    if language is None:
        raise CalmError(f"{path} does not say its language; name it: --predictions en={path}")
    return language


def _of_log(path: Path, number: int, row: dict[str, Any], language: str | None) -> Prediction:
    try:
        doc, record = row["doc"], row.get("answers")
        if record is None:
            return _of_foreign_log(row, _named(path, language))
        scored = "scores" in record
        asked = row["arguments"]
        prompt = asked["gen_args_0"]["arg_0"]
        options = tuple(doc["options"])
        shown = range(len(options)) if scored else ()
        return Prediction(
            language=doc["language"],
            stem=doc["stem"],
            options=options,
            gold=doc.get("answer", -1),
            choices=(record["choice"],),
            question_id=doc["question_id"],
            scores=tuple(record["scores"][record["score"]]) if scored else None,
            truncated=record.get("truncated"),
            prompt=prompt,
            user=None if scored else _user(doc, prompt),
            responses=() if scored else tuple(row["resps"][0]),
            continuations=tuple(asked[f"gen_args_{i}"]["arg_1"] for i in shown),
            likelihoods={name: tuple(values) for name, values in record["scores"].items()} if scored else {},
            order=tuple(doc.get("order") or ()),
            passages=tuple(doc.get("passages") or ()),
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CalmError(f"{path} row {number} is no row of an lm-eval sample log ({error!r}); {REMEDY}") from None


def _user(doc: Mapping[str, Any], prompt: str) -> str | None:
    """Return what the task asked in the user's turn of a prompt."""
    asked = prompts.release_text(doc) if doc.get("prompt") else ""
    for text in (asked, prompts.cot_text(doc)):
        if text and text in prompt:
            return text
    return None


def _of_foreign_log(row: dict[str, Any], language: str) -> Prediction:
    """Read a multiple-choice row of somebody else's task: the likeliest choice is the answer.

    Logs write the target as text, be it the right choice's number or the choice itself; lm-eval's own verdict decides.

    Raises:
        ValueError: the target fits the verdict in neither way, or in both; or options were not what was scored.
    """
    if not all(isinstance(one, list) for one in row["filtered_resps"]):
        raise ValueError("its answers are no likelihoods of options")
    scores = tuple(float(likelihood) for likelihood, _ in row["filtered_resps"])
    options = tuple(row["arguments"][f"gen_args_{i}"]["arg_1"].strip() for i in range(len(scores)))
    named = [row["doc"][key] for key in ("question_id", "id") if key in row["doc"]]
    question_id = str(named[0] if named else row["doc_id"])
    choice = max(range(len(scores)), key=scores.__getitem__)
    target = str(row.get("target", -1)).strip()
    meant = [int(target)] if target.lstrip("-").isdigit() else []
    meant += [place for place, option in enumerate(options) if option == target]
    fitting = {gold for gold in meant if "acc" not in row or (gold == choice) == (row["acc"] == 1)}
    if len(fitting) != 1:
        why = (
            "may be either of two choices" if fitting else "is no choice, or does not fit the accuracy that was logged"
        )
        raise ValueError(f"the target {target!r} {why}")
    asked = row["arguments"]["gen_args_0"]["arg_0"]
    return Prediction(
        language, "", options, fitting.pop(), (choice,), question_id, scores, prompt=asked, digest=row.get("doc_hash")
    )


def _of_llama_factory(path: Path, number: int, row: dict[str, Any], language: str) -> Prediction:
    prompt = _CHAT.sub("\n", str(row["prompt"])).rstrip().removesuffix("assistant").removesuffix("model")
    try:
        parsed = split_options(prompt)
        *options, last = parsed.options
        options.append(last.splitlines()[0].strip())
        label = _CHAT.sub("", str(row["label"]))
        gold = parse_gold(label, options)[0] if label.strip() else -1
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
    ids = _content_ids(pivot)
    result = [replace(prediction, question_id=ids[i]) for i, prediction in enumerate(pivot)]
    total = len(pivot)
    items = [Item(prediction.stem, prediction.options) for prediction in pivot]
    for rows in others:
        pairs = align(items, [Item(prediction.stem, prediction.options) for prediction in rows])
        result += [
            replace(rows[there], question_id=ids[here])
            for here, there in pairs.items()
            if len(rows[there].options) == len(pivot[here].options)
        ]
        total += len(rows)
    return result, total - len(result)


def _content_ids(rows: Sequence[Prediction]) -> list[str]:
    """Name questions by their content; one that comes again gets a number as well."""
    seen: dict[str, int] = {}
    ids = []
    for row in rows:
        name = fingerprint(row.stem, *sorted(map(normalise, row.options)))
        seen[name] = seen.get(name, 0) + 1
        ids.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return ids
