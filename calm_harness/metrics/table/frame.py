"""Numbers of questions and languages as a frame of pandas, which is imported only when one is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


def tidy(
    question_ids: Sequence[str],
    languages: Sequence[str],
    columns: Mapping[str, NDArray[Any]],
    missing: Mapping[str, NDArray[np.bool_]],
) -> pd.DataFrame:
    """Lay numbers out as a frame, a row a question and language, all languages of a question together.

    Args:
        question_ids: Q ids.
        languages: L tags.
        columns: name -> [Q, L], or [Q, 1] of what is the same in all languages.
        missing: name -> where that column says nothing, likewise; it is Int64 or boolean, which have missing values.
    """
    import pandas as pd

    shape = len(question_ids), len(languages)
    frame = pd.DataFrame(
        {
            "question_id": pd.Series([name for name in question_ids for _ in languages], dtype="string"),
            "language": pd.Series([language for _ in question_ids for language in languages], dtype="string"),
            **{name: np.broadcast_to(values, shape).ravel() for name, values in columns.items()},
        }
    )
    for name, nowhere in missing.items():
        kind = "boolean" if frame[name].dtype == bool else "Int64"
        frame[name] = frame[name].astype(kind).mask(np.broadcast_to(nowhere, shape).ravel())
    return frame
