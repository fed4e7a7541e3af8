"""Readers of results: lm-eval's results files, the reports of loops and studies, and probes."""

import json

from calm_harness.predictions import asked_languages
from calm_harness.report import charts, outcome, probe, results_file
from calm_harness.report.outcome import (
    Best,
    LoopEvaluation,
    LoopOutcome,
    Measured,
    StudyArm,
    StudyBase,
    StudyEvaluation,
    StudyOutcome,
    StudyRound,
    WithoutLabels,
)
from calm_harness.report.training.charts import find as find_trainings
from retrieval.text import drawable, printable
from tests.fuzz.oracle import LONGEST, check_figure, check_json
from tests.fuzz.target import put, scratch, target

TASK = "calm_mini_xl_cloze"
STAMP = "2026-01-01T00-00-00.000000"
FIGURE = {"value": 0.5, "stderr": 0.1, "interval": [0.25, 0.75]}
PAIR = {"value": 0.5, "interval": [0.25, 0.75], "questions": 10}


def results(**changes) -> dict:
    """A results file of one of our tasks, as small as it can be."""
    names = ("acc", "consistency", "alpha", "acc_en", "acc_fr")
    report = {
        "set": "mini",
        "split": "test",
        "languages": ["en", "fr"],
        "questions": 20,
        "incomplete": 0,
        "interval": {name: [0.25, 0.75] for name in names},
        "pairwise": {
            "consistency": {"en": {"en": None, "fr": 0.5}, "fr": {"en": 0.5, "fr": None}},  # as older results have it
            "transfer": {"en": {"en": None, "fr": PAIR}, "fr": {"en": PAIR, "fr": None}},
        },
        "related": {"script": {"transfer": {"same": {**FIGURE, "pairs": 2}, "difference": FIGURE}}},
        "digest": "0123456789abcdef",
        "model": {"digest": "0123456789abcdef"},
    }
    return {
        "results": {TASK: {f"{name}{error},none": 0.5 for name in names for error in ("", "_stderr")}},
        "configs": {
            TASK: {
                "task": TASK,
                "output_type": "multiple_choice",
                "metadata": {"version": 2.0, "score": "pmi", "calm": report},
            }
        },
        "versions": {TASK: 2.0},
        "n-shot": {TASK: 0},
        "n-samples": {TASK: {"original": 40, "effective": 40}},
        "config": {"model": "hf", "model_args": {"pretrained": "org/model", "peft": "org/adapter"}, "limit": 40.0},
        "date": 1795699975.5,
        "lm_eval_version": "0.4.13",
        "model_name": "org/model",
        **changes,
    }


def plain() -> dict:
    task = {"acc,none": 0.5, "acc_stderr,none": 0.1, "alias": "plain"}
    return results(
        results={"plain": task},
        configs={"plain": {"output_type": "multiple_choice"}},
        config={"model": "hf", "model_args": "pretrained=org/model,dtype=float32"},
        **{"n-samples": {"plain": {"original": 4, "effective": 4}}},
    )


def _skipped(files) -> None:
    for file in files:
        text = str(file)
        assert printable(text) == text
        assert len(text) <= LONGEST, text[:200]


@target(lambda: [json.dumps(results()).encode(), json.dumps(plain()).encode()], "json")
def results_json(data):
    path = put(f"results_{STAMP}.json", data)
    asked_languages.of_results(put(f"samples_{TASK}_{STAMP}.jsonl", b"{}\n"))
    runs, skipped = results_file.read(path)
    _skipped(skipped)
    assert runs or skipped
    for run in runs:
        for name, figure in run.figures.items():
            check_figure(name, figure)
        assert run.questions >= 0
        shown = [run.task, run.model, run.adapter, run.revision, run.set_name, run.split, run.format, run.mode]
        for text in (*filter(None, shown), *run.languages, *run.settings.values(), *run.versions.values()):
            assert isinstance(text, str)
            assert printable(text) == text
        hash(run.identity)
        check_json([run.figures, run.pairwise, run.related, run.settings, run.contents])


def _loop() -> bytes:
    rounds = [Measured({"acc": FIGURE}), Measured({"acc": FIGURE}, {"acc": FIGURE})]
    evaluations = {"unseen": LoopEvaluation(6, ["en", "fr"], rounds)}
    signals = [WithoutLabels(None, 0.5, 0.9), WithoutLabels(0.5, 0.5, 0.9)]
    return outcome.to_json(LoopOutcome(evaluations, signals, {"transductive": False}, Best(1, "dpo", "why"))).encode()


def _study() -> bytes:
    measured = Measured({"acc": FIGURE}, {"acc": {**FIGURE, "spread": 0.1}})
    arm = StudyArm(measured, [StudyRound([0, 1], measured)])
    base = StudyBase("org/model", ["one", "two"], 6, ["en", "fr"], Measured({"acc": FIGURE}))
    evaluations = {"unseen": StudyEvaluation([base], {"one": arm, "two": arm})}
    kept = {"one": [1, 1], "two": [1, 0]}
    arms = {"one": {}, "two": {"pairs": {"languages": ["en"]}}}
    return outcome.to_json(StudyOutcome("Study", [0, 1], False, "one", evaluations, kept, arms)).encode()


@target(lambda: [_loop(), _study()], "json")
def report_json(data):
    path = put("reports/report.json", data)
    trainings, skipped = find_trainings([scratch() / "reports"])
    _skipped(skipped)
    for training in trainings:
        assert printable(training.title) == training.title
        check_json(training.spec)
        check_json(training.values)
    if trainings:
        told = outcome.read(path)
        path.write_text(outcome.to_json(told), encoding="utf-8")
        assert outcome.read(path) == told


def _probe() -> bytes:
    figure = {**FIGURE, "questions": 20}
    cells = {"de": {"de": figure, "fr": {**figure, "value": None}}, "fr": {}}
    tables = [
        probe.Table("Barrier", "barrier", "edited in", "asked in", ["de", "fr"], ["de", "fr"], cells, signed)
        for signed in (False, True)
    ]
    probe.write(probe.Probe("edit", "Edits", "org/model", TASK, 20, ["By chance .5."], tables), scratch())
    return (scratch() / probe.PROBE).read_bytes()


@target(lambda: [_probe()], "json")
def probe_json(data):
    path = put(f"probes/{probe.PROBE}", data)
    probes, skipped = probe.find([path.parent])
    _skipped(skipped)
    for found in probes:
        for table in found.probe.tables:
            check_json(drawable(charts.titled(found.probe, table)))
        probe.write(found.probe, path.parent)
        assert probe.read(path) == found.probe
