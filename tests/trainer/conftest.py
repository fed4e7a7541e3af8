"""Logs of real responses and real likelihoods, to vote on."""

import json
from pathlib import Path

import pytest
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from calm_harness import eval_cli
from calm_harness.questions import load
from calm_harness.questions.release import read_samples

CODES = {"en": "en", "zh": "cn", "fr": "fr", "de": "de", "it": "it", "ja": "ja"}


def samples_file(release: Path, language: str) -> Path:
    return release / f"data/xcsqa/samples/x_csqa_{CODES[language]}_train_sampled.json"


def log_of(folder: Path) -> Path:
    (found,) = folder.rglob("samples_*.jsonl")
    return found


@register_model("recorded")
class Recorded(LM):
    """Gives the responses that Llama-3-8B-Instruct gave when the authors asked it: the release's, in their order."""

    def __init__(self, release):
        super().__init__()
        self.responses = {
            sample.prompt: list(sample.preds)
            for language in CODES
            for sample in read_samples(samples_file(release, language))
        }
        self.given = dict.fromkeys(self.responses, 0)

    @classmethod
    def create_from_arg_obj(cls, arguments, additional_config=None):
        return cls(Path(arguments["release"]))

    def generate_until(self, requests, disable_tqdm=False):
        answers = []
        for request in requests:
            prompt = request.args[0]
            answers.append(self.responses[prompt][self.given[prompt] % 3])
            self.given[prompt] += 1
        return answers

    def loglikelihood(self, requests, disable_tqdm=False):
        raise NotImplementedError

    loglikelihood_rolling = loglikelihood


@pytest.fixture(scope="session")
def recorded_log(calm_release, tmp_path_factory):
    """A log of calm_xcsqa_xl_cot: 60 questions in six languages, three samples each."""
    folder = tmp_path_factory.mktemp("recorded")
    picked = folder / "picked.json"
    picked.write_text(json.dumps({"calm_xcsqa_xl_cot": list(range(360))}))
    metadata = {"split": "train", "source": str(calm_release), "prompt": "release", "repeats": 3}
    words = ["--model", "recorded", "--model_args", f"release={calm_release}", "--tasks", "calm_xcsqa_xl_cot"]
    words += ["--metadata", json.dumps(metadata), "--samples", str(picked), "--output_path", str(folder)]
    eval_cli.evaluate(eval_cli.lm_eval_arguments([*words, "--log_samples"]))
    return log_of(folder)


@pytest.fixture(scope="session")
def cloze_log(offline_model, tmp_path_factory):
    """A log of calm_mini_xl_cloze: 20 training questions in three languages, scored by the offline model."""
    folder = tmp_path_factory.mktemp("cloze")
    languages = ["en", "fr", "zh"]
    wanted = {row.question_id for row in load("mini", split="train", languages=languages).rows[:60]}
    rows = load("mini", split="train", languages=languages).rows
    picked = [number for number, row in enumerate(rows) if row.question_id in wanted]
    (folder / "picked.json").write_text(json.dumps({"calm_mini_xl_cloze": picked}))
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={offline_model},dtype=float32", "--device", "cpu"]
    words += ["--tasks", "calm_mini_xl_cloze", "--metadata", json.dumps({"split": "train", "languages": languages})]
    words += ["--samples", str(folder / "picked.json"), "--batch_size", "auto", "--output_path", str(folder)]
    eval_cli.evaluate(eval_cli.lm_eval_arguments([*words, "--log_samples"]))
    return log_of(folder)
