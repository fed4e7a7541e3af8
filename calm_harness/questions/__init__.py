"""Parallel multiple-choice question sets, read, checked and aligned.

for question in load("medqa", languages=["en", "zh"]).questions():
    print(question[0].stem, question[1].stem)
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.questions.schema import Finding, QuestionSet, Row, Source, fingerprint, normalise
from calm_harness.questions.selection import choose
from calm_harness.questions.sets import bmlama, custom, hub, mini, release

__all__ = [
    "SETS",
    "Finding",
    "QuestionSet",
    "Row",
    "SetInfo",
    "few_shot_pool",
    "fingerprint",
    "load",
    "normalise",
]

Reader = Callable[[str | None, Sequence[str] | None, Source], QuestionSet]


@dataclass(frozen=True)
class SetInfo:
    """What is known of a set without reading it.

    Attributes:
        read: reads a split in some languages from a source; None means the set's default.
        languages: in the set's order; empty where the source decides.
        splits: the default first; empty where the source decides.
        origin: where its questions come from.
        splits_of: asks a source for its splits, where the source decides.
        option_seed: how options are permuted unless told otherwise; None leaves the source's order.
        passages: returns the files of the set's own passages, where it has any and says which answer its questions.
        passages_of: yields the rows of a corpus of the passages that a source has, where the source decides.
    """

    read: Reader
    languages: tuple[str, ...]
    splits: tuple[str, ...]
    origin: str
    splits_of: Callable[[Source], tuple[str, ...]] | None = None
    option_seed: int | None = None
    passages: Callable[[], list[Path]] | None = None
    passages_of: Callable[[Source], Iterator[dict[str, str]]] | None = None


def _read_xcsqa(split: str | None, languages: Sequence[str] | None, source: Source) -> QuestionSet:
    """From the CALM release, or from the Hub's data set (or a copy of it) if `source` names that."""
    if _is_release(source):
        return release.read("xcsqa", split, languages, source)
    return hub.read_xcsqa(split, languages, source)


def _xcsqa_splits(source: Source) -> tuple[str, ...]:
    return ("test", "train") if _is_release(source) else hub.SPLITS


def _is_release(source: Source) -> bool:
    return source is None or (Path(source).expanduser() / "data" / "xcsqa").is_dir()


EXAMPLE_SPLITS = ("train", "training", "dev", "development", "validation", "valid", "val")
"""Names of splits that few-shot examples may come from, the first that there is; case does not matter."""

SETS: dict[str, SetInfo] = {
    "medqa": SetInfo(
        partial(release.read, "medqa"), release.LANGUAGES["medqa"], ("test", "test_en", "test_zh"), "CALM release"
    ),
    "xcsqa": SetInfo(
        _read_xcsqa, release.LANGUAGES["xcsqa"], ("test", "train"), "CALM release or Hub", splits_of=_xcsqa_splits
    ),
    "bmlama": SetInfo(bmlama.read, bmlama.LANGUAGES, bmlama.SPLITS, "TSV folder or Hub", option_seed=0),
    "mini": SetInfo(mini.read, mini.LANGUAGES, mini.SPLITS, "built in", passages=mini.passages),
    "custom": SetInfo(
        *(custom.read, (), (), "what a YAML file names"), splits_of=custom.splits, passages_of=custom.passages
    ),
}


def load(
    name: str,
    *,
    split: str | None = None,
    source: Source = None,
    languages: Sequence[str] | None = None,
    option_seed: int | None = None,
) -> QuestionSet:
    """Read a split of a parallel set.

    Args:
        name: one of `SETS`.
        split: the set's default where it is None.
        source: a folder, a Hub data set or a YAML file; the set's usual place where it is None.
        languages: BCP 47 tags, all of the set's where it is None. The set's order stays.
        option_seed: permutes each question's options, by a permutation that depends on the seed and the question
            alone and is the same in all languages. None is the set's own default: the source's order, but 0 where the
            source puts the gold option always at the same place.

    Raises:
        CalmError: there is no such set, split or language, or the source is missing or damaged.
    """
    info = SETS[choose("question set", name, SETS)]
    question_set = info.read(split, languages, source)
    seed = info.option_seed if option_seed is None else option_seed
    return question_set if seed is None else permute_options(question_set, seed)


def few_shot_pool(
    name: str,
    *,
    split: str | None = None,
    source: Source = None,
    languages: Sequence[str] | None = None,
    option_seed: int | None = None,
    leave_one_out: bool = False,
) -> QuestionSet:
    """Read the split that few-shot examples come from: the first of train, dev and validation that is not evaluated.

    Args:
        name: one of `SETS`.
        split: the split that is evaluated; the set's default where it is None.
        source: as for `load`.
        languages: as for `load`.
        option_seed: as for `load`.
        leave_one_out: read the evaluated split itself; who draws must leave out the question that is asked.

    Raises:
        CalmError: the set has no such split beside the evaluated one; or as for `load`.
    """
    info = SETS[choose("question set", name, SETS)]
    if not leave_one_out:
        splits = info.splits_of(source) if info.splits_of else info.splits
        split = _examples_split(name, split or splits[0], splits)
    return load(name, split=split, source=source, languages=languages, option_seed=option_seed)


def _examples_split(name: str, evaluated: str, splits: Sequence[str]) -> str:
    """Choose the split of few-shot examples by its name, whatever the case."""
    candidates = {split.casefold(): split for split in splits if split != evaluated}
    for alias in EXAMPLE_SPLITS:
        if alias in candidates:
            return candidates[alias]
    others = [split for split in ("test", *splits) if split in splits and split.casefold() not in EXAMPLE_SPLITS]
    if evaluated.casefold() in EXAMPLE_SPLITS and others:
        remedy = f'evaluate another one (--metadata \'{{"split": "{others[0]}"}}\')'
    elif name == "custom":
        remedy = "name a train, dev or validation split in its YAML file"
    else:
        remedy = "ask zero-shot"
    raise CalmError(
        f"{name}: few-shot examples would come from the evaluated split {evaluated!r} itself (splits: "
        f"{', '.join(splits)}); {remedy}, or let each question have the others as examples: "
        '--metadata \'{"fewshot": "leave_one_out"}\''
    )


def permute_options(question_set: QuestionSet, seed: int) -> QuestionSet:
    """Permute each question's options, equally in all languages; the rows' `order` says how."""
    return replace(question_set, rows=[_permuted(row, seed) for row in question_set.rows])


def _permuted(row: Row, seed: int) -> Row:
    count = len(row.options)
    shuffled = random.Random(f"{seed}/{row.question_id}/{count}").sample(range(count), count)
    return replace(
        row,
        options=tuple(row.options[place] for place in shuffled),
        answer=shuffled.index(row.answer) if row.answer >= 0 else -1,
        prompt=None,  # the source's prompt shows the source's order
        order=tuple(row.order[place] for place in shuffled),
    )
