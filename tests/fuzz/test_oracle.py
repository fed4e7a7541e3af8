"""The oracle tells a fault from a refusal, and inputs are made again from their seeds."""

import json

import pytest

from calm_harness.errors import CalmError
from retrieval.errors import RetrievalError
from tests.fuzz.mutate import mutate
from tests.fuzz.oracle import judge


def refuse(error):
    def read(_):
        raise error

    return read


@pytest.mark.parametrize("error", [CalmError("file row 0: correct it"), RetrievalError("file is damaged")])
def test_one_line_is_no_finding(error):
    assert judge(refuse(error), b"", 1) is None


def test_what_a_message_quotes_stays_one_line_that_can_be_shown():
    message = str(CalmError("file row 0: a\nb\x1b[31m" + "x" * 10_000 + "; correct it"))
    assert message.startswith("file row 0: a\\u000ab\\u001b[31mxxx")
    assert message.endswith("xxx; correct it")
    assert len(message) < 700
    assert message.isprintable()


@pytest.mark.parametrize("error", [KeyError("a"), RecursionError(), MemoryError(), AssertionError("nan"), ValueError()])
def test_any_other_error_is_a_finding(error):
    assert judge(refuse(error), b"", 1).kind.startswith(type(error).__name__)


def test_an_empty_message_is_a_finding():
    assert judge(refuse(CalmError("")), b"", 1).kind.startswith("message empty")


def test_a_hang_is_a_finding_whatever_catches_errors():
    def read(_):
        try:
            while True:
                pass
        except Exception:
            pytest.fail("caught")

    assert judge(read, b"", 0.05).kind.startswith("hang")


def test_a_seed_makes_the_same_input_again_and_another_one_another():
    data = json.dumps([{"a": 1, "b": ["x", None]}]).encode()
    made = [mutate(data, "json", (), seed) for seed in range(200)]
    assert made == [mutate(data, "json", (), seed) for seed in range(200)]
    assert len(set(made)) > 100
    assert data not in made[:20]
