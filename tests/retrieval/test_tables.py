"""CSV and TSV are read as they stand: no row swallows the next, and what fits no row names its line."""

import io

import pytest

from retrieval.formats.tables import TableError, plainly_quoted, table_rows


def rows_of(text, delimiter="\t"):
    return list(table_rows(lambda: io.StringIO(text, newline="\n"), delimiter))


def test_a_quotation_mark_in_tsv_is_a_character():
    assert rows_of('id\ttext\n1\t"Hens lay eggs, he said.\n2\tIce is water.\n3\tBees make honey" she said.\n') == [
        {"id": "1", "text": '"Hens lay eggs, he said.'},
        {"id": "2", "text": "Ice is water."},
        {"id": "3", "text": 'Bees make honey" she said.'},
    ]


def test_tsv_that_is_plainly_quoted_loses_its_quotes():
    assert rows_of('"id"\t"text"\n"1"\t"He said ""eggs"""\n2\tplain\n') == [
        {"id": "1", "text": 'He said "eggs"'},
        {"id": "2", "text": "plain"},
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["a", "b"], False),
        (['"a"', "b"], True),
        (['"a ""b"" c"'], True),
        (['""'], True),
        (['"a"', '"b'], False),
        (['"a" and "b"'], False),
        (['a"', "b"], False),
        (['"'], False),
    ],
)
def test_plain_quoting(fields, expected):
    assert plainly_quoted(fields) is expected


def test_csv_has_quotes_with_commas_marks_and_line_breaks_in_them():
    assert rows_of('id,text\n1,"a, ""b""\nc"\n2,"5"" pipe"\n3,5" pipe\n', ",") == [
        {"id": "1", "text": 'a, "b"\nc'},
        {"id": "2", "text": '5" pipe'},
        {"id": "3", "text": '5" pipe'},
    ]


@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_any_end_of_line(delimiter, end, last):
    text = end.join(["a|b", "1|2", "3|4"]).replace("|", delimiter) + (end if last else "")
    assert rows_of(text, delimiter) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_carriage_return_within_a_line_ends_no_row(delimiter):
    text = "a|b\nx\ry|2\n3|4\n".replace("|", delimiter)
    assert rows_of(text, delimiter) == [{"a": "x\ry", "b": "2"}, {"a": "3", "b": "4"}]


def test_blank_lines_are_no_rows():
    assert rows_of("a\tb\n\n1\t2\n\n") == [{"a": "1", "b": "2"}]
    assert rows_of("a,b\n\n1,2\n\n", ",") == [{"a": "1", "b": "2"}]
    assert rows_of("") == []


def test_empty_fields_stay():
    assert rows_of("a\tb\n\t\n") == [{"a": "", "b": ""}]


def test_a_field_may_be_long():
    assert rows_of(f"a,b\n1,{'x' * 200_000}\n", ",")[0]["b"] == "x" * 200_000


@pytest.mark.parametrize(
    ("text", "delimiter", "said"),
    [
        ("a\tb\n1\t2\n3\n", "\t", "line 3: 1 fields, but 2 in the header (none for column 'b')"),
        ("a,b\n1,2,3\n", ",", "line 2: 3 fields, but 2 in the header (after column 'b')"),
        ('a,b\n1,"x\ny"\n3\n', ",", "line 4: 1 fields, but 2 in the header (none for column 'b')"),
        ('a\tb\n1\t"x\ny"\n', "\t", "line 3: 1 fields, but 2 in the header (none for column 'b')"),
        ('a\tb\n1\t"x\ty"\n', "\t", "a quotation mark opens column 'b'"),
        ('a,b\n1,2\n3,"x\n4,y\n', ",", "line 3: the quotation marks do not fit (unexpected end of data)"),
        ('a,b\n"x" y,2\n', ",", "line 2: the quotation marks do not fit (',' expected after '\"')"),
        ("a,b\n1,x\0y\n", ",", "line 2 has a NUL character (3)"),
        ("a\tb\n1\tx\0y\n", "\t", "line 2 has a NUL character (3)"),
        ("a,b,a\n1,2,3\n", ",", "line 1: column 'a' stands twice"),
    ],
)
def test_what_is_no_row_is_said(text, delimiter, said):
    with pytest.raises(TableError) as caught:
        rows_of(text, delimiter)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
