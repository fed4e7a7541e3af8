"""Change a valid file into one that nobody meant: by its bytes, and by what they mean."""

import codecs
import copy
import csv
import gzip
import io
import json
import random
import re

DEEP, LONG, HUGE = "@DEEP@", "@LONG@", "@HUGE@"  # values that no JSON writer writes
_RAW = {
    f'"{DEEP}"': "[" * 3000 + "]" * 3000,
    f'"{LONG}"': "9" * 5000,
    f'"{HUGE}"': "1e999",
}
ODD = (
    *(None, True, False, 0, -1, 1, 2, 3, 26, 64, 1.5, -0.0, 1e308, 1e-320, 10**30, -(10**30), 2**63, 2**31),
    *(float("nan"), float("inf"), float("-inf")),
    *("", " ", "\0", "\ud800", "\udfff", "\ud83d\ude00", "A", "Z", "²", "٣", "Ⅷ", "nan", "None", "null", "1", "-1"),
    *("1.0", "1e5", "a\nb", "a\r\nb", "\u2028", "\ufeff", "\x1b[31m", "\u202e", "ﬁ", "ı", "ß", "x" * 70_000, "{}"),
    *("[", "['a', 'b']", "[1, [2]]", "{language}", "{split.__class__}", "{0}", "%s", "../../x", "/", "~", "~nobody/x"),
    *("Answer: B", "(A)", "(A) x\n(B) y", "<think>", "</think>", "A\0B", "$", "\\", '"', "'", "=1+1", "<b>", "|"),
    *([], {}, [[]], [None], [""], {"": None}, {"a": {"a": {}}}, [1, 2], ["a", "a"], [["a"], "b"], [{}], [{"text": 1}]),
    *(DEEP, LONG, HUGE),
)
BYTES = (
    b"",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\n",
    b"\r",
    b"\r\n",
    b'"',
    b",",
    b"\t",
    b"{",
    b"}",
    b"[",
    b"]",
)
YAML = (
    *(
        "&a ",
        "*a",
        "&a [*a]",
        "!!python/object:os.system ",
        "!!binary aGk=",
        "!!set {a, b}",
        "!!omap [a: 1]",
        "2020-13-45",
    ),
    *(
        "2020-01-01",
        "2020-01-01T00:00:00Z",
        "1:2:3",
        "0x",
        "0o9",
        "0b2",
        "1_000",
        ".nan",
        ".inf",
        "~",
        "yes",
        "no",
        "<<: *a",
    ),
    *(
        "? [a]\n: b",
        "---\n",
        "...\n",
        "%YAML 9.9\n",
        "|\n  x",
        "- ",
        ": ",
        "# ",
        "\t",
        "{",
        "[",
        "!",
        "@",
        "`",
        "!!float x",
    ),
    *(
        "!!int x",
        "!!timestamp x",
        "!!bool x",
        "!!null x",
        "!!merge x",
        "=",
        "{[]: 1}",
        "{{}: 1}",
        "[" * 2000,
        "{a: " * 2000,
    ),
)
WHOLE = (  # what other programs do to a whole file
    lambda data: codecs.BOM_UTF8 + data,
    lambda data: data.decode("utf-8", "replace").encode("utf-16"),
    lambda data: data.decode("utf-8", "replace").encode("latin-1", "replace"),
    lambda data: data.replace(b"\n", b"\r\n"),
    lambda data: data.replace(b"\n", b"\r"),
    lambda data: data.replace(b"\n", b""),
    gzip.compress,
    lambda data: data + data,
    lambda data: data + b"\0",
    lambda data: b"",
    lambda data: b"\n \n",
)


def mutate(data: bytes, shape: str, tokens: tuple[str, ...], seed: int) -> bytes:
    """Change an input, in the same way for the same seed."""
    rng = random.Random(seed)
    chance = rng.random()
    if chance < 0.03:
        return rng.choice(WHOLE)(data)
    if chance < 0.7 and shape in _BY_SHAPE:
        try:
            data = _BY_SHAPE[shape](data, rng)
        except Exception:  # an input that is broken already, and no longer of this shape
            data = _bytes(data, rng)
        if rng.random() < 0.9:
            return data
    return _text(data, tokens, rng) if shape in ("text", "yaml") and rng.random() < 0.7 else _bytes(data, rng)


def change(value, rng):
    """Change a value of JSON somewhere within."""
    holders = list(_holders(value))
    if not holders or rng.random() < 0.01:
        return _odd(rng)
    holder, key = rng.choice(holders)
    way = rng.random()
    if way < 0.5:
        holder[key] = _odd(rng)
    elif way < 0.6:
        other, other_key = rng.choice(holders)
        holder[key] = copy.deepcopy(other[other_key])
    elif way < 0.72:
        del holder[key]
    elif way < 0.82:
        old = holder[key]
        holder[key] = rng.choice([[old], str(old)[:1000], {"text": old}, [old, old]])
    elif way < 0.9 and isinstance(holder, dict):
        holder[rng.choice([f"{key} ", str(key).upper(), "", "id", "x" * 300, f"{key}\n"])] = holder.pop(key)
    elif isinstance(holder, list):
        holder.insert(key, holder[key])
    else:
        holder[key] = _number_near(holder[key], rng)
    return value


def _odd(rng):
    return copy.deepcopy(rng.choice(ODD))


def _number_near(value, rng):
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _odd(rng)
    return value + rng.choice([-1, 1, 0.5, 100, -100])


def _holders(value):
    """Yield each place that holds something: (list or dict, key)."""
    stack = [value]
    while stack:
        holder = stack.pop()
        pairs = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
        for key, inner in list(pairs):
            yield holder, key
            stack.append(inner)


def dumped(value, rng) -> str:
    """Write JSON, with values and keys that no writer writes."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5, skipkeys=True)
    for name, raw in _RAW.items():
        text = text.replace(name, raw)
    keys = list(re.finditer(r'"[^"\\]*": ', text)) if rng.random() < 0.05 else []
    if keys:
        place = rng.choice(keys)
        text = f"{text[: place.start()]}{place[0]}{rng.choice(['null', '1', '[]', DEEP])}, {text[place.start() :]}"
    return text


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _json(data, rng):
    value = json.loads(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        value = change(value, rng)
    return _encoded(dumped(value, rng))


def _jsonl(data, rng):
    lines = data.decode().splitlines()
    way = rng.random()
    if way < 0.06:
        rng.shuffle(lines)
    elif way < 0.12:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
    elif way < 0.16:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["", "null", "[]", "{}", "1", '"x"', "[" * 3000]))
    elif way < 0.2:
        del lines[rng.randrange(len(lines))]
    elif way < 0.5:  # all rows in the same way, as another program would
        seed = rng.random()
        lines = [dumped(change(json.loads(line), random.Random(seed)), random.Random(seed)) for line in lines]
    else:
        place = rng.randrange(len(lines))
        lines[place] = _json(lines[place].encode(), rng).decode("utf-8", "surrogatepass")
    return _encoded("\n".join(lines) + "\n")


def _table(delimiter):
    def changed(data, rng):
        rows = [line.split(delimiter) for line in data.decode().splitlines()]
        if delimiter == ",":
            rows = list(csv.reader(io.StringIO(data.decode())))
        way, column = rng.random(), rng.randrange(len(rows[0]))
        if way < 0.15:
            rows = [row[:column] + row[column + 1 :] for row in rows]
        elif way < 0.25:
            rows = [[*row, row[column]] for row in rows]
        elif way < 0.35:
            rows[0][column] = _cell(rng)
        elif way < 0.4:
            rng.shuffle(rows)
        else:
            row = rng.choice(rows)
            row[rng.randrange(len(row))] = _cell(rng)
        if delimiter == "\t":
            return _encoded("".join("\t".join(row) + "\n" for row in rows))
        out = io.StringIO()
        csv.writer(out, quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])).writerows(rows)
        return _encoded(out.getvalue())

    return changed


def _cell(rng) -> str:
    value = rng.choice(ODD)
    return value if isinstance(value, str) else json.dumps(value)


def _parquet(data, rng):
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
        name = rng.choice(table.column_names)
        place = table.column_names.index(name)
        values = table.column(name).to_pylist()
        way = rng.random()
        if way < 0.12:
            table = table.remove_column(place)
        elif way < 0.2:
            table = table.append_column(name, table.column(place))
        elif way < 0.28:
            names = list(table.column_names)
            names[place] = rng.choice(["", "id", f"{name} ", "a.b", "x" * 300])
            table = table.rename_columns(names)
        elif way < 0.34:
            table = table.slice(0, rng.randrange(table.num_rows + 1))
        else:
            table = table.set_column(place, name, _odd_column(values, rng))
        out = io.BytesIO()
        pyarrow.parquet.write_table(table, out)
    except (pyarrow.ArrowException, OSError, OverflowError, TypeError) as error:
        raise ValueError(str(error)) from None
    return out.getvalue()


def _odd_column(values, rng):
    """A column of a type that the reader does not expect."""
    import pyarrow

    texts, numbers = [str(value) for value in values], range(len(values))
    ways = (
        lambda: pyarrow.nulls(len(values)),
        lambda: pyarrow.array([text.encode() for text in texts], pyarrow.binary()),
        lambda: pyarrow.array(texts).dictionary_encode(),
        lambda: pyarrow.array([[text, None] for text in texts]),
        lambda: pyarrow.array([{"text": text, "label": None} for text in texts]),
        lambda: pyarrow.array(numbers, pyarrow.timestamp("ns")),
        lambda: pyarrow.array([float("nan")] * len(values)),
        lambda: pyarrow.array(numbers, pyarrow.duration("s")),
        lambda: pyarrow.array(numbers, pyarrow.date32()),
        lambda: pyarrow.array([10**12 for _ in values], pyarrow.timestamp("s")),
        lambda: pyarrow.array(texts, pyarrow.large_string()),
        lambda: pyarrow.array([[(text, 1)] for text in texts], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
        lambda: pyarrow.array([change(json.loads(json.dumps(value)), rng) for value in values]),
    )
    return rng.choice(ways)()


def _yaml(data, rng):
    import yaml

    if rng.random() < 0.4:
        return _text(data, YAML, rng)
    try:
        value = change(yaml.safe_load(data), rng)
        return _encoded(yaml.safe_dump(value, sort_keys=False, allow_unicode=rng.random() < 0.5))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _text(data: bytes, tokens, rng) -> bytes:
    text = data.decode("utf-8", "replace")
    pieces = (*tokens, *(value for value in ODD if isinstance(value, str)))
    for _ in range(rng.choice([1, 1, 2, 5])):
        place, end = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        piece = rng.choice(tokens) if tokens and rng.random() < 0.8 else rng.choice(pieces)
        way = rng.random()
        if way < 0.5:
            text = text[:place] + piece + text[place:]
        elif way < 0.75:
            text = text[:place] + piece + text[min(end, place + 20) :]
        elif way < 0.85:
            text = text[:place] + text[place:end] * rng.choice([0, 2, 3, 40]) + text[end:]
        else:
            text = text[:place] + piece * rng.choice([2, 10, 100]) + text[place:]
        text = text[:200_000]
    return _encoded(text)


def _bytes(data: bytes, rng) -> bytes:
    for _ in range(rng.choice([1, 1, 2, 8])):
        place, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        way = rng.random()
        if way < 0.3 and data:
            flipped = bytearray(data)
            flipped[min(place, len(data) - 1)] ^= 1 << rng.randrange(8)
            data = bytes(flipped)
        elif way < 0.5:
            data = data[:place] + rng.choice(BYTES) + data[place:]
        elif way < 0.65:
            data = data[:place] + data[min(end, place + rng.choice([1, 4, 100])) :]
        elif way < 0.75:
            data = data[:place]
        elif way < 0.85:
            data = data[:end] + data[place:end][:1000] + data[end:]
        else:
            data = data[:place] + rng.randbytes(rng.choice([1, 4, 16])) + data[place + rng.choice([0, 4]) :]
    return data


_BY_SHAPE = {
    "json": _json,
    "jsonl": _jsonl,
    "csv": _table(","),
    "tsv": _table("\t"),
    "parquet": _parquet,
    "yaml": _yaml,
}
