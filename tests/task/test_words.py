"""A set in a language that the harness has no words of: it brings them, or is refused before a model is loaded."""

import json
import subprocess
import sys

import pytest
import yaml

from calm_harness.cli import main
from calm_harness.errors import CalmError
from calm_harness.predictions import read, task_log
from calm_harness.prompts.languages import LANGUAGES
from calm_harness.questions import load
from calm_harness.questions.audit import audit
from calm_harness.questions.digest import content_digest, digest
from tests import own_set
from tests.task.test_requests import task
from trainer.preferences import texts

WORDS = {"name": "Esperanto", "question": "Demando", "answer": "Respondo"}
REASONING = {
    "explanation": "Klarigo",
    "instruction": "Respondu la demandon. Uzu ĉi tiun formon:",
    "placeholder_explanation": "<klarigo>",
    "placeholder_letter": "<litero>",
}


def birds(folder, words=None, stem=None):
    """The birds in English and Esperanto."""
    folder.mkdir(exist_ok=True)
    recipe = own_set.write(folder)
    (folder / "fr.jsonl").rename(folder / "eo.jsonl")
    if stem:
        rows = [json.loads(line) for line in (folder / "eo.jsonl").read_text().splitlines()]
        (folder / "eo.jsonl").write_text("".join(json.dumps({**row, "stem": stem}) + "\n" for row in rows))
    told = yaml.safe_load(recipe.read_text())
    told["languages"] = {"en": "en", "eo": "eo"}
    recipe.write_text(yaml.safe_dump({**told, **({"words": words} if words is not None else {})}))
    return recipe


def prompt(recipe, name="calm_custom_xl"):
    made = task(name, source=str(recipe))
    doc = made.eval_docs[1]
    return made, doc, made.doc_to_text(doc)


def test_a_set_brings_the_words_of_its_language(tmp_path):
    made, doc, text = prompt(birds(tmp_path, {"eo": WORDS}))
    assert text == "Demando: fr 0?\nA. stork\nB. lark\nRespondo:"
    assert made.doc_to_choice(doc) == [" A", " B"]
    assert made.doc_to_text(made.eval_docs[0]) == "Question: en 0?\nA. stork\nB. lark\nAnswer:"


def test_words_that_are_known_may_be_others(tmp_path):
    own = {"name": "English", "question": "Q", "answer": "A"}
    made, _, _ = prompt(birds(tmp_path, {"eo": WORDS, "en": own}))
    assert made.doc_to_text(made.eval_docs[0]) == "Q: en 0?\nA. stork\nB. lark\nA:"


def test_free_text_needs_more_words_than_letters(tmp_path):
    recipe = birds(tmp_path, {"eo": WORDS})
    with pytest.raises(CalmError, match="'eo' need instruction, explanation, placeholder_explanation, placeholder_l"):
        prompt(recipe, "calm_custom_xl_cot")
    _, doc, text = prompt(birds(tmp_path, {"eo": {**WORDS, **REASONING}}), "calm_custom_xl_cot")
    assert text.startswith(
        "Respondu la demandon. Uzu ĉi tiun formon:\nKlarigo: <klarigo>\nRespondo: <litero>\n\nDemando: fr 0?"
    )
    # What is made of a log of it, answer lines of pairs, has the same words.
    row = {
        "doc": doc,
        "answers": {"choice": 0},
        "arguments": {"gen_args_0": {"arg_0": text}},
        "resps": [["Klarigo: jes.\nRespondo: A"]],
    }
    cell = task_log.read_row(row)
    assert cell.user == text
    assert texts.template(cell, 1).text == "Respondo: B"
    assert texts.explanation(cell, cell.responses[0]) == "Klarigo: jes."


def test_words_are_part_of_what_was_loaded_and_not_of_the_questions(tmp_path):
    sets = [load("custom", source=birds(tmp_path, {"eo": {**WORDS, "answer": word}})) for word in ("Respondo", "R")]
    assert digest(sets[0]) != digest(sets[1])
    assert content_digest(sets[0]) == content_digest(sets[1])


def test_without_words_the_audit_says_so_and_nothing_is_loaded(tmp_path):
    recipe = birds(tmp_path)
    (finding,) = (finding for finding in audit(load("custom", source=recipe)).findings if finding.kind == "no_words")
    assert (finding.language, finding.message) == (
        "eo",
        "prompts need words of it in the YAML file: calm data languages --draft eo",
    )
    command = [sys.executable, "-m", "calm_harness", "eval", "--model", "hf", "--tasks", "calm_custom_xl"]
    command += ["--model_args", "pretrained=/nowhere", "--metadata", json.dumps({"source": str(recipe)})]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no words for prompts in language 'eo'" in done.stderr.splitlines()[-1]
    assert "Initializing" not in done.stderr


def test_a_sentence_with_a_gap_needs_no_words(tmp_path):
    recipe = birds(tmp_path, stem="La <mask> flugas.")
    assert "no_words" not in {finding.kind for finding in audit(load("custom", source=recipe)).findings}
    _, _, text = prompt(recipe, "calm_custom_xl_cloze")
    assert text == "La"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "words has to map tags to the words of prompts"),
        ({"xx": WORDS}, r"birds.yaml: words\) 'xx'"),
        ({"eo": "Demando"}, "words: eo: names and texts are wanted"),
        ({"eo": {**WORDS, "letter": "A"}}, "words: eo: letter is no field with a text; there are: name, question, ans"),
        ({"eo": {**WORDS, "answer": 3}}, "words: eo: answer is no field with a text"),
        ({"eo": {"name": "Esperanto", "question": " "}}, "words: eo: question, answer is missing"),
    ],
)
def test_words_that_are_none(words, message, tmp_path):
    with pytest.raises(CalmError, match=message):
        load("custom", source=birds(tmp_path, words))


def test_a_draft_is_a_row_to_fill_in(tmp_path, capsys):
    assert main(["data", "languages", "--draft", "eo"]) == 0
    drafted = yaml.safe_load(capsys.readouterr().out)["words"]
    with pytest.raises(CalmError, match="words: eo: name, question, answer is missing"):
        load("custom", source=birds(tmp_path / "a", drafted))
    filled = {"eo": {**drafted["eo"], **WORDS, **REASONING}}
    _, _, text = prompt(birds(tmp_path / "b", filled), "calm_custom_xl_cot")
    assert "\nRespondo: <litero>\n\nDemando: fr 0?" in text
    assert main(["data", "languages"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == len(LANGUAGES)
    assert "fr   French       Question, Réponse, Contexte" in listed


def test_responses_are_read_by_the_words_that_a_set_brings(tmp_path):
    forms = {
        "answer": "solvo",
        "option": "elekto",
        "good": "ĝusta",
        "copula": "estas",
        "negation": "ne",
        "clause": "sed",
    }
    recipe = birds(tmp_path, {"eo": {**WORDS, **REASONING, "answers": forms}})
    made, doc, text = prompt(recipe, "calm_custom_xl_cot")
    responses = {
        "La ĝusta solvo estas B.": 1,
        "Respondo: B": 1,  # the prompt's own word
        "La elekto A ne estas ĝusta, sed B estas ĝusta.": 1,
        "La solvo estas lark.": 1,
        "Mi ne scias.": None,
    }
    for response, choice in responses.items():
        assert made.process_results(doc, [response])["answers"]["choice"] == choice, response
    row = {
        "doc": doc,
        "answers": {"choice": 1},
        "arguments": {"gen_args_0": {"arg_0": text}},
        "resps": [[*responses]],
        "filtered_resps": [""],
    }
    (tmp_path / "log.jsonl").write_text(json.dumps(row) + "\n")
    assert read(tmp_path / "log.jsonl")[0].choices == tuple(responses.values())


def test_forms_that_are_none(tmp_path):
    with pytest.raises(
        CalmError, match=r"words: eo: answers: nouns is no field with a text; there are: answer, option"
    ):
        load("custom", source=birds(tmp_path, {"eo": {**WORDS, "answers": {"nouns": "solvo"}}}))
