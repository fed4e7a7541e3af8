"""Whether the language that is surest of itself is the one that is right most often, on samples and scores that exist.

    CALM_RELEASE_DIR=... python -m benchmarks.pivot mini=FOLDER bmlama=FOLDER medqa_zh=FOLDER

The samples are the CALM release's (X-CSQA, three responses of each model that is there). A FOLDER has sample logs of
`_cloze` tasks or of letters, which are put together and asked by every score that they hold; of `bmlama` also by
relation, and the cloze sets also as one (`--as_one`), in the languages that they share. Labels are read to be reported.
A tie counts as what drawing one of its options comes to.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import save, table
from calm_harness.metrics import gaps
from calm_harness.metrics.bootstrap import Estimate, difference, estimate, resampled
from calm_harness.metrics.sums import Statistic, mean
from calm_harness.questions.sets.release import find_folder
from trainer.preferences.samples import Samples, load
from trainer.votes.agreement import right
from trainer.votes.ballots import Ballots
from trainer.votes.pivot import surety
from trainer.votes.policies import Policy, vote

CODES = {"en": "en", "zh": "cn", "fr": "fr", "de": "de", "it": "it", "ja": "ja"}
MODELS = {"Llama-3-8B-Instruct": "", "Mistral": "mistral_"}
POLICIES: tuple[Policy, ...] = ("english", "pivot", "confident", "crosslingual", "weighted", "own")
DRAWS = 20  # of ties
FEWEST = 20  # facts of a relation that is looked at
LANGUAGES = 4  # that a correlation is taken over, at least
KINDS = {"*_xl_cloze_*.jsonl": "", "*_xl_[0-9]*.jsonl": " letters"}  # pattern of a log's name -> what is scored


def released() -> Iterator[tuple[str, Ballots]]:
    """Yield the samples of the models that the release here has."""
    for model, infix in MODELS.items():
        files = {
            tag: find_folder() / f"data/xcsqa/samples/x_csqa_{code}_train_{infix}sampled.json"
            for tag, code in CODES.items()
        }
        if all(file.is_file() for file in files.values()):
            yield f"xcsqa samples, {model}", load([f"{tag}={file}" for tag, file in files.items()]).ballots()
        else:
            print(f"{model}: its samples are not here ({next(iter(files.values()))})", file=sys.stderr)


def scored(folders: Sequence[str], as_one: Sequence[str]) -> Iterator[tuple[str, Ballots]]:
    """Yield the scores of sets: of each by each of its scores, of BMLAMA by relation, and of several as one."""
    together: dict[str, list[Ballots]] = defaultdict(list)
    for name, samples in _sets(folders):
        for score in next(iter(samples.cells.values())).likelihoods:
            ballots = samples.ballots(score)  # type: ignore[arg-type]
            if score != "sum":
                yield f"{name} by {score}, surest by sum", ballots
            ballots = replace(ballots, gaps=_gaps(samples, ballots, score))
            yield f"{name} by {score}", ballots
            if name == "bmlama":
                for relation, rows in relations(samples).items():
                    yield f"{name} by {score}: {relation}", taken(ballots, rows)
            if name in as_one:
                together[score].append(ballots)
    for score, parts in together.items():
        if len(parts) == len(as_one):
            yield f"{' + '.join(as_one)} by {score}", joined(parts)


def _sets(folders: Sequence[str]) -> Iterator[tuple[str, Samples]]:
    for folder in folders:
        name, _, path = folder.partition("=")
        logs = {kind: [str(log) for log in sorted(Path(path).rglob(f"samples_calm_{kind}"))] for kind in KINDS}
        if not any(logs.values()):
            raise SystemExit(f"{folder}: no NAME=FOLDER with sample logs of calm_ tasks that score options")
        for kind, files in logs.items():
            if files:
                yield name + KINDS[kind], load(files)


def _gaps(samples: Samples, ballots: Ballots, score: str) -> NDArray[np.float64]:
    """Return how far options lie apart by any score, where the trainer takes log-likelihoods."""
    scores = np.full(ballots.mass.shape, np.nan)
    for (q, language), prediction in samples.cells.items():
        scores[q, language, : len(prediction.options)] = prediction.likelihoods[score]
    return gaps(scores, ballots.twins, ballots.size)


def relations(samples: Samples) -> dict[str, list[int]]:
    """Part facts by what the English sentence says before the mask."""
    english = samples.languages.index("en")
    found: dict[str, list[int]] = defaultdict(list)
    for q in range(len(samples.question_ids)):
        stem = samples.cells[q, english].stem or ""
        match = re.search(r"official language|was born in|died in|is a subclass of", stem)
        found[match[0] if match else "other"].append(q)
    return {relation: rows for relation, rows in found.items() if len(rows) >= FEWEST}


def taken(ballots: Ballots, rows: Sequence[int], columns: Sequence[int] | None = None) -> Ballots:
    """Take some questions, and some languages."""
    chosen = list(range(len(ballots.languages)) if columns is None else columns)
    cells = np.ix_(list(rows), chosen)
    assert ballots.taken is not None
    return replace(
        ballots,
        question_ids=tuple(ballots.question_ids[row] for row in rows),
        languages=tuple(ballots.languages[column] for column in chosen),
        mass=ballots.mass[cells],
        twins=ballots.twins[cells],
        size=ballots.size[list(rows)],
        gold=ballots.gold[list(rows)],
        sensitivity=None,
        taken=ballots.taken[cells],
        gaps=None if ballots.gaps is None else ballots.gaps[cells],
    )


def joined(parts: Sequence[Ballots]) -> Ballots:
    """Put sets of scored options into one, in the languages that all have."""
    shared = [tag for tag in parts[0].languages if all(tag in part.languages for part in parts)]
    width = max(part.mass.shape[2] for part in parts)
    cut = [taken(part, range(len(part.size)), [part.languages.index(tag) for tag in shared]) for part in parts]

    def widened(values: NDArray[Any], beyond: NDArray[Any]) -> NDArray[Any]:
        wide = np.broadcast_to(beyond, (*values.shape[:2], width)).copy()
        wide[..., : values.shape[2]] = values
        return wide

    def stacked(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in cut])

    return replace(
        cut[0],
        question_ids=tuple(name for part in cut for name in part.question_ids),
        mass=np.concatenate([widened(part.mass, np.zeros(width)) for part in cut]),
        twins=np.concatenate([widened(part.twins, np.arange(width)) for part in cut]),
        **{name: stacked(name) for name in ("size", "gold", "taken", "gaps")},
    )


def measure(name: str, ballots: Ballots) -> list[dict[str, Any]]:
    """Measure a group: a line of what is found, one of the votes, and one of what is found without English."""
    correct = {policy: _right(ballots, policy) for policy in POLICIES}
    english = ballots.languages.index("en")
    head = {"": name, "questions": len(ballots.size), "chance": f"{(1 / ballots.size).mean():.3f}"}
    first, line = _found(ballots, correct["own"])
    line["surest − English"] = _apart(correct["own"][:, first], correct["own"][:, english])
    whole = {policy: correct[policy].mean(axis=1) for policy in POLICIES}
    votes = {
        policy: _interval(estimate({"v": mean(whole[policy])})["v"])
        + ("" if policy == "english" else f" ({_apart(whole[policy], whole['english'])})")
        for policy in POLICIES
    }
    votes["confident − crosslingual"] = _apart(whole["confident"], whole["crosslingual"])
    others = [column for column in range(len(ballots.languages)) if column != english]
    rest = taken(ballots, range(len(ballots.size)), others)
    _, without = _found(rest, correct["own"][:, others])
    held = {policy: _right(rest, policy).mean(axis=1) for policy in POLICIES if policy != "english"}
    for one, other in (("pivot", "crosslingual"), ("pivot", "weighted"), ("confident", "crosslingual")):
        without[f"{one} − {other}"] = _apart(held[one], held[other])
    return [head | line, head | votes, head | without]


def _found(ballots: Ballots, correct: NDArray[np.float64]) -> tuple[int, dict[str, Any]]:
    """Say which language is surest, by its number and in words, and which is right most often."""
    found = surety(ballots)
    by_language = {tag: mean(correct[:, column]) for column, tag in enumerate(ballots.languages)}
    sure, accuracy = estimate(found.figures), estimate(by_language)
    first, second = sorted(sure, key=lambda tag: -sure[tag].value)[:2]
    best = max(accuracy, key=lambda tag: accuracy[tag].value)
    number = ballots.languages.index(first)
    drawn = np.stack([each.resamples for each in resampled(found.figures).values()])
    return number, {
        "by": found.name,
        "surest": f"{first} {_interval(sure[first])}",
        "next": f"{second} {_interval(sure[second])}",
        "again": f"{(drawn.argmax(axis=0) == number).mean():.2f}",
        "it is right": _interval(accuracy[first]),
        "right most often": f"{best} {_interval(accuracy[best])}",
        "correlation": _correlation(found.figures, by_language),
    }


def _right(ballots: Ballots, policy: Policy) -> NDArray[np.float64]:
    """[Q, L]: how often the answer is right, over drawn ties."""
    draws = [right(vote(ballots, policy, ties="random", seed=seed).winner, ballots) for seed in range(DRAWS)]
    shares: NDArray[np.float64] = np.mean(draws, axis=0)
    return shares


def _apart(after: NDArray[np.float64], before: NDArray[np.float64]) -> str:
    if np.array_equal(after, before):
        return "the same"
    found = estimate({"d": difference(mean(after), mean(before))})["d"]
    return f"{100 * found.value:+.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _correlation(figures: dict[str, Statistic], accuracy: dict[str, Statistic]) -> str:
    """Correlate figure and accuracy over the languages; the interval is the percentile bootstrap's over questions."""
    if len(figures) < LANGUAGES:
        return ""
    sides = [resampled(side) for side in (figures, accuracy)]
    values = [np.array([draws.value for draws in side.values()]) for side in sides]
    samples = [np.stack([draws.resamples for draws in side.values()], axis=1) for side in sides]
    drawn = [np.corrcoef(one, other)[0, 1] for one, other in zip(*samples, strict=True)]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return f"{np.corrcoef(*values)[0, 1]:.2f} [{low:.2f}, {high:.2f}]"


def _interval(found: Estimate) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def main() -> None:
    """Measure all groups, print three tables, and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="NAME=FOLDER", help="a set's sample logs of scored options")
    parser.add_argument("--as_one", nargs="+", default=[], metavar="NAME", help="sets to put into one")
    args = parser.parse_args()
    groups = []
    for name, ballots in (*released(), *scored(args.folders, args.as_one)):
        groups.append(measure(name, ballots))
        print(f"{name}: done", file=sys.stderr)
    results = dict(zip(("surest", "votes", "without English"), zip(*groups, strict=True), strict=True))
    print(*(f"{title}\n\n{table(lines)}" for title, lines in results.items()), sep="\n\n")
    print(save("pivot", {"sets": [folder.partition("=")[0] for folder in args.folders]}, results))


if __name__ == "__main__":
    main()
