"""Readers of predictions: sample logs of our tasks and of others, LLaMA-Factory's files, the release's samples."""

import json

from calm_harness.cli.score import render
from calm_harness.predictions import identify, read
from calm_harness.predictions.scoring import score
from tests.fuzz.oracle import check_figure, check_json, check_text
from tests.fuzz.target import put, target
from tests.fuzz.targets.files import jsonl
from tests.predictions.logs import arguments, lettered, scored, written

STEMS = {"en": ["How many legs has a spider?", "What is 12 + 4?"], "fr": ["Combien de pattes a-t-elle ?", "12 + 4 ?"]}
OPTIONS = ["6", "8", "16"]
ANSWERED = ("\nAnswer: B", "So it is (C).")


def _doc(number: int, language: str) -> dict:
    return {
        "question_id": f"mini-10{number}",
        "language": language,
        "stem": STEMS[language][number],
        "options": OPTIONS,
        "answer": 1 + number,
        "order": [0, 1, 2],
        "prompt": None,
    }


def _row(number, language, asked, resps, answers) -> dict:
    return {
        "doc_id": 2 * number + (language == "fr"),
        "doc": _doc(number, language),
        "target": str(1 + number),
        "arguments": arguments(asked),
        "resps": resps,
        "filtered_resps": [resp[0] for resp in resps],
        "filter": "none",
        "metrics": ["answers", "acc", "acc_stderr", "acc_en", "acc_fr"],
        "doc_hash": "c7d9",
        "prompt_hash": "2bd5",
        "target_hash": "cd5a",
        "answers": answers,
        "acc": 1.0,
    }


def _scored(number, language) -> dict:
    asked = [(f"Question: {STEMS[language][number]}\nAnswer:", f" {option}") for option in OPTIONS]
    resps = [[["-3.5", "False"]], [["-1.5", "True"]], [["-2.5", "False"]]]
    sums = {"sum": [-3.5, -1.5, -2.5], "bytes": [-3.5, -1.5, -1.25]}
    return _row(number, language, asked, resps, {"choice": 1, "score": "sum", "scores": sums})


def _sampled(number, language) -> dict:
    asked = [(f"Explain.\n\nQuestion: {STEMS[language][number]}\nA. 6\nB. 8\nC. 16", {"until": [], "max_gen_toks": 24})]
    return _row(number, language, asked, [list(ANSWERED)], {"choice": 1, "truncated": False, "cut": [False, True]})


def _chatted(number, language) -> dict:
    messages = [{"role": "user", "content": f"Question: {STEMS[language][number]}\nA. 6\nB. 8\nC. 16"}]
    row = _sampled(number, language)
    row["arguments"] = arguments([([json.dumps(messages)], {"until": []})])
    row["answers"] |= {"messages": messages, "thinking": ["<t>", "</t>"], "in_thoughts": [False, False]}
    return row


def rows_of(row_of) -> bytes:
    return jsonl([row_of(number, language) for number in (0, 1) for language in ("en", "fr")])


def check(predictions) -> None:
    """Assert what holds of all predictions, and that they can be scored, or one line says why not."""
    for row in predictions:
        size = len(row.options)
        assert isinstance(row.gold, int)
        assert -1 <= row.gold < size
        assert all(choice is None or (isinstance(choice, int) and 0 <= choice < size) for choice in row.choices)
        assert not isinstance(row.gold, bool)
        assert row.scores is None or all(isinstance(value, float | int) for value in row.scores)
        for text in (row.language, row.stem, *row.options, *row.responses, *filter(None, (row.prompt, row.user))):
            check_text(text)
        assert row.question_id is None or isinstance(row.question_id, str)
    identified, left_out = identify([predictions])
    assert len(identified) + left_out == len(predictions)
    result = score([predictions])
    check_json(result)
    for part in ("metrics", "votes"):
        for name, figure in result[part].items():
            check_figure(name, figure)
    for name, table in result["pairwise"].items():
        for cell in (cell for line in table.values() for cell in line.values() if cell is not None):
            low, high = cell["interval"]
            assert cell["value"] is None or cell["value"] <= 1
            assert name == "lift" or cell["value"] is None or cell["value"] >= 0
            assert low is None or low <= cell["value"] <= high <= 1
    text = render(result)
    assert "nan" not in text.split()
    text.encode()


@target(lambda: [rows_of(_scored)], "jsonl")
def log_scored(data):
    check(read(put("samples_calm_mini_xl_cloze_2026-01-01T00-00-00.000000.jsonl", data)))


@target(lambda: [rows_of(_sampled), rows_of(_chatted)], "jsonl")
def log_sampled(data):
    check(read(put("samples_calm_mini_xl_cot_2026-01-01T00-00-00.000000.jsonl", data)))


SPIDER = {"id": "s", "question": "How many legs has a spider?", "choices": ["6", "8", "10", "4"]}
SUM = {"id": "t", "question": "What is 12 + 4?", "choices": ["8", "16", "48", "3"]}


@target(
    lambda: [
        jsonl([lettered(SPIDER, 1, 1, 0), lettered(SUM, 1, 2, 1)]),
        jsonl(
            [
                scored(doc, [("Q:", f" {text}") for text in doc["choices"]], [-1, -2, -3, -4], "1", 0.0, number=n)
                for n, doc in enumerate((SPIDER, SUM))
            ]
        ),
    ],
    "jsonl",
)
def log_foreign(data):
    check(read(put("samples_other_2026-01-01T00-00-00.000000.jsonl", data), "en"))


@target(lambda: [jsonl([written(SPIDER, ["B", "It is 8."], "B", 0), written(SUM, ["16", "C"], "16", 1)])], "jsonl")
def log_foreign_text(data):
    check(read(put("samples_text_2026-01-01T00-00-00.000000.jsonl", data), "en"))


@target(lambda: [jsonl([lettered(SPIDER, 1, 1, 0), lettered(SUM, 1, 2, 1)])], "jsonl")
def logs_joined(data):
    """Two logs of other people's tasks, whose rows are joined by what is an id, or by content."""
    other = [
        lettered({**SPIDER, "question": "Combien de pattes ?"}, 1, 0, 0),
        lettered({**SUM, "question": "12 + 4 ?"}, 1, 1, 1),
    ]
    english = read(put("samples_en.jsonl", data), "en")
    french = read(put("samples_fr.jsonl", jsonl(other)), "fr")
    result = score([english, french])
    for name, figure in result["metrics"].items():
        check_figure(name, figure)


PROMPT = "<|im_start|>user\nChoose.\n{}\nA. 6\nB. 8\nC. 16<|im_end|>\n<|im_start|>assistant\n"
FACTORY = [
    {"prompt": PROMPT.format("How many legs has a spider?"), "predict": "The answer is B.", "label": "B"},
    {"prompt": PROMPT.format("What is 12 + 4?"), "predict": "<think>x</think>C", "label": "(C) 16"},
]


@target(lambda: [jsonl(FACTORY)], "jsonl", ["(A) ", "\nB. ", "( "])
def llama_factory(data):
    check(read(put("generated_predictions.jsonl", data), "en"))


@target(
    lambda: [jsonl([{"prompt": PROMPT.format("Why?"), "predict": "B", "label": "B"}])],
    "text",
    ["\\n(A) ", "(B) ", "( ", "(C) ", "\\n(J) ", "（D）", "\\n(", "B. "],
)
def marks_in_prompts(data):
    """Prompts with option marks in every order."""
    check(read(put("marks.jsonl", data), "en"))
