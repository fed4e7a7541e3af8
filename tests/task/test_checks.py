"""What would lose a run at its end is said before it begins."""

import os

import pytest

from calm_harness.errors import CalmError
from calm_harness.task.checks import check_output, check_samples, short_name


def test_an_output_folder_is_made_and_tried(tmp_path):
    check_output(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()
    assert list((tmp_path / "a" / "b").iterdir()) == []
    check_output(str(tmp_path / "c" / "mine.json"))
    assert (tmp_path / "c").is_dir()
    assert not (tmp_path / "c" / "mine.json").exists()


def test_an_output_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CalmError, match=r"^--output_path .*/file/below cannot be written in \(.*\); name another$"):
        check_output(str(tmp_path / "file" / "below"))
    with pytest.raises(CalmError, match="File name too long"):
        check_output(str(tmp_path / ("a" * 300)))


def test_a_name_that_is_too_long_for_a_folder_is_shortened_to_its_end(tmp_path):
    path = "__".join(["", *(["models"] * 60), "gemma"])
    assert len(path) > 400
    assert short_name("org__model") == "org__model"
    assert short_name(path).endswith("__models__gemma")
    assert short_name(path) != short_name("x" + path)
    (tmp_path / short_name(path)).mkdir()
    wide = "模" * 200
    (tmp_path / short_name(wide)).mkdir()
    assert os.listdir(tmp_path)


ROWS = {"calm_mini_xl": 480, "hellaswag": None}


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ("no/where.json", "--samples 'no/where.json' is neither a file nor an object of rows"),
        ([1, 2], r"--samples \[1, 2\] is neither a file nor an object of rows"),
        ({"calm_mini": [1]}, r"calm_mini is not among --tasks \(calm_mini_xl, hellaswag\)"),
        ({"calm_mini_xl": 3}, "calm_mini_xl has no list of row numbers"),
        ({"calm_mini_xl": []}, "calm_mini_xl has no list of row numbers"),
        ({"calm_mini_xl": "12"}, "calm_mini_xl has no list of row numbers"),
        ({"calm_mini_xl": [0, 480]}, "calm_mini_xl has no row 480; it has rows 0 to 479"),
        ({"calm_mini_xl": [-1]}, "calm_mini_xl: -1 is no row's number"),
        ({"calm_mini_xl": [1.5]}, "calm_mini_xl: 1.5 is no row's number"),
        ({"calm_mini_xl": [1, 1]}, "calm_mini_xl names a row twice"),
    ],
)
def test_samples_that_cannot_be_asked_are_one_line(samples, said):
    with pytest.raises(CalmError, match=said):
        check_samples(samples, ROWS)


def test_samples_that_can_be_asked():
    check_samples(None, ROWS)
    check_samples({"calm_mini_xl": [3, 0, 479], "hellaswag": [9_999_999]}, ROWS)
