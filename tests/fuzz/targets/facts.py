"""Readers of facts to edit, copies of MLaKE and BMIKE-53, and of the record of a run of edits."""

import json

from calm_harness.probes.editing.record import Key, Likelihoods, Line, Record
from calm_harness.questions.facts import NEW, OLD, load
from tests.fuzz.oracle import check_text
from tests.fuzz.target import put, scratch, target
from tests.fuzz.targets.files import jsonl

PLACES = [("Rome", "Italy", "Rom"), ("Paris", "France", "Paris"), ("Oslo", "Norway", "Oslo"), ("Lima", "Peru", "Lima")]
PLACES += [("Cairo", "Egypt", "Kairo"), ("Quito", "Ecuador", "Quito"), ("Riga", "Latvia", "Riga")]


def check(facts) -> None:
    """Assert what holds of all facts, and that all that is told, asked and said of them can be printed."""
    assert facts.digest
    for note in facts.notes:
        check_text(note)
    for fact in facts.facts:
        check_text(fact.fact_id)
        assert set(fact.statements) == set(fact.questions) == set(facts.languages)
        for tag in facts.languages:
            check_text(fact.statements[tag])
            for question in (fact.questions[tag], *fact.hops.get(tag, ())):
                assert len(question.options) >= 2
                for text in (question.prompt, question.null, *question.options):
                    check_text(text)
            assert fact.questions[tag].options[OLD] != fact.questions[tag].options[NEW]


def _single(at: int, tag: str) -> dict:
    name, country, german = PLACES[at]
    other = PLACES[(at + 1) % len(PLACES)]
    told = (name, other[0]) if tag == "en" else (german, other[2])
    stem = f"Which city is the capital of {country}?" if tag == "en" else f"Wie heißt die Hauptstadt von {country}?"
    return {
        **{"question": stem, "o_prompt": "", "o_answer": told[0], "o_answer_aliases": [told[0]]},
        **{"e_prompt": f"{country}: {told[1]}.", "e_answer": told[1], "e_answer_aliases": []},
    }


def _singles(tag: str) -> bytes:
    return json.dumps([_single(at, tag) for at in range(len(PLACES))], ensure_ascii=False).encode()


def _hops() -> bytes:
    rows = [{"question": f"{at}?", "e_prompt": _single(at, "en")["e_prompt"], "e_answer": f"a{at}"} for at in range(4)]
    return json.dumps(rows).encode()


def _mlake(single: bytes, hops: bytes) -> None:
    put("mlake/single_hop/qa/en_qa.json", _singles("en"))
    put("mlake/single_hop/qa/de_qa.json", single)
    put("mlake/multi_hop/qa/new_de_qa.json", hops)
    check(load(f"mlake@{scratch() / 'mlake'}", languages=["en", "de"]))


@target(lambda: [_singles("de")], "json")
def mlake_single(data):
    _mlake(data, _hops())


@target(lambda: [_hops()], "json")
def mlake_hops(data):
    _mlake(_singles("de"), data)


def _bmike() -> bytes:
    def entry(at: int, tag: str) -> dict:
        name, country, german = PLACES[at]
        told = {"src": f"{country}?", "old": name, "alt": german + " 2", "port": f"{tag} {at}?", "port_ans": f"p{at}"}
        return {"case_id": at, **told}

    return json.dumps([{tag: entry(at, tag) for tag in ("en", "de")} for at in range(len(PLACES))]).encode()


@target(lambda: [_bmike()], "json")
def bmike_json(data):
    put("bmike/zsre_test_de.json", data)
    check(load(f"bmike@{scratch() / 'bmike'}"))


BEFORE = {"edited": None, "told_in": None, "loss": None, "answers": [["a", "en", None, [-1.5, -2], []]]}
AFTER = {"edited": "a", "told_in": "en", "loss": [2.5, 0.1], "answers": [["a", "en", 0, [-1, -2], [-3, -4]]]}


@target(lambda: [jsonl([{"inputs": {"model": "m"}}, BEFORE, AFTER])], "jsonl")
def edits_jsonl(data):
    put("edits/edits.jsonl", data)
    first = Record(scratch() / "edits", {"model": "m"})
    first.add(Line("é", "en", {Key("é", "en", None): Likelihoods((-1.0,), ())}, (1.0, 0.5)))
    assert Record(scratch() / "edits", {"model": "m"}).lines == first.lines
