"""A row of a log whose languages are mixed says how, or is none."""

import copy

import pytest

from calm_harness.predictions.task_log import read_row

ROW = {
    "doc": {
        **{"question_id": "rain", "language": "de", "stem": "What falls from clouds?", "options": ["Regen", "sand"]},
        "answer": 0,
        "mix": {"kind": "gold", "language": "en", "seed": 0, "note": False, "languages": ["en", "de", "en"]},
    },
    "answers": {"choice": 0, "score": "sum", "scores": {"sum": [-1.0, -2.0]}},
    "arguments": {f"gen_args_{i}": {"arg_0": "Answer:", "arg_1": text} for i, text in enumerate([" Regen", " sand"])},
    "resps": [],
}


def test_it_reads_back():
    assert read_row(ROW).mix["languages"] == ["en", "de", "en"]


@pytest.mark.parametrize(
    "mix",
    [
        {"kind": "gold", "language": "en", "languages": ["en", "de"]},
        {"kind": "gold", "language": "en", "languages": ["en", "de", 3]},
        {"kind": "gold", "languages": ["en", "de", "en"]},
        {"language": "en", "languages": ["en", "de", "en"]},
        ["gold"],
        "gold",
    ],
)
def test_a_damaged_one_is_refused(mix):
    row = copy.deepcopy(ROW)
    row["doc"]["mix"] = mix
    with pytest.raises(ValueError, match="it does not say how its languages are mixed"):
        read_row(row)
