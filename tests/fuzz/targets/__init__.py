"""All targets, a file a room of the house."""

from tests.fuzz.targets import answers, files, predictions, questions, records, reports, retrieved, training  # noqa: F401
