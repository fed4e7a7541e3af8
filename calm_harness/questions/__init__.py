"""Parallel multiple-choice question sets, read, checked and aligned.

for question in load("medqa", languages=["en", "zh"]).questions():
    print(question[0].stem, question[1].stem)
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

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
    """

    read: Reader
    languages: tuple[str, ...]
    splits: tuple[str, ...]
    origin: str
    splits_of: Callable[[Source], tuple[str, ...]] | None = None
    option_seed: int | None = None
    passages: Callable[[], list[Path]] | None = None


def _read_xcsqa(split: str | None, languages: Sequence[str] | None, source: Source) -> QuestionSet:
    """From the CALM release, or from the Hub's data set (or a copy of it) if `source` names that."""
    if _is_release(source):
        return release.read("xcsqa", split, languages, source)
    return hub.read_xcsqa(split, languages, source)


def _xcsqa_splits(source: Source) -> tuple[str, ...]:
    return ("test", "train") if _is_release(source) else hub.SPLITS


def _is_release(source: Source) -> bool:
    return source is None or (Path(source).expanduser() / "data" / "xcsqa").is_dir()


SETS: dict[str, SetInfo] = {
    "medqa": SetInfo(
        partial(release.read, "medqa"), release.LANGUAGES["medqa"], ("test", "test_en", "test_zh"), "CALM release"
    ),
    "xcsqa": SetInfo(
        _read_xcsqa, release.LANGUAGES["xcsqa"], ("test", "train"), "CALM release or Hub", splits_of=_xcsqa_splits
    ),
    "bmlama": SetInfo(bmlama.read, bmlama.LANGUAGES, bmlama.SPLITS, "TSV folder or Hub", option_seed=0),
    "mini": SetInfo(mini.read, mini.LANGUAGES, mini.SPLITS, "built in", passages=mini.passages),
    "custom": SetInfo(custom.read, (), (), "what a YAML file names", splits_of=custom.splits),
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
) -> QuestionSet:
    """Read the split that few-shot examples come from: `train` where the set has one, else `split` itself."""
    info = SETS[choose("question set", name, SETS)]
    splits = info.splits_of(source) if info.splits_of else info.splits
    pool_split = "train" if "train" in splits else split
    return load(name, split=pool_split, source=source, languages=languages, option_seed=option_seed)


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
