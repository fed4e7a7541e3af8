"""A split of a Hub data set, or of a folder in its layout, in which every field of a CSV file is a text as it stands.

`datasets` hands CSV to pandas, whose defaults take `None`, `NA` and `null` for missing values, `007` for 7, `1.50` for
1.5 and, where one value of a column is missing, 1 for 1.0. So all columns are read as texts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from retrieval.errors import RetrievalError
from retrieval.formats.tables import plainly_quoted

CSV, CACHE = "csv", "cache"  # names of builders of `datasets`; the second reads what was loaded once, without network
_NO_COLUMN = "__index_level_0__"  # what pandas calls the first field where rows have one more than the header


def open_split(
    place: str | Path, config: str | None, split: str, *, revision: str | None = None, streaming: bool = False
) -> Any:
    """Open a split.

    Args:
        place: Hub id, or a folder.
        config: the configuration, None where there is only one.
        split: the split.
        revision: commit or tag of a Hub data set.
        streaming: read row by row, instead of loading it into the cache of `datasets` first; a folder always is.

    Returns:
        A `datasets.Dataset`, or an `IterableDataset` where it is streamed.

    Raises:
        OSError, RuntimeError, ValueError, datasets.exceptions.DatasetsError: it cannot be had; the message says why.
    """
    import datasets

    in_folder = Path(place).is_dir()

    def builder_of(**options: Any) -> Any:
        """Not from the cache where it is a folder: that knows it by its name and its card alone, not by its rows."""
        with TemporaryDirectory() as nothing:
            options |= {"cache_dir": nothing} if in_folder else {}
            return datasets.load_dataset_builder(str(place), config, revision=revision, **options)

    def opened(**options: Any) -> Any:
        builder = builder_of(**options)
        _check_revision(builder, revision)
        if streaming or in_folder:
            return builder.as_streaming_dataset(split=split)
        builder.download_and_prepare()
        return builder.as_dataset(split=split)

    def texts(quoting: int | None) -> Any:
        """The split with all columns as texts; their names come from its first row.

        Not by `features`: what was loaded with them, `datasets` does not find in its cache again without network.
        """
        options: dict[str, Any] = {"keep_default_na": False} | ({} if quoting is None else {"quoting": quoting})
        names = list(next(iter(islice(opened(**options, nrows=1), 1)), {}))
        if _NO_COLUMN in names:
            raise ValueError("its first row has one field more than its header")
        if not names:
            raise ValueError("it has no rows")
        return opened(**options, converters=dict.fromkeys(names, str))

    def unquoted_texts() -> Any:
        rows = texts(csv.QUOTE_NONE)
        fields = (field for row in rows for field in (*row, *row.values()))
        return texts(csv.QUOTE_MINIMAL) if plainly_quoted(fields) else rows

    def cached_texts() -> Any:
        for cached in (lambda: texts(None), unquoted_texts):
            try:
                return cached()
            except ValueError:  # it was not loaded in this way
                continue
        return None

    try:
        builder = builder_of()
    except ValueError:  # there is no network, and it was not loaded without options
        rows = None if in_folder else cached_texts()
        if rows is None:
            raise
        return rows
    if builder.name == CSV:
        tabs = builder.config.sep == "\t" and builder.config.quoting == csv.QUOTE_MINIMAL
        return unquoted_texts() if tabs else texts(None)
    if builder.name == CACHE and builder.info.builder_name == CSV:
        rows = cached_texts()
        if rows is None:
            raise ValueError("the copy in the cache was read with pandas' defaults, which lose `None`, `NA` and `1.50`")
        return rows
    return opened()


def _check_revision(builder: Any, revision: str | None) -> None:
    """Without network `datasets` takes whichever revision it has."""
    if builder.name == CACHE and revision is not None and not str(builder.hash).startswith(revision):
        raise RuntimeError(f"the copy in the cache is of revision {builder.hash}, not {revision}")


def stream(place: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield number (from 1) and row of `owner/name[:configuration[:split]]`; the split is `train` unless named.

    Raises:
        RetrievalError: it cannot be had.
    """
    import datasets

    name, *rest = place.split(":")
    configuration, split = (*rest, None, None)[:2]
    try:
        yield from enumerate(open_split(name, configuration, split or "train", streaming=True), start=1)
    except (OSError, RuntimeError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RetrievalError(
            f"data set {place} cannot be loaded ({reason[:200]}); connect to the network, or name a local copy"
        ) from None
