"""Scoring: hf-prefix against hf, in language-questions a second and in memory.

    python -m benchmarks.scoring                                 X-CSQA cloze and lettered, MEDQA lettered
    python -m benchmarks.scoring --work languages options        growth with languages and with options
    python -m benchmarks.scoring --dtype float32 --repeats 5

CALM_RELEASE_DIR and BMLAMA17_DIR name the folders of the sets. Each model sits in a process of its own, they take turns
at the same questions, and the ratio is taken turn by turn. hf is given several batch sizes, and the best one counts.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.record import MODEL, Worker, alternate, ratio, save, spread, table

Pair = tuple[str, str]


def rows(name: str, questions: int, languages: int | None, options: int | None) -> list[dict[str, Any]]:
    """Draw questions of a set, in all or the first so many of its languages, with all or so many of the options."""
    from calm_harness.errors import CalmError
    from calm_harness.questions import load

    try:
        found = load(name, source=os.environ.get("BMLAMA17_DIR") if name == "bmlama" else None)
    except CalmError as error:
        raise SystemExit(str(error)) from None
    several = sorted(found.questions(), key=lambda question: question[0].question_id)
    drawn = random.Random(0).sample(several, min(questions, len(several)))
    picked = [row for question in drawn for row in question[:languages]]
    if options is not None:
        picked = [replace(row, options=row.options[:options]) for row in picked]
    return [
        {"question_id": row.question_id, "language": row.language, "stem": row.stem, "options": list(row.options)}
        for row in picked
    ]


def pairs(docs: Sequence[dict[str, Any]], form: str) -> list[Pair]:
    """Ask what the task of a form asks: `sum` after the prompt alone, `pmi` also after the null context."""
    from calm_harness import prompts

    if form == "letters":
        return [(prompts.letters_text(doc), choice) for doc in docs for choice in prompts.letters_choices(doc)]
    contexts = [prompts.cloze_text] if form == "sum" else [prompts.cloze_text, prompts.cloze_null]
    return [(text(doc), choice) for doc in docs for text in contexts for choice in prompts.cloze_choices(doc)]


def scorer(
    kind: str, pretrained: str, dtype: str, device: str, batch_size: str
) -> Callable[..., list[tuple[float, bool]]]:
    """Load a model and return what scores requests with it."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    from calm_harness.models.hf_prefix import HFPrefixLM

    size = batch_size if batch_size == "auto" else int(batch_size)
    model = {"hf": HFLM, "hf-prefix": HFPrefixLM}[kind](
        pretrained=pretrained, dtype=dtype, device=device, batch_size=size
    )

    def run(asked: Sequence[Pair]) -> list[tuple[float, bool]]:
        instances = [Instance("loglikelihood", {}, pair, 0) for pair in asked]
        found: list[tuple[float, bool]] = model.loglikelihood(instances, disable_tqdm=True)
        return found

    run(asked=[("One, two,", " three"), ("One, two,", " four")])
    return run


def compare(
    workers: dict[str, Worker], docs: list[dict[str, Any]], form: str, repeats: int, what: str
) -> dict[str, Any]:
    """Measure all workers on the same questions."""
    asked = pairs(docs, form)
    runs = alternate(workers, repeats, asked=asked)
    speed = {name: [len(docs) / run["seconds"] for run in found] for name, found in runs.items()}
    plain = [name for name in workers if name != "hf-prefix"]
    row: dict[str, Any] = {"work": what, "form": form, "questions": len(docs), "requests": len(asked)}
    row["seconds"] = {name: [run["seconds"] for run in found] for name, found in runs.items()}
    row["per_second"] = {name: spread(values) for name, values in speed.items()}
    row["peak_mb"] = {name: max(run["peak_mb"] for run in found) for name, found in runs.items()}
    if plain and "hf-prefix" in workers:
        best = max(plain, key=lambda name: statistics.median(speed[name]))
        row["best_hf"] = best
        row["times_faster"] = ratio(row["seconds"][best], row["seconds"]["hf-prefix"])
        theirs, ours = runs[best][0]["value"], runs["hf-prefix"][0]["value"]
        row["apart"] = max(abs(one - other) for (one, _), (other, _) in zip(theirs, ours, strict=True))
        row["flips"] = flips(docs, form, theirs, ours)
    return row


def flips(docs: list[dict[str, Any]], form: str, theirs: Any, ours: Any) -> list[dict[str, float]]:
    """List the questions that the two answer differently, with the lead (nats) that the other's answer had in each."""
    found, at = [], 0
    for doc in docs:
        count, contexts = len(doc["options"]), 2 if form == "pmi" else 1
        scores = [
            [values[at + i][0] - (values[at + count + i][0] if contexts == 2 else 0) for i in range(count)]
            for values in (theirs, ours)
        ]
        one, other = (max(range(count), key=each.__getitem__) for each in scores)
        if one != other:
            found.append({"lead_hf": scores[0][one] - scores[0][other], "lead": scores[1][other] - scores[1][one]})
        at += count * contexts
    return found


def works(names: Sequence[str], questions: int) -> list[tuple[str, str, dict[str, Any]]]:
    """List what is measured: (name, form, which questions)."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    if "tasks" in names:
        found += [
            ("xcsqa", "sum", {"name": "xcsqa", "questions": questions}),
            ("xcsqa", "pmi", {"name": "xcsqa", "questions": questions}),
            ("xcsqa", "letters", {"name": "xcsqa", "questions": questions}),
            ("medqa", "letters", {"name": "medqa", "questions": questions}),
        ]
    if "languages" in names:
        for count in (2, 4, 8, 16):
            found.append((f"bmlama, {count} languages", "sum", {"name": "bmlama", "questions": 2, "languages": count}))
    if "options" in names:
        for count in (2, 4, 6, 8, 10):
            chosen = {"name": "bmlama", "questions": 2, "languages": 6, "options": count}
            found.append((f"bmlama, {count} options", "sum", chosen))
    return found


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="checkpoint folder or hub name")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float32"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--work", nargs="+", default=["tasks"], choices=["tasks", "languages", "options"])
    parser.add_argument("--forms", nargs="+", default=["sum", "pmi", "letters"], choices=["sum", "pmi", "letters"])
    parser.add_argument("--questions", type=int, default=4, help="questions of a task, each in all its languages")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each model")
    parser.add_argument("--hf-batch-sizes", nargs="*", default=["1", "4", "16"], help="hf's batch sizes to try")
    parser.add_argument("--prefix-batch-size", default="auto")
    args = parser.parse_args()
    settings = {"pretrained": args.model, "dtype": args.dtype, "device": args.device}
    workers = {
        f"hf, batch {size}": Worker(scorer, kind="hf", batch_size=size, **settings) for size in args.hf_batch_sizes
    }
    workers["hf-prefix"] = Worker(scorer, kind="hf-prefix", batch_size=args.prefix_batch_size, **settings)
    results = []
    for what, form, chosen in works(args.work, args.questions):
        if form not in args.forms:
            continue
        docs = rows(chosen["name"], chosen["questions"], chosen.get("languages"), chosen.get("options"))
        found = compare(workers, docs, form, args.repeats, what)
        results.append(found)
        brief = {"work": what, "form": form}
        brief |= {f"{name}, 1/s": found["per_second"][name]["median"] for name in workers}
        brief |= {f"{name}, MB": found["peak_mb"][name] for name in (found.get("best_hf", "hf-prefix"), "hf-prefix")}
        if "times_faster" in found:
            times = found["times_faster"]
            brief["times faster"] = f"{times['median']:.1f} ({times['min']:.1f} to {times['max']:.1f})"
            brief |= {"nats apart": found["apart"], "flips": len(found["flips"])}
        print(table([brief]), flush=True)
    for worker in workers.values():
        worker.close()
    print(save("scoring", vars(args), results))


if __name__ == "__main__":
    main()
