"""A run goes on from what is written, and from nothing else."""

import pytest

from calm_harness.errors import CalmError
from calm_harness.probes.editing.record import NAME, Key, Likelihoods, Line, Record

FIRST = Line(None, None, {Key("a", "en", None): Likelihoods((-1.0, -2.5), (-3.0, -4.0))})
SECOND = Line("a", "zh", {Key("a", "en", 1): Likelihoods((-0.1, -1 / 3), ())}, (8.5, 0.25))


def test_what_was_written_is_read_to_the_last_digit(tmp_path):
    record = Record(tmp_path, {"model": "m"})
    record.add(FIRST)
    record.add(SECOND)
    assert Record(tmp_path, {"model": "m"}).lines == {(None, None): FIRST, ("a", "zh"): SECOND}


def test_a_line_that_was_cut_off_is_asked_again(tmp_path):
    record = Record(tmp_path, {"model": "m"})
    record.add(FIRST)
    record.add(SECOND)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-10])
    again = Record(tmp_path, {"model": "m"})
    assert list(again.lines) == [(None, None)]
    again.add(SECOND)
    assert Record(tmp_path, {"model": "m"}).lines[("a", "zh")] == SECOND


def test_a_run_that_was_begun_with_other_inputs_is_refused(tmp_path):
    Record(tmp_path, {"model": "m", "edit": {"seed": 0}})
    with pytest.raises(CalmError, match=r"begun with other inputs \(edit: seed\); remove it, or name another"):
        Record(tmp_path, {"model": "m", "edit": {"seed": 1}})


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"edited": "a"}', b'{"edited":"a","told_in":"en","loss":null,"answers":[[1]]}']
)
def test_a_damaged_line_is_named(tmp_path, line):
    Record(tmp_path, {"model": "m"}).add(FIRST)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(CalmError, match=r"edits\.jsonl line 3 is damaged"):
        Record(tmp_path, {"model": "m"})
