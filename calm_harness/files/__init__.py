"""Read and write files so that whatever is wrong ends in one line that says what to do.

rows = read_table(Path("birds.csv"), "name a table of questions")
"""

from calm_harness.files.names import PART, below, folded, is_portable
from calm_harness.files.rows import (
    Place,
    is_array,
    iterate_jsonl_rows,
    iterate_placed_rows,
    read_json_rows,
    read_jsonl_rows,
    read_table,
    row_at,
    state_of,
)
from calm_harness.files.settings import parts_of, read_yaml
from calm_harness.files.text import check_file, check_locale, read_json, read_text
from calm_harness.files.writing import only_writer, whole, write_text

__all__ = [
    "PART",
    "Place",
    "below",
    "check_file",
    "check_locale",
    "folded",
    "is_array",
    "is_portable",
    "iterate_jsonl_rows",
    "iterate_placed_rows",
    "only_writer",
    "parts_of",
    "read_json",
    "read_json_rows",
    "read_jsonl_rows",
    "read_table",
    "read_text",
    "read_yaml",
    "row_at",
    "state_of",
    "whole",
    "write_text",
]
