"""Readers of the trainer: pairs, its records, and the YAML files of loops and studies."""

import json

from calm_harness.models import trained
from tests.fuzz.oracle import check_text
from tests.fuzz.target import put, target
from tests.fuzz.targets.files import jsonl, parquet
from trainer.command import run
from trainer.parallel.sentences import sentences
from trainer.parallel.texts import of_xquad
from trainer.preferences.same_question import asked_in
from trainer.rounds.arguments import LoopArguments, StudyArguments
from trainer.rounds.plan import plan
from trainer.rounds.study import Study
from trainer.training import data as pairs
from trainer.training import identity, provenance

TEXTS = [
    {"prompt": "Q: 2 + 2?\nA:", "chosen": " 4", "rejected": " 5", "question_id": "mini-001", "language": "en"},
    {"prompt": "Q: Rome?\nA:", "chosen": " Italy", "rejected": " Spain", "question_id": "mini-002", "language": "en"},
]
TURNS = [
    {
        "prompt": [{"role": "user", "content": "2 + 2?"}],
        "chosen": [{"role": "assistant", "content": "4"}],
        "rejected": [{"role": "assistant", "content": "5"}],
    }
]


def _check(rows) -> None:
    assert len(rows) == len(list(rows))
    conversational = pairs.conversational(rows)
    for row in rows:
        for name in pairs.COLUMNS:
            if conversational:
                assert row[name]
                for message in row[name]:
                    check_text(message["role"])
                    check_text(message["content"])
            else:
                check_text(row[name])
                assert row[name]
        assert row["chosen"] != row["rejected"]


@target(
    lambda: [
        jsonl(TEXTS),
        jsonl(TURNS),
        jsonl([{n: row["prompt"] + row[n] for n in ("chosen", "rejected")} for row in TURNS]),
    ],
    "jsonl",
)
def pairs_jsonl(data):
    _check(pairs.load(str(put("pairs/rows.jsonl", data))))


COMPLETIONS = [{"prompt": "Traduisez :", "completion": "ciel", "question_id": "q", "source_stem": "sky"}]


@target(lambda: [jsonl(COMPLETIONS), jsonl([{"text": "Il pleut. It rains.", "languages": ["fr", "en"]}])], "jsonl")
def sft_jsonl(data):
    rows = pairs.load(str(put("sft/rows.jsonl", data)), list(pairs.KINDS))
    for number, row in enumerate(rows):
        assert all(row[name] for name in rows.columns)
        for asked in asked_in(row, number):
            check_text(asked.text)


XQUAD = {"data": [{"paragraphs": [{"context": "It rains. Take a coat.", "qas": [{"id": "a"}, {"id": "b"}]}]}]}


@target(lambda: [json.dumps(XQUAD).encode()], "json")
def xquad_json(data):
    for passage in of_xquad({"en": put("xquad/en.json", data)}):
        check_text(passage.text_id)
        check_text(passage.texts["en"])
        assert sentences(passage.texts["en"])


@target(lambda: [parquet(TEXTS), parquet(TURNS)], "parquet")
def pairs_parquet(data):
    _check(pairs.load(str(put("pairs-folder/pairs.parquet", data).parent)))


@target(lambda: [json.dumps({"settings": {"vote": "gold", "transductive": False}}).encode()], "json")
def summary_json(data):
    folder = put("made/summary.json", data).parent
    vote = provenance.vote(str(folder))
    assert vote is None or isinstance(vote, str)


MADE = identity.Identity("p", "m", None, "s")


@target(
    lambda: [
        json.dumps(
            {
                "identity": {"pairs": "p", "model": "m", "adapter": None, "settings": "s"},
                "finished": True,
                "transductive": False,
                "model": "org/model",
            }
        ).encode()
    ],
    "json",
)
def training_json(data):
    folder = put("trained-here/training.json", data).parent
    assert trained.declared(folder) in (True, False)
    identity.done(folder, MADE)


def _commanded(arguments, command, path) -> None:
    """Run a command as a user does, and let its one line be judged."""
    import contextlib
    import io

    from calm_harness.errors import CalmError

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            status = run("trainer.loop", "doc", lambda: ([arguments], command), ["--config", str(path)])
        except SystemExit as error:  # argparse's own: usage, and a line
            status = error.code
            assert status == 2
    if status:
        line = said.getvalue().strip().splitlines()[-1]
        assert "Traceback" not in said.getvalue()
        raise CalmError(line)


LOOP = """output: runs/x
model: org/model
task: calm_mini_xl_cloze
metadata: {languages: [en, fr], split: train}
train_questions: 10
dev_questions: 5
test_questions: 0
rounds: 1
pairs: {vote: crosslingual}
training: {max_steps: 1}
evaluate:
- {name: fresh, task: calm_mini_xl_cloze, metadata: {languages: [en, fr]}, questions: 3}
seed: 0
transductive: true
"""
STUDY = """output: runs/study
loop: {model: org/model, task: calm_mini_xl_cloze, metadata: {languages: [en], split: train}, dev_questions: 2}
arms: {one: {}, two: {rounds: 2, pairs: {vote: english}}}
seeds: [0, 1]
against: one
"""


def _plan(args) -> int:
    plan(args)
    return 0


def _study(args) -> int:
    study = Study(args)
    for arm in args.arms:
        study._loop(arm, args.seeds[0], "base")  # which plans
    return 0


@target(lambda: [LOOP.encode()], "yaml")
def loop_yaml(data):
    _commanded(LoopArguments, _plan, put("loop.yaml", data))


@target(lambda: [STUDY.encode()], "yaml")
def study_yaml(data):
    _commanded(StudyArguments, _study, put("study.yaml", data))
