"""All targets, a file a room of the house."""

from tests.fuzz.targets import (  # noqa: F401
    answers,
    facts,
    files,
    predictions,
    questions,
    records,
    reports,
    retrieved,
    training,
)
