"""Real data and a real model for the tests; what is not here is said, not made up."""

import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.once import environment_described_once, made_once, tokenizer_read_once

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

ROOT = Path(__file__).parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TOGETHER = "tests/report/"  # its runs and their report take half a minute: one worker makes them, and has all its files


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give files to workers whole, as `--dist=loadfile` does, and a folder whose fixtures cost most whole, too."""
    from xdist.scheduler import LoadFileScheduling

    class Whole(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER if nodeid.startswith(TOGETHER) else super()._split_scope(nodeid)

    return Whole(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def environment():
    with environment_described_once():
        yield


@pytest.fixture(autouse=True)
def lm_eval_writes_where_it_can() -> None:
    """Its handler keeps the stderr of the test in which it was made, closed by now; no test reads it."""
    for handler in logging.getLogger("lm_eval").handlers:
        if type(handler) is logging.StreamHandler:
            handler.stream = sys.stderr


def _folder(variable: str, beside: str, how: str) -> Path:
    named = os.environ.get(variable)
    folder = Path(named) if named else ROOT.parent / "shared" / beside
    if not folder.is_dir():
        pytest.skip(f"{variable} names no folder and {folder} is not there; {how}")
    return folder.resolve()


@pytest.fixture(scope="session")
def calm_release() -> Path:
    """The CALM authors' release (or the part of it that is here)."""
    return _folder("CALM_RELEASE_DIR", "calm_release", "get it with: calm data download calm_release")


@pytest.fixture(scope="session")
def bmlama17() -> Path:
    """BMLAMA-17 as a folder of TSV files."""
    how = "get 1_easyrun/BMLAMA17 of github.com/Betswish/Cross-Lingual-Consistency"
    return _folder("BMLAMA17_DIR", "bmlama17/data", how)


@pytest.fixture(scope="session")
def xquad() -> Path:
    """XQuAD's files, one a language (CC-BY-SA-4.0)."""
    return _folder("XQUAD_DIR", "xquad/data", "get the xquad.*.json of github.com/google-deepmind/xquad")


@pytest.fixture(scope="session")
def chat_responses() -> Path:
    """Responses of small instruction-tuned models, JSON lines."""
    how = "sample calm_xcsqa_xl_cot with Qwen2.5-Coder instruction models as tests/data/answers/README.md has it"
    return _folder("CHAT_RESPONSES_DIR", "chat_responses", how)


@pytest.fixture(scope="session")
def offline_model() -> Iterator[Path]:
    """Gemma 3 270M as a checkpoint folder, made once and kept in the cache folder."""
    from calm_harness.models.offline import build

    folder = build(os.environ.get("CALM_OFFLINE_MODEL", ROOT / ".cache" / "gemma-3-270m"))
    with tokenizer_read_once(folder):
        yield folder


def log_of(folder: Path) -> Path:
    """The one sample log below a folder."""
    (found,) = folder.rglob("samples_*.jsonl")
    return found


@pytest.fixture(scope="session")
def recorded_log(calm_release, tmp_path_factory):
    """A log of calm_xcsqa_xl_cot: 60 questions in six languages, three samples each."""

    def make(folder: Path) -> None:
        import tests.recorded  # noqa: F401  (registers the model)
        from calm_harness.evaluation import evaluate

        picked = folder / "picked.json"
        picked.write_text(json.dumps({"calm_xcsqa_xl_cot": list(range(360))}))
        metadata = {"split": "train", "source": str(calm_release), "prompt": "release", "repeats": 3}
        words = ["--model", "recorded", "--model_args", f"release={calm_release}", "--tasks", "calm_xcsqa_xl_cot"]
        words += ["--metadata", json.dumps(metadata), "--samples", str(picked), "--output_path", str(folder)]
        evaluate([*words, "--log_samples"])

    return log_of(made_once(tmp_path_factory, "recorded", make))


@pytest.fixture(scope="session")
def chromium():
    """A real browser."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium fonts-noto-cjk")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()
