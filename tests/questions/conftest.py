"""Question sets that several tests read, read once."""

import pytest

from calm_harness.questions import load


@pytest.fixture(scope="session")
def medqa_en(calm_release):
    """The English-origin half of MEDQA in English, Chinese and French."""
    return load("medqa", split="test_en", source=calm_release)


@pytest.fixture(scope="session")
def xcsqa_train(calm_release):
    """X-CSQA's 899 training questions in six languages."""
    return load("xcsqa", split="train", source=calm_release)
