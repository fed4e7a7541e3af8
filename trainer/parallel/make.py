"""Make a folder of translations or of mixed texts, in the files that `trainer.sft` takes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files import only_writer, whole, write_text
from trainer.parallel import budget, mixed, translations
from trainer.parallel.arguments import MixedArguments, ParallelArguments, TranslationArguments
from trainer.parallel.texts import Parallel, read
from trainer.preferences import held_out, lengths
from trainer.preferences.samples import named_questions
from trainer.preferences.write import JSONL, LLAMA_FACTORY, PARQUET, SUMMARY, write_parquet

Row = dict[str, Any]


def make(texts: Sequence[Parallel], args: ParallelArguments) -> tuple[list[Row], dict[str, Any]]:
    """Make rows of parallel texts.

    Args:
        texts: the parallel texts.
        args: of translations or of mixed texts.

    Returns:
        The rows, in a drawn order, and the summary.

    Raises:
        CalmError: the arguments do not fit the texts, or no row is left.
    """
    left_out = Counter[str]()
    found: Iterator[Row]
    if isinstance(args, TranslationArguments):
        side, found = "completion", translations.make(texts, args, left_out)
    else:
        assert isinstance(args, MixedArguments)
        side, found = "text", mixed.make(texts, args, left_out)
    total = None
    if args.max_tokens is None:
        rows = list(found)
    else:
        rows, total = budget.within(budget.counted(found, side, _tokenizer(args)), args.max_tokens)
    if not rows:
        raise CalmError(f"no text is left ({_listed(left_out)}); name more --parallel texts")
    return rows, summarise(rows, left_out, total, args)


def _tokenizer(args: ParallelArguments) -> Any:
    if args.tokenizer is None:
        raise CalmError("max_tokens counts a model's tokens; name it with --tokenizer")
    tokenizer = lengths.load(args.tokenizer)
    if isinstance(args, TranslationArguments) and args.chat and not tokenizer.chat_template:
        raise CalmError(f"{args.tokenizer} has no chat template; leave --chat out")
    return tokenizer


def summarise(rows: Sequence[Row], left_out: Counter[str], total: int | None, args: ParallelArguments) -> Row:
    """Put the figures together, for summary.json.

    Args:
        rows: what was made.
        left_out: why texts were left out.
        total: tokens that are learned, where they were counted.
        args: the settings.
    """
    languages = (row["languages"] if "languages" in row else [row["language"]] for row in rows)
    return {
        "rows": len(rows),
        "questions": len({row["question_id"] for row in rows}),
        "tokens": total,
        "by_language": dict(Counter(language for drawn in languages for language in drawn)),
        "by_kind": dict(Counter(row["kind"] for row in rows)),
        "left_out": dict(left_out),
        "settings": asdict(args),
    }


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def render(figures: Mapping[str, Any]) -> str:
    """Lay a summary out for reading."""
    tokens = "" if figures["tokens"] is None else f", {figures['tokens']} tokens to learn"
    lines = [
        f"{figures['rows']} texts of {figures['questions']} questions or passages{tokens}",
        f"  by language: {_listed(figures['by_language'])}",
        f"  of: {_listed(figures['by_kind'])}",
    ]
    lines += [f"  left out: {_listed(figures['left_out'])}"] if figures["left_out"] else []
    return "\n".join([*lines, *(f"  {line}" for line in held_out.render(figures["held_out"]))])


def make_folder(args: ParallelArguments, texts: Sequence[Parallel] | None = None) -> dict[str, Any]:
    """Make rows and write them; return their summary.

    Args:
        args: what to make.
        texts: the parallel texts; those that the arguments name by default.

    Raises:
        CalmError: texts cannot be read or do not fit the arguments, or a question is held out.
    """
    folder = Path(args.output).expanduser()
    if (folder / LLAMA_FACTORY).exists():
        raise CalmError(f"{folder} holds pairs of trainer.pairs, under the same names; name another --output")
    rows, figures = make(
        read(args.parallel, args.languages, named_questions(args.questions)) if texts is None else texts, args
    )
    figures["held_out"] = held_out.check(rows, args.held_out, transductive=None)
    write(folder, rows, figures)
    return figures


def write(folder: Path, rows: Sequence[Row], figures: Mapping[str, Any]) -> None:
    """Write rows under the names that `trainer.pairs` gives its own; the summary comes last.

    Raises:
        CalmError: they cannot be written.
    """
    (folder / SUMMARY).unlink(missing_ok=True)
    write_text(folder / JSONL, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    try:
        with whole(folder / PARQUET) as scratch:
            write_parquet(scratch, lambda: iter(rows))
    except OSError as error:
        raise CalmError(f"{folder} cannot be written ({error.strerror}); name another folder, or make room") from None
    write_text(folder / SUMMARY, json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


def command(args: ParallelArguments) -> int:
    """Make texts, write them, and say what they are."""
    with only_writer(Path(args.output).expanduser()):
        print(render(make_folder(args)))
    return 0
