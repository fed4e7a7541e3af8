"""`evaluate`: the command's own work, models in memory, and what is refused."""

import json

import pandas as pd
import pytest
import torch
from lm_eval.models.huggingface import HFLM

from calm_harness import evaluate, load_run
from calm_harness.errors import CalmError
from calm_harness.evaluation import evaluate as command
from calm_harness.models.hf_prefix import HFPrefixLM
from calm_harness.models.loaded import described
from tests.api.conftest import LANGUAGES, QUESTIONS, TASK, ask
from tests.api.test_run import written

METADATA = {"languages": LANGUAGES}
LIMIT = QUESTIONS * len(LANGUAGES)


def loaded(folder, kind=HFPrefixLM, **settings):
    return kind(pretrained=str(folder), device="cpu", dtype="float32", batch_size=8, **settings)


def digest(lm):
    return described(lm)[1]["weights"]


def test_a_run_is_that_of_the_command(tiny, runs, tmp_path):
    words = ["--model", "hf-prefix", "--model_args", f"pretrained={tiny / 'one'},dtype=float32", "--device", "cpu"]
    words += ["--tasks", TASK, "--metadata", json.dumps(METADATA), "--limit", str(LIMIT), "--batch_size", "8"]
    command([*words, "--output_path", str(tmp_path), "--log_samples"])
    by_command, by_api = written(tmp_path), written(runs / "one")
    assert by_api["results"] == by_command["results"]
    assert by_api["configs"][TASK]["metadata"] == by_command["configs"][TASK]["metadata"]
    assert by_api["config"].items() >= {"limit": LIMIT, "batch_size": "8", "model": "hf-prefix"}.items()


def test_results_under_a_name_of_ones_own_are_found(tiny, tmp_path):
    run = ask(tiny / "one", questions=2, output_path=tmp_path / "zero.json")[TASK]
    assert run.results.parent == run.log.parent == tmp_path
    assert run.results.name.startswith("zero_")
    assert len(run.questions()) == 2 * len(LANGUAGES)


def test_it_prints_no_table(tiny, capsys):
    ask(tiny / "one", questions=2)
    assert TASK not in capsys.readouterr().out


def test_a_model_in_memory_gives_what_its_folder_gives_and_is_known_by_its_weights(tiny, runs):
    lm = loaded(tiny / "one")
    run = evaluate(lm, TASK, metadata=METADATA, limit=LIMIT)[TASK]
    pd.testing.assert_frame_equal(run.metrics, load_run(runs / "one").metrics)
    assert run.model == f"{tiny / 'one'} (in memory)"
    assert run.record.contents["model"] == digest(lm)
    with torch.no_grad():
        lm.model.get_input_embeddings().weight[5] += 1e-3
    after = evaluate(lm, TASK, metadata=METADATA, limit=LIMIT)[TASK]
    assert after.record.contents["model"] == digest(lm) != run.record.contents["model"]
    assert after.record.identity != run.record.identity


def test_a_digest_stays_the_same_however_much_the_model_is_asked(tiny):
    lm = loaded(tiny / "one", HFLM)
    before = digest(lm)
    tasks = [TASK, "calm_mini_xl_cot"]
    evaluate(lm, tasks, metadata={"languages": "en,fr"}, limit=6, gen_kwargs={"max_gen_toks": 4})
    assert digest(lm) == before


def test_what_decides_answers_decides_the_digest(tiny):
    one = digest(loaded(tiny / "one"))
    assert digest(loaded(tiny / "one")) == one
    assert digest(loaded(tiny / "one", HFLM)) == one
    assert digest(loaded(tiny / "two")) != one
    assert digest(loaded(tiny / "one", add_bos_token=True)) != one
    half = loaded(tiny / "one")
    half.model.to(torch.bfloat16)
    assert digest(half) != one
    chat = loaded(tiny / "one")
    chat.tokenizer.chat_template = "{{ messages }}"
    assert digest(chat) != one


def test_a_model_in_memory_that_cannot_be_known_is_refused(tiny):
    from peft import LoraConfig, get_peft_model

    class Mine(HFLM):
        """Scores in a way of its own."""

    lm = loaded(tiny / "one")
    with pytest.raises(CalmError, match="what a loaded Mine is cannot be known, as it can of HFLM and HFPrefixLM"):
        evaluate(loaded(tiny / "one", Mine), TASK)
    lm.model.train()
    with pytest.raises(CalmError, match="is in training mode, in which answers differ by chance"):
        evaluate(lm, TASK)
    lm.model.eval()
    with pytest.raises(CalmError, match="model_args, batch_size and device are of a model that is named"):
        evaluate(lm, TASK, batch_size=4)
    with pytest.raises(CalmError, match="metadata: pretrained would be recorded in place of the model in memory"):
        evaluate(lm, TASK, metadata={"pretrained": str(tiny / "two")})
    get_peft_model(lm.model, LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM"))
    with pytest.raises(CalmError, match="an adapter in memory may be switched off; save it"):
        evaluate(lm, TASK)


@pytest.mark.parametrize(
    ("tasks", "changes", "said"),
    [
        ("hellaswag", {}, "tasks hellaswag: give names of calm_* tasks; lm_eval runs others"),
        ([TASK, "hellaswag"], {}, "tasks hellaswag: "),
        ([], {}, "tasks []: give names"),
        ("calm_nothing", {}, "Tasks not found: calm_nothing"),
        (TASK, {"metadata": {"langauges": "en"}}, "did you mean 'languages'"),
        (TASK, {"model_args": {"pretrained": "./nowhere"}}, "there is no such folder"),
        (
            TASK,
            {"model_args": {"dtype": torch.float32}},
            "model_args: expected str, bytes or os.PathLike object, not dtype",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(tasks, changes, said):
    with pytest.raises(CalmError) as caught:
        evaluate("hf-prefix", tasks, **changes)
    assert said in str(caught.value)


def test_one_process_of_several_is_refused(tiny, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(CalmError, match="evaluate runs in one process; in several run torchrun -m calm_harness eval"):
        ask(tiny / "one")
