"""Lines on a terminal, and the one that is written over."""

import io

import pytest

from calm_harness.stages.terminal import Terminal, columns, cut, width
from calm_harness.stages.watch import spent


class Screen(io.StringIO):
    """A terminal, and what stands on it."""

    def isatty(self):
        return True

    def shown(self):
        """What a person sees, line by line."""
        return [line.rpartition("\r")[2].rstrip() for line in self.getvalue().split("\n")]


def test_a_line_that_is_written_over_leaves_nothing():
    out, err = Screen(), Screen()
    terminal = Terminal(out, err)
    terminal.rewrite("a long line with 45%")
    terminal.rewrite("short")
    assert out.shown() == ["short"]
    terminal.say("said")
    assert out.shown() == ["said", ""]
    terminal.rewrite("45%")
    terminal.warn("of something")
    assert (out.shown(), err.getvalue()) == (["said", ""], "of something\n")


def test_nothing_is_written_over_where_that_cannot_be():
    out = io.StringIO()
    Terminal(out, out).rewrite("45%")
    assert out.getvalue() == ""


def test_control_characters_of_others_do_not_reach_the_terminal():
    out = Screen()
    terminal = Terminal(out, out)
    terminal.rewrite("\x1b[31m45%")
    terminal.say("a\x1b[2Jb")
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize(
    ("text", "columns_of_it", "in_four"),
    [("abcdef", 6, "abcd"), ("日本語", 6, "日本"), ("a日本", 5, "a日"), ("e\u0301a", 2, "e\u0301a")],
)
def test_columns_that_letters_take(text, columns_of_it, in_four):
    assert width(text) == columns_of_it
    assert cut(text, 4) == in_four


def test_a_stream_that_is_no_terminal_has_eighty_columns():
    assert columns(io.StringIO()) == 80


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (59.4, "59.4 s"), (60, "1 min 00 s"), (3599.6, "1 h 00 min"), (7384, "2 h 03 min")],
)
def test_how_long_something_took(seconds, said):
    assert spent(seconds) == said
