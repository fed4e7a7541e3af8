"""Readers of question sets: recipes, rows in every format, the CALM release, BMLAMA."""

import json

from calm_harness.questions import load
from calm_harness.questions.audit import audit
from calm_harness.questions.digest import content_digest, digest
from calm_harness.questions.sets.custom import passages
from calm_harness.questions.sets.recipe import read_recipe
from calm_harness.questions.sets.release import read_samples
from tests.fuzz.oracle import check_json, check_text
from tests.fuzz.target import put, scratch, target
from tests.fuzz.targets.files import jsonl, parquet, separated, tabbed

ENGLISH = [
    {"id": "1", "q": "How many legs has a spider?", "A": "6", "B": "8", "C": "10", "gold": "B"},
    {
        "id": "2",
        "q": "Which ocean is the largest?",
        "A": "the Pacific",
        "B": "the Arctic",
        "C": "the Indian",
        "gold": "A",
    },
    {"id": "3", "q": "What is 12 + 4?", "A": "8", "B": "16", "C": "48", "gold": "B"},
    {"id": "4", "q": "Which planet is nearest to the Sun?", "A": "Mars", "B": "Venus", "C": "Mercury", "gold": "C"},
]
FRENCH = [
    {"id": "1", "q": "Combien de pattes a une araignée ?", "A": "6", "B": "8", "C": "10", "gold": "B"},
    {
        "id": "2",
        "q": "Quel océan est le plus grand ?",
        "A": "le Pacifique",
        "B": "l’Arctique",
        "C": "l’Indien",
        "gold": "A",
    },
    {"id": "3", "q": "Combien font 12 + 4 ?", "A": "8", "B": "16", "C": "48", "gold": "B"},
    {
        "id": "4",
        "q": "Quelle planète est la plus proche du Soleil ?",
        "A": "Mars",
        "B": "Vénus",
        "C": "Mercure",
        "gold": "C",
    },
]
LISTED = [
    {
        "id": n,
        "q": row["q"],
        "options": {"text": [row["A"], row["B"], row["C"]], "label": ["A", "B", "C"]},
        "gold": row["gold"],
    }
    for n, row in enumerate(FRENCH)
]
RECIPE = {
    "name": "own",
    "files": "{language}.jsonl",
    "languages": {"en": "english", "fr": "french"},
    "splits": ["test"],
    "columns": {"id": "id", "stem": "q", "options": ["A", "B", "C"], "answer": "gold"},
    "answers": "letter",
}


def recipe(**changes) -> bytes:
    content = {**RECIPE, **changes}
    return json.dumps(content, ensure_ascii=False).encode()  # JSON is YAML


def check_set(questions) -> None:
    """Assert what holds of every set, and that all that is printed and hashed of it can be."""
    count = len(questions.rows) // len(questions.languages)
    assert count
    for row in questions.rows:
        for text in (row.question_id, row.language, row.stem, *row.options, *filter(None, (row.prompt, row.rationale))):
            check_text(text)
        assert row.stem.strip()
        assert all(option.strip() for option in row.options)
        assert -1 <= row.answer < len(row.options)
    assert all(questions.read[language] >= count for language in questions.languages)
    assert digest(questions)
    assert content_digest(questions)
    found = audit(questions)
    check_text(found.to_text())
    check_json(found.to_json())


def _own(name: str, data: bytes, **changes) -> None:
    """Read a set whose French rows are the input."""
    suffix = name.partition(".")[2]
    english = {"jsonl": jsonl, "csv": separated, "tsv": tabbed, "parquet": parquet}.get(suffix)
    folder = scratch() / f"set-{suffix}-{len(changes)}"
    source = put(f"{folder.name}/set.yaml", recipe(files=f"{{language}}.{suffix}", **changes))
    if not (folder / f"english.{suffix}").is_file():
        put(f"{folder.name}/english.{suffix}", english(ENGLISH) if english else json.dumps(ENGLISH).encode())
    put(f"{folder.name}/{name}", data)
    check_set(load("custom", source=source))


@target(lambda: [jsonl(FRENCH)], "jsonl")
def set_jsonl(data):
    _own("french.jsonl", data)


@target(lambda: [json.dumps(FRENCH).encode()], "json")
def set_json(data):
    _own("french.json", data)


@target(lambda: [separated(FRENCH)], "csv")
def set_csv(data):
    _own("french.csv", data)


@target(lambda: [tabbed(FRENCH)], "tsv")
def set_tsv(data):
    _own("french.tsv", data)


@target(lambda: [parquet(FRENCH)], "parquet")
def set_parquet(data):
    _own("french.parquet", data)


@target(lambda: [jsonl(FRENCH)], "jsonl")
def set_aligned(data):
    """Rows without ids, joined by what they say."""
    columns = {"stem": "q", "options": ["A", "B", "C"], "answer": "gold"}
    _own("french.jsonl", data, columns=columns)


@target(lambda: [jsonl(LISTED)], "jsonl")
def set_listed(data):
    """Options in a list, with labels, in one language alone."""
    columns = {"id": "id", "stem": "q", "options": "options.text", "labels": "options.label", "answer": "gold"}
    _own("french.jsonl", data, columns=columns, answers="label", languages={"fr": "french"})


COMPREHENSION = {
    language: {"data": [{"paragraphs": [{"context": ". ".join(texts), "qas": [
        {"id": f"q{n}", "question": f"{language} {n}?", "answers": [{"text": text, "answer_start": 0}]}
        for n, text in enumerate(texts)
    ]}]}]}
    for language, texts in {
        "english": ["a stork", "two larks", "three owls", "the lark"],
        "french": ["une cigogne", "deux alouettes", "trois chouettes", "l’alouette"],
    }.items()
}  # fmt: skip
SQUAD = {
    **{name: RECIPE[name] for name in ("name", "languages", "splits")},
    **{"files": "{language}.json", "format": "squad", "options": 3},
}


@target(lambda: [json.dumps(COMPREHENSION["french"]).encode()], "json", ["q0", "q3", "a stork"])
def set_squad(data):
    """Reading comprehension as multiple choice, and its passages."""
    source = put("set-squad/set.yaml", json.dumps(SQUAD).encode())
    put("set-squad/english.json", json.dumps(COMPREHENSION["english"]).encode())
    put("set-squad/french.json", data)
    check_set(load("custom", source=source))
    for row in passages(source):
        check_text(row["text"])
        check_text(row["passage_id"])


@target(
    lambda: [recipe(), _recipes("belebele"), _recipes("exams"), json.dumps(SQUAD).encode()],
    "yaml",
    ["hub: a/b\n", "words: {fr: {name: French}}\n", "revision: 1\n", "{language}", "{split}", "passage: q\n"],
)
def recipe_yaml(data):
    read = read_recipe(put("recipe/recipe.yaml", data))
    for text in (read.name, *read.languages, *read.languages.values(), *read.splits, read.columns.stem):
        check_text(text)
    folder = put("recipe/english.jsonl", jsonl(ENGLISH)).parent
    put("recipe/french.jsonl", jsonl(FRENCH))
    for name, content in COMPREHENSION.items():
        put(f"recipe/{name}.json", json.dumps(content).encode())
    if read.hub is None:  # nothing is fetched here
        check_set(load("custom", source=folder / "recipe.yaml"))


def _recipes(name: str) -> bytes:
    from pathlib import Path

    return (Path(__file__).parents[3] / "recipes" / "questions" / f"{name}.yaml").read_bytes()


def _of_release(rows, word="Answer the question.") -> list[dict]:
    return [
        {
            "instruction": word,
            "input": f"{row['q']}\n(A) {row['A']}\n(B) {row['B']}\n(C) {row['C']}",
            "output": f"({row['gold']}) {row[row['gold']]}",
        }
        for row in rows
    ]


RELEASED = "release/data/xcsqa/test/x_csqa_{}_test.json"


@target(lambda: [json.dumps(_of_release(FRENCH)).encode()], "json", ["(A) ", "\n(B) ", "( ", "（D）"])
def release_json(data):
    if not (scratch() / RELEASED.format("en")).is_file():
        put(RELEASED.format("en"), json.dumps(_of_release(ENGLISH)).encode())
    put(RELEASED.format("fr"), data)
    check_set(load("xcsqa", split="test", source=scratch() / "release", languages=["en", "fr"]))


@target(
    lambda: [json.dumps([{**row, "pred": ["Answer: B", "A"]} for row in _of_release(ENGLISH)]).encode()],
    "json",
    ["(A) ", "\n(B) ", "( ", "（D）"],
)
def release_samples(data):
    for sample in read_samples(put("x_csqa_en_train_sampled.json", data)):
        assert -1 <= sample.answer < len(sample.options)
        assert sample.stem
        for text in (sample.stem, *sample.options, *sample.preds, sample.prompt):
            check_text(text)


FACTS = {
    "en": [
        ("The capital of France is <mask>.", "Paris", "Rome, Berlin, Paris"),
        ("<mask> is a metal.", "Iron", "Wood, Glass, Iron"),
    ],
    "fr": [
        ("La capitale de la France est <mask>.", "Paris", "Rome, Berlin, Paris"),
        ("<mask> est un métal.", "Fer", "Bois, Verre, Fer"),
    ],
}


def _facts(language: str) -> bytes:
    lines = [("Prompt", "Ans", "Candidate Ans", "Subject"), *((*fact, "S") for fact in FACTS[language])]
    return "".join("\t".join(line) + "\n" for line in lines).encode()


@target(lambda: [_facts("fr")], "tsv", ["<mask>", ", ", '"'])
def bmlama_tsv(data):
    put("bmlama/en.tsv", _facts("en"))
    put("bmlama/fr.tsv", data)
    check_set(load("bmlama", split="all", source=scratch() / "bmlama", languages=["en", "fr"]))
