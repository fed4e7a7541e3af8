"""`calm score`: the metrics for predictions that exist already (light to import: the work is imported when it runs)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

EXAMPLES = """examples:
  calm score --predictions runs/demo/*/samples_calm_mini_xl_cloze_*.jsonl
  calm score --predictions rag/*/samples_*.jsonl --baseline zero_shot/*/samples_*.jsonl
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
    command.add_argument(
        "--baseline",
        action="append",
        nargs="+",
        default=[],
        metavar="[LANG=]FILE",
        help="predictions of another run: also print how far the metrics differ, paired by question",
    )
    command.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read the predictions, and print (and write) what they score."""
    from calm_harness.files import write_text
    from calm_harness.predictions import named_file, read
    from calm_harness.predictions.scoring import score

    files, baseline = (
        [read(path, language) for names in name_lists for path, language in map(named_file, names)]
        for name_lists in (args.predictions, args.baseline)
    )
    result = score(files, baseline or None)
    if args.json:
        write_text(args.json, json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    print(render(result))
    return 0


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
    lines += [_line(name, figure) for name, figure in (result["metrics"] | result["votes"]).items()]
    if "difference" in result:
        lines += ["", f"difference to the baseline, paired by question ({result['difference_questions']} questions)"]
        lines += [_line(name, figure) for name, figure in result["difference"].items()]
    for name, table in result["pairwise"].items():
        lines += ["", f"{name} by pair of languages", "    " + "".join(f"{language:>7}" for language in table)]
        lines += [f"{language:<4}" + "".join(_cell(share) for share in row.values()) for language, row in table.items()]
    return "\n".join(lines)


def _line(name: str, figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    interval = "" if low is None else f"[{low:.3f}, {high:.3f}]"
    return f"{name:<20} {_cell(figure['value'])} {_cell(figure['stderr'])}  {interval}".rstrip()


def _cell(value: float | None) -> str:
    return f"{'-' if value is None else format(value, '.3f'):>7}"
