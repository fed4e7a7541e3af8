"""`calm score`: the metrics for predictions that exist already (light to import: the work is imported when it runs)."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calm_harness.errors import CalmError

if TYPE_CHECKING:
    from calm_harness.metrics import Answers
    from calm_harness.predictions import Prediction

ORIGIN_CODES = {"cn": "zh", "jap": "ja"}  # as the CALM release and X-CSQA write them
EXAMPLES = """examples:
  calm score --predictions runs/demo/*/samples_calm_mini_xl_cloze_*.jsonl
  calm score --predictions en=en/generated_predictions.jsonl --predictions zh=zh/generated_predictions.jsonl
  calm score --predictions en=x_csqa_en_train_sampled.json --predictions zh=x_csqa_cn_train_sampled.json --json out.json

A file is an lm-eval sample log (one of our tasks names its languages itself), LLaMA-Factory's
generated_predictions.jsonl, or a samples file of the CALM release. Of several samples the first is scored; the votes
read all.
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `score` to the command line."""
    command = subparsers.add_parser(
        "score",
        help="accuracy and consistency of predictions that exist already",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--predictions", action="append", nargs="+", required=True, metavar="[LANG=]FILE", help="a file of predictions"
    )
    command.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    command.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from calm_harness.predictions import read

    named = [_split_name(name) for names in args.predictions for name in names]
    files = [read(Path(path), language) for path, language in named]
    result = score(files)
    if args.json:
        _write(args.json, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    print(render(result))
    return 0


def _split_name(name: str) -> tuple[str, str | None]:
    language, equals, path = name.partition("=")
    if not equals or "/" in language:
        return name, None
    if not language or not path:
        raise CalmError(f"--predictions {name}: write LANG=FILE, as in en=predictions.jsonl")
    return path, ORIGIN_CODES.get(language, language)


def _write(path: Path, text: str) -> None:
    if not path.parent.is_dir():
        raise CalmError(f"{path.parent} is not a folder; make it, or name another file for --json")
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)


def score(files: list[list[Prediction]]) -> dict[str, Any]:
    """Score predictions.

    Args:
        files: the predictions of each file.

    Returns:
        `languages`, `questions`, what was left out, `metrics` and `votes` (name -> value, stderr and 95% interval; None
        where undefined), and `pairwise` tables (language -> language -> share).

    Raises:
        CalmError: predictions do not fit together, or no question has an answer in every language.
    """
    import numpy as np

    from calm_harness import metrics
    from calm_harness.intervals import estimate
    from calm_harness.metrics import Answers
    from calm_harness.predictions import identify

    predictions, unaligned = identify(files)
    languages = list(dict.fromkeys(prediction.language for prediction in predictions))
    table = Answers.collect([_answer(prediction, 0) for prediction in predictions], languages)
    if not table.question_ids:
        raise CalmError(f"no question is there in all of {', '.join(languages)}; are the files parallel?")
    chosen = metrics.names(
        languages,
        labelled=not table.hidden,
        scored=table.scores is not None,
        responses=table.truncated is not None,
    )
    estimates = {
        "metrics": estimate({name: metrics.statistic(name, table) for name in chosen}),
        "votes": estimate({name: metrics.majority_acc(vote) for name, vote in _votes(predictions, table).items()}),
    }

    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return {
        "languages": languages,
        "questions": len(table.question_ids),
        "incomplete_questions": table.incomplete,
        "unaligned_rows": unaligned,
        "samples": max(len(prediction.choices) for prediction in predictions),
        **{
            part: {
                name: {
                    "value": number(one.value),
                    "stderr": number(one.stderr),
                    "interval": [number(one.low), number(one.high)],
                }
                for name, one in found.items()
            }
            for part, found in estimates.items()
        },
        "pairwise": metrics.pairwise_report(table),
    }


def _answer(prediction: Prediction, sample: int, language: str | None = None) -> Any:
    from calm_harness.metrics import Answer, twins

    return Answer(
        question_id=str(prediction.question_id),
        language=language or prediction.language,
        choice=prediction.choices[sample] if sample < len(prediction.choices) else None,
        gold=prediction.gold,
        twins=twins(prediction.options),
        scores=prediction.scores,
        truncated=prediction.truncated,
    )


def _votes(predictions: list[Prediction], table: Answers) -> dict[str, Answers]:
    """Tables in which every sample is a voter: each language's own, and all together. Empty for single samples."""
    from calm_harness.metrics import Answers

    samples = max(len(prediction.choices) for prediction in predictions)
    if samples == 1 or table.hidden:
        return {}
    complete = set(table.question_ids)
    voters = [
        _answer(prediction, sample, f"{prediction.language}/{sample}")
        for prediction in predictions
        if prediction.question_id in complete
        for sample in range(samples)
    ]
    columns = {language: [f"{language}/{sample}" for sample in range(samples)] for language in table.languages}
    columns["all"] = [column for own in columns.values() for column in own]
    return {
        f"vote_acc_{name}": Answers.collect((voter for voter in voters if voter.language in own), own)
        for name, own in columns.items()
    }


def render(result: dict[str, Any]) -> str:
    """Render a result as the text that `calm score` prints."""
    lines = [f"{result['questions']} questions in {', '.join(result['languages'])}"]
    if result["samples"] > 1:
        lines[0] += f"; the first of {result['samples']} samples is scored, votes read all"
    if result["incomplete_questions"] or result["unaligned_rows"]:
        lines.append(
            f"left out: {result['incomplete_questions']} questions that are not there in all languages, "
            f"{result['unaligned_rows']} rows without a counterpart"
        )
    lines += ["", f"{'metric':<20} {'value':>7} {'stderr':>7}  95% interval"]
    for name, found in (result["metrics"] | result["votes"]).items():
        low, high = found["interval"]
        interval = "" if low is None else f"[{low:.3f}, {high:.3f}]"
        lines.append(f"{name:<20} {_cell(found['value'])} {_cell(found['stderr'])}  {interval}".rstrip())
    for name, table in result["pairwise"].items():
        lines += ["", f"{name} by pair of languages", "    " + "".join(f"{language:>7}" for language in table)]
        lines += [f"{one:<4}" + "".join(_cell(cell) for cell in row.values()) for one, row in table.items()]
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return f"{'-' if value is None else format(value, '.3f'):>7}"
