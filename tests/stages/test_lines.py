"""What a log says while it is written."""

import logging

import pytest

from calm_harness.process import loggers
from calm_harness.stages.lines import Lines, warned

TEXT = (
    "2026-07-01:12:00:00 INFO     [evaluator:30] Setting random seed to 0\n"
    "\rRunning loglikelihood:   0%|          | 0/20 [00:00<?, ?it/s]"
    "\rRunning loglikelihood:  45%|####5     | 9/20 [00:01<00:01,  8.00it/s]"
    "\rRunning loglikelihood: 100%|##########| 20/20 [00:02<00:00,  9.00it/s]\n"
    "\n"
    "begun \roverwritten\r\n"
    "{'loss': 0.69}\n"
    "Map:  10%|1         | 1/10 [00:00<?, ?it/s]2026-07-01:12:00:00 WARNING  [models.hf:9] behind: a bar\n"
    "\r{'loss': 0.7}\r 90%|#########   | 9/10 [00:00<?, ?it/s, loss=1]\r"
    "100%|##########| 10/10 [00:00<?, ?it/s, loss=1]\n"
)
LINES = [
    "2026-07-01:12:00:00 INFO     [evaluator:30] Setting random seed to 0",
    "overwritten",
    "{'loss': 0.69}",
    "2026-07-01:12:00:00 WARNING  [models.hf:9] behind: a bar",
]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, len(TEXT)])
def test_lines_are_the_same_in_pieces_of_any_size(size):
    lines = Lines()
    pieces = [TEXT[at : at + size] for at in range(0, len(TEXT), size)]
    assert [line for piece in pieces for line in lines.feed(piece)] == LINES
    assert lines.bar == ""


@pytest.mark.parametrize(
    ("drawn", "bar"),
    [
        ("\rRunning loglikelihood:  45%|####5     | 9/20", "Running loglikelihood 45%"),
        ("\r 45%|####5     | 9/20 [00:10<00:12]", "45%"),
        ("\rMap (num_proc=2):   7%|7  | 7/100", "Map (num_proc=2) 7%"),
        ("\rfirst:  10%|1 | 1/10\rsecond:  20%|2 | 2/10", "second 20%"),
        ("\rfirst:  10%|1 | 1/10\rfirst: 100%|# | 10/10", ""),
        ("\rfirst:  10%|1 | 1/10\nwords without a bar\n", "first 10%"),
        ("words: 45% of them | others", ""),
    ],
)
def test_the_bar_that_was_drawn_last(drawn, bar):
    lines = Lines()
    lines.feed(drawn)
    assert lines.bar == bar


def test_a_bar_that_is_drawn_a_million_times_is_not_kept():
    lines = Lines()
    for _ in range(100_000):
        lines.feed("\rRunning:  45%|####5     | 9/20")
    assert len(lines.feed("\rover\n")) == 1
    lines.feed("\r" + "x" * 10)
    assert len(lines._begun) == 10


def of(name, level, message):
    """A line as our handler writes it."""
    record = logging.LogRecord(name, level, "file.py", 57, message, None, None)
    return logging.Formatter(loggers.FORMAT).format(record)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (of("calm_harness.task.documents", logging.WARNING, "mini: 3 rows"), "mini: 3 rows"),
        (of("trainer.training.tokens", logging.WARNING, "3 of 8 pairs"), "3 of 8 pairs"),
        (of("retrieval.process.alone", logging.ERROR, "x: ending"), "x: ending"),
        ("2026-07-01:12:00:00 WARNING  [calm_harness.saving:52] out: no room", "out: no room"),  # lm-eval's own
        ("  NOT held out: medqa:test, which", "NOT held out: medqa:test, which"),
        (of("calm_harness.evaluation", logging.INFO, "Tasks: x"), None),
        (of("lm_eval.evaluator", logging.WARNING, "generation_kwargs"), None),
        ("2026-07-01:12:00:00 WARNING  [evaluator:30] generation_kwargs", None),
        (of("calm_harness_of_others", logging.WARNING, "x"), None),
        (of("transformers.modeling", logging.ERROR, "[calm_harness] WARNING"), None),
        ("warning: of nobody", None),
    ],
    ids=range(11),  # a line has the time in it
)
def test_our_own_warnings_are_told_from_others(line, message):
    assert warned(line) == message
