"""Data sets of the Hugging Face Hub, and `xcsqa` as it is there (https://huggingface.co/datasets/INK-USC/xcsr).

The Hub has X-CSQA in 16 languages, a configuration each; its `validation` has labels, its `test` has none. As far as
can be told, the questions of `validation` are those of the CALM release's `train` and `test` together; a question has
the same id from both sources.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.questions.assemble import Entry, assemble, by_key, content_ids
from calm_harness.questions.schema import Finding, QuestionSet, Source
from calm_harness.questions.selection import choose, choose_languages
from retrieval.corpus.hub import open_split

XCSQA = "INK-USC/xcsr"
SPLITS = ("validation", "test")
_SAME = ("en", "zh", "fr", "de", "it", "ja", "es", "nl", "pl", "pt", "ru", "ar", "vi", "hi", "sw", "ur")
CONFIGURATIONS = {language: f"X-CSQA-{'jap' if language == 'ja' else language}" for language in _SAME}
REMEDY = f"connect to the network, or name a folder with a copy of {XCSQA} or with the CALM release as source"


def load_rows(
    place: str | Path, config: str | None, split: str, remedy: str, revision: str | None = None
) -> list[dict[str, Any]]:
    """Load a split of a data set from the Hub, or from a folder that is laid out like one; CSV as it stands.

    Args:
        place: Hub id or folder.
        config: the configuration, None where there is only one.
        split: the split.
        remedy: what to do if the data set cannot be had.
        revision: commit or tag of a Hub data set.

    Raises:
        CalmError: it cannot be had, or has no rows.
    """
    import datasets

    label = f"data set {place}" + (f", configuration {config}" if config else "") + f", split {split}"
    try:
        rows = list(open_split(place, config, split, revision=revision))
    except (OSError, RuntimeError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CalmError(f"{label} cannot be loaded ({reason[:200]}); {remedy}") from None
    if not rows:
        raise CalmError(f"{label} is empty; {remedy}")
    return rows


def read_xcsqa(split: str | None = None, languages: Sequence[str] | None = None, source: Source = XCSQA) -> QuestionSet:
    """Read a split of X-CSQA (`validation` by default) from the Hub or a copy, in some languages (all by default).

    Raises:
        CalmError: there is no such split or language, the data set cannot be had, or a row is not as it has to be.
    """
    place = XCSQA if source is None else source
    split = choose(f"split of xcsqa in {place}", split or SPLITS[0], SPLITS)
    languages = choose_languages("xcsqa", languages, tuple(CONFIGURATIONS))
    entries = {
        language: by_key(_entries(place, CONFIGURATIONS[language], split))
        for language in dict.fromkeys(("en", *languages))  # ids come from the English texts, requested or not
    }
    ids = content_ids("xcsqa", entries["en"])
    rows, findings = assemble(ids, entries, languages)
    if not rows:
        raise CalmError(f"xcsqa {split}: no question of {place} is there in all of {', '.join(languages)}; {REMEDY}")
    findings += [
        Finding("unaligned", "not found in en; left out", language, entry.where)
        for language in languages
        for key, entry in entries[language].items()
        if key not in ids
    ]
    read_counts = {language: len(entries[language]) for language in languages}
    return QuestionSet("xcsqa", split, languages, rows, read_counts, findings)


def _entries(place: str | Path, config: str, split: str) -> list[tuple[Hashable, Entry]]:
    rows = load_rows(place, config, split, REMEDY)
    return [_entry(row, f"{config} {split} row {number}") for number, row in enumerate(rows)]


def _entry(row: Mapping[str, Any], where: str) -> tuple[Hashable, Entry]:
    """Read a row; its choices are a list of labels and one of texts, or a list of pairs."""
    try:
        choices = row["question"]["choices"]
        if isinstance(choices, Mapping):
            texts = dict(zip(choices["label"], choices["text"], strict=True))
        else:
            texts = {choice["label"]: choice["text"] for choice in choices}
        labels = sorted(texts)
        options = tuple(texts[label].strip() for label in labels)
        answer = labels.index(row["answerKey"]) if row.get("answerKey") else -1
        return row["id"], Entry(row["question"]["stem"].strip(), options, answer, where)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CalmError(
            f"{where}: not a row of X-CSQA ({error!r}; it needs id, question {{stem, choices {{label, text}}}} and "
            f"answerKey); correct the row, or name another source"
        ) from None
