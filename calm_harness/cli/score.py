"""`calm score`: the metrics for predictions that exist already (light to import: the work is imported when it runs)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from retrieval.text import joined, printable

EXAMPLES = """examples:
  calm score --predictions runs/first
  calm score --predictions runs/rag --baseline runs/zero_shot
  calm score --predictions en=en/generated_predictions.jsonl --predictions zh=zh/generated_predictions.jsonl
  calm score --predictions en=x_csqa_en_train_sampled.json --predictions zh=x_csqa_cn_train_sampled.json --json out.json
  calm score --predictions en=samples_belebele_eng_Latn_*.jsonl es=samples_belebele_spa_Latn_*.jsonl --id link \
    question_number

A file is an lm-eval sample log (one of our tasks names its languages itself), LLaMA-Factory's
generated_predictions.jsonl, or a samples file of the CALM release. A folder stands for the one sample log below it. Of
several samples the first is scored; the votes read all. Logs of other tasks are joined by a field of their documents
that tells all rows apart and is the same in all languages (or by two), else by content, never by the rows' order; --id
names the field.
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
        "--predictions",
        action="append",
        nargs="+",
        required=True,
        metavar="[LANG=]FILE",
        help="a file of predictions, or the folder of a run",
    )
    command.add_argument(
        "--baseline",
        action="append",
        nargs="+",
        default=[],
        metavar="[LANG=]FILE",
        help="predictions of another run: also print how far the metrics differ, paired by question",
    )
    command.add_argument(
        "--id",
        nargs="+",
        default=[],
        metavar="FIELD",
        help="what tells the documents of other people's lm-eval tasks apart, the same in all languages; found if it "
        "is not given",
    )
    command.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    command.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read the predictions, and print (and write) what they score."""
    from calm_harness.files import write_text
    from calm_harness.predictions import asked_languages, named_file, one_log, read
    from calm_harness.predictions.rows.log import task_log_of
    from calm_harness.predictions.scoring import lacking, score

    named, named_baseline = (
        [(one_log(path), tag) for names in name_lists for path, tag in (named_file(name, flag) for name in names)]
        for name_lists, flag in ((args.predictions, "--predictions"), (args.baseline, "--baseline"))
    )
    files, baseline = (
        [task_log_of(path) or read(path, tag) for path, tag in names] for names in (named, named_baseline)
    )
    paths = [path for path, _ in (*named, *named_baseline)]
    asked = list(dict.fromkeys(language for path in paths for language in asked_languages.of_results(path)))
    result = score(files, baseline or None, id_fields=args.id, asked=asked)
    unanswered = [language for path in paths for language in asked_languages.of_rows(path)]
    warning = lacking(result, unanswered)
    if warning:
        print(f"calm: warning: {printable(warning)}", file=sys.stderr)
    if args.json:
        write_text(args.json.expanduser(), json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    print(render(result))
    return 0


def render(result: dict[str, Any]) -> str:
    """Render a result as the text that `calm score` prints."""
    from calm_harness.metrics.bootstrap import too_few
    from calm_harness.metrics.margin import UNDEFINED

    lines = [f"{result['questions']} questions in {', '.join(result['languages'])}"]
    if result["samples"] > 1:
        lines[0] += f"; the first of {result['samples']} samples is scored, votes read all"
    if "joined_by" in result:
        lines.append(f"logs of other tasks, joined by {result['joined_by']}")
    if "mixed" in result or "baseline_mixed" in result:
        baseline = f"; in the baseline: {_mixed(result, 'baseline_mixed')}" if "difference" in result else ""
        lines.append(f"languages within a question are mixed: {_mixed(result, 'mixed')}{baseline}")
    if result["incomplete_questions"] or result["unaligned_rows"]:
        lines.append(
            f"left out: {result['incomplete_questions']} questions that are not there in all languages, "
            f"{result['unaligned_rows']} rows without a counterpart"
        )
    few = too_few(result["questions"])
    if few:
        lines.append(few)
    if result["metrics"].get("margin", {"value": 0})["value"] is None:
        lines.append(UNDEFINED)
    lines += ["", f"{'metric':<20} {'value':>7} {'stderr':>7}  95% interval"]
    lines += [_line(name, figure) for name, figure in (result["metrics"] | result["votes"]).items()]
    if "difference" in result:
        lines += ["", f"difference to the baseline, paired by question ({result['difference_questions']} questions)"]
        few = too_few(result["difference_questions"])
        if few:
            lines.append(few)
        lines += [_line(name, figure) for name, figure in result["difference"].items()]
    if len(result["languages"]) > 1:
        lines += [*_pairwise(result["pairwise"]), *_related(result)]
    return joined(lines)


def _mixed(result: dict[str, Any], part: str) -> str:
    return "; ".join(result.get(part, ["not"]))


DIRECTED = {
    "transfer": ": right in the column's language, of questions right in the row's",
    "lift": ": transfer above independence, from 0 (none) to 1",
    "overlap": ": right in both, of questions right in either",
}


def _pairwise(tables: dict[str, Any]) -> list[str]:
    """Lay out the tables of language × language."""
    lines = ["", "tables by pair of languages; intervals and numbers of questions are what --json writes"]
    for name, table in tables.items():
        lines += ["", f"{name} by pair of languages{DIRECTED.get(name, '')}"]
        longest = max(map(len, table))
        first, width = max(longest + 1, 4), max(longest + 2, 7)
        lines.append(" " * first + "".join(f"{language:>{width}}" for language in table))
        for language, row in table.items():
            cells = (_cell(cell and cell["value"]) for cell in row.values())
            lines.append(f"{language:<{first}}" + "".join(f"{cell:>{width}}" for cell in cells))
    return lines


def _related(result: dict[str, Any]) -> list[str]:
    """Lay out scripts and families, and the means over pairs that share them."""
    from calm_harness.prompts.families import unknown

    kinds = {language: [text or "-" for text in kind.values()] for language, kind in result["kinds"].items()}
    lines = ["", "language  script  family"]
    lines += [f"{language:<9} {script:<7} {family}" for language, (script, family) in kinds.items()]
    if left_out := unknown(result["languages"]):
        lines.append(f"script or family is not known of {', '.join(left_out)}, whose pairs are not counted with it")
    lines += ["", f"{'mean over pairs of languages':<36} {'pairs':>5} {'value':>7} {'stderr':>7}  95% interval"]
    for trait, measures in result["related"].items():
        for measure, sides in measures.items():
            for side, figure in sides.items():
                name = f"{measure}, {'same minus other' if side == 'difference' else side} {trait}"
                pairs = figure.get("pairs", "")
                lines.append(f"{name:<36} {pairs:>5} {_figure(figure)}".rstrip())
    return lines


def _line(name: str, figure: dict[str, Any]) -> str:
    return f"{name:<20} {_figure(figure)}"


def _figure(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    interval = "" if low is None else f"[{low:.3f}, {high:.3f}]"
    return f"{_cell(figure['value'])} {_cell(figure['stderr'])}  {interval}".rstrip()


def _cell(value: float | None) -> str:
    return f"{'-' if value is None else format(value, '.3f'):>7}"
