"""Every character of what a model is asked is pinned: a changed request changes numbers.

Where a test here fails on purpose, bump `metadata.version` of the task file, and write the new hashes with
`python -m tests.task.test_pins`, with CALM_RELEASE_DIR and BMLAMA17_DIR as for the tests.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

import pytest
from lm_eval.tasks import TaskManager

from calm_harness import questions
from calm_harness.task.paths import tasks_path

DATA = Path(__file__).parents[1] / "data"
ROWS = 34  # of which the requests are pinned: two questions in 17 languages
FOLDED = DATA / "prompt_hashes.json"  # of zero-shot prompts, case, spaces and punctuation folded away
EXACT = DATA / "request_hashes.json"  # of whole requests, as they stand
ONE_SPLIT = {"fewshot": "leave_one_out"}  # of medqa, and of the custom set below
CUSTOM = "name: toy\nfiles: '{language}.jsonl'\nlanguages: [en, fr]\nsplits: [test]\n" + (
    "columns: {id: id, stem: q, options: a, answer: gold, rationale: why}\nanswers: index0\n"
)


def chat_template(messages, add_generation_prompt=True):
    """A template of the usual kind: white space and marks in it show where a turn's text begins and ends."""
    turns = "".join(f"<|{message['role']}|>\n{message['content']}<|end|>\n" for message in messages)
    return turns + ("<|assistant|>\n" if add_generation_prompt else "")


WAYS = {
    "zero-shot": {},
    "one-shot": {"shots": 1},
    "chat": {"apply_chat_template": True, "chat_template": chat_template, "system_instruction": "Be brief. "},
    "chat, one-shot": {"shots": 1, "apply_chat_template": True, "chat_template": chat_template},
    "turns, one-shot": {
        **{"shots": 1, "apply_chat_template": True, "chat_template": chat_template},
        "fewshot_as_multiturn": True,
    },
}


def asked(name, metadata, *, shots=0, **prompt):
    """Build the requests of a task's first rows: contexts and continuations, or contexts and settings."""
    made = load(name, tuple(metadata.items()))
    made.set_config("num_fewshot", shots)
    made.set_fewshot_seed(1234)
    made.build_all_requests(limit=ROWS, **prompt)
    return [instance.args for instance in made.instances]


@cache
def load(name, metadata):
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=dict(metadata))
    return manager.load([name])["tasks"][name]


def exact(content):
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def zero_shot_tasks():
    """The task files without passages: tests/task/test_rag.py holds the others to be their sisters with passages."""
    return [path.stem for path in sorted(tasks_path().glob("*.yaml")) if not path.stem.endswith("_rag")]


def settings_of(name, way, sources):
    kind = name.split("_")[1]
    metadata = {"source": str(sources[kind])} if kind in sources else {}
    if kind in ("medqa", "custom"):
        metadata |= ONE_SPLIT
    if name == "calm_mini_xl_cot" and "one-shot" in way:
        metadata["languages"] = "en"  # the others have no explanations
    return metadata


def hashes(sources):
    pins = {}
    for name in zero_shot_tasks():
        kind, by_way = name.split("_")[1], {}
        for way, prompt in WAYS.items():
            if "one-shot" in way and name.endswith("_cot") and kind in ("medqa", "xcsqa"):
                continue  # they have no explanations, and are refused
            by_way[way] = exact(asked(name, settings_of(name, way, sources), **prompt))
        pins[name] = by_way
    return pins


def folded(sources):
    pins = {}
    for name in zero_shot_tasks():
        if name.split("_")[1] != "custom":
            made = load(name, tuple(settings_of(name, "zero-shot", sources).items()))
            docs = list(made.eval_docs.select(range(min(ROWS, len(made.eval_docs)))))
            choices = [made.doc_to_choice(doc) if made.config.doc_to_choice else None for doc in docs]
            rendered = [(made.doc_to_text(doc), choice) for doc, choice in zip(docs, choices, strict=True)]
            pins[name] = {"version": made.VERSION, "hash": questions.fingerprint(json.dumps(rendered))}
    return pins


def write_custom(folder):
    for language, texts in {"en": ("Which one?", "yes", "no"), "fr": ("Lequel ?", "oui", "non")}.items():
        rows = [{"id": i, "q": f"{i} {texts[0]}", "a": texts[1:], "gold": i % 2, "why": texts[1]} for i in range(3)]
        (folder / f"{language}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (folder / "set.yaml").write_text(CUSTOM)
    return folder / "set.yaml"


@pytest.fixture(scope="module")
def sources(calm_release, bmlama17, tmp_path_factory):
    custom = write_custom(tmp_path_factory.mktemp("custom"))
    return {"medqa": calm_release, "xcsqa": calm_release, "bmlama": bmlama17, "custom": custom}


def test_prompts_of_every_task_are_pinned(sources):
    assert folded(sources) == json.loads(FOLDED.read_text())


def test_requests_of_every_task_are_pinned_to_the_last_character(sources):
    assert hashes(sources) == json.loads(EXACT.read_text())


def test_a_pin_sees_a_space_a_mark_and_a_capital():
    assert len({exact([text]) for text in ("Answer: a", "Answer:a", "Answer. a", "answer: a", "Answer: a ")}) == 5


if __name__ == "__main__":
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        release, custom_set = os.environ["CALM_RELEASE_DIR"], write_custom(Path(temporary))
        places = {"medqa": release, "xcsqa": release, "bmlama": os.environ["BMLAMA17_DIR"], "custom": custom_set}
        FOLDED.write_text(json.dumps(folded(places), indent=2) + "\n")
        EXACT.write_text(json.dumps(hashes(places), indent=2) + "\n")
