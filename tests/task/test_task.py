"""The tasks in lm-eval itself, with the real offline model."""

import json
import subprocess
import sys
from pathlib import Path

import datasets
import pytest
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from calm_harness import metrics
from calm_harness.errors import CalmError
from calm_harness.predictions import identify, read
from calm_harness.predictions.scoring import score
from calm_harness.task.option_scores import option_scores
from calm_harness.task.paths import tasks_path
from tests import tiny_model

ROOT = Path(__file__).parents[2]
LM_EVAL = Path(sys.executable).with_name("lm_eval")
LANGUAGES = ("en", "zh", "fr", "de", "it", "ja", "es", "ar")


@pytest.fixture(scope="module")
def lm(offline_model) -> HFLM:
    return HFLM(pretrained=str(offline_model), device="cpu", dtype="float32", batch_size=16)


def task(name: str, **metadata):
    return TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata).load([name])["tasks"][
        name
    ]


def evaluate(lm: HFLM, name: str, *, metadata: dict | None = None, **kwargs) -> dict:
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata or {})
    return simple_evaluate(lm, tasks=[name], task_manager=manager, bootstrap_iters=100, **kwargs)


def lm_eval(*arguments: object, **kwargs) -> subprocess.CompletedProcess:
    command = [LM_EVAL, "--include_path", tasks_path(), *arguments]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **kwargs)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)


@pytest.fixture(scope="module")
def cloze(lm) -> dict:
    """A run of 16 rows (two questions) and one row more, which --limit cuts off from its question."""
    return evaluate(lm, "calm_mini_xl_cloze", limit=17)


def test_results_have_every_metric_with_a_value_and_an_error(cloze):
    results = cloze["results"]["calm_mini_xl_cloze"]
    expected = metrics.names(LANGUAGES, labelled=True, scored=True, responses=False)
    assert {"acc", "consistency", "alpha", "rankc", "majority_acc", "pivot_gap", "acc_zh"} <= set(expected)
    for name in expected:
        assert isinstance(results[f"{name},none"], float), name
        assert isinstance(results[f"{name}_stderr,none"], float), name


def test_a_question_that_the_limit_cut_is_left_out(cloze):
    report = cloze["configs"]["calm_mini_xl_cloze"]["metadata"]["calm"]
    assert (report["questions"], report["incomplete"]) == (2, 1)
    assert report["languages"] == list(LANGUAGES)
    assert report["pairwise"]["consistency"]["en"]["zh"] == report["pairwise"]["consistency"]["zh"]["en"]


def test_the_log_has_all_three_scores_and_the_rows_own_accuracy(cloze):
    row = cloze["samples"]["calm_mini_xl_cloze"][0]
    scores = row["answers"]["scores"]
    likelihoods = [float(resp[0][0]) for resp in row["resps"]]
    assert scores["sum"] == likelihoods[:5]
    assert scores["pmi"] == [a - b for a, b in zip(likelihoods[:5], likelihoods[5:], strict=True)]
    assert scores["bytes"][2] == pytest.approx(likelihoods[2] / len(f" {row['doc']['options'][2]}"))
    assert row["answers"]["choice"] == max(range(5), key=scores["pmi"].__getitem__)
    assert row["acc"] == float(row["answers"]["choice"] == row["doc"]["answer"])


def test_the_null_context_has_no_examples_and_no_system_text(lm):
    given = {"limit": 1, "num_fewshot": 1, "system_instruction": "Be brief."}
    row = evaluate(lm, "calm_mini_xl_cloze", **given)["samples"]["calm_mini_xl_cloze"][0]
    context, null = row["arguments"][0][0], row["arguments"][5][0]
    assert context.startswith("Be brief.")
    assert context.count("Question: ") == 2
    assert null == "Answer:"


def test_scores_are_the_three_ways_of_the_design():
    scores = option_scores([-4.0, -6.0, -1.0, -5.0], [" a", " bcd"])
    assert scores == {"sum": [-4.0, -6.0], "bytes": [-2.0, -1.5], "pmi": [-3.0, -1.0]}


def test_results_can_be_recomputed_from_the_sample_log(tiny, tmp_path):
    out = tmp_path / "out"
    done = lm_eval(
        *("--model", "hf", "--model_args", f"pretrained={tiny},dtype=float32", "--device", "cpu"),
        *("--tasks", "calm_mini_xl", "--limit", 32, "--batch_size", 8, "--output_path", out, "--log_samples"),
    )
    assert done.returncode == 0, done.stderr
    assert "|calm_mini_xl|" in done.stdout
    (results,) = out.glob("*/results_*.json")
    (log,) = out.glob("*/samples_calm_mini_xl_*.jsonl")
    written = json.loads(results.read_text())["results"]["calm_mini_xl"]
    again = score([read(log)])
    assert again["questions"] == 4
    for name, found in again["metrics"].items():
        assert written[f"{name},none"] == pytest.approx(found["value"], abs=1e-9), name
        assert written[f"{name}_stderr,none"] == pytest.approx(found["stderr"], abs=1e-9), name
    assert {name.split(",")[0] for name in written} >= set(again["metrics"])


def test_free_text_is_sampled_repeats_times_and_the_first_is_scored(lm, tmp_path):
    results = evaluate(
        lm,
        "calm_mini_xl_cot",
        metadata={"repeats": 2, "languages": "en,fr", "pretrained": lm.model.name_or_path},
        limit=2,
        gen_kwargs="do_sample=True,temperature=0.7,max_gen_toks=16",
    )
    rows = results["samples"]["calm_mini_xl_cot"]
    assert [len(row["resps"][0]) for row in rows] == [2, 2]
    assert [row["filtered_resps"] for row in rows] == [[row["resps"][0][0]] for row in rows]
    assert rows[0]["arguments"][0][1]["until"] == []
    assert {"truncated,none", "invalid,none", "consistency,none"} <= results["results"]["calm_mini_xl_cot"].keys()
    assert not {"rankc,none", "margin,none", "margin_en,none"} & results["results"]["calm_mini_xl_cot"].keys()


def test_a_response_that_fills_the_limit_is_truncated(lm):
    given = {"metadata": {"languages": "en", "pretrained": lm.model.name_or_path}, "limit": 1}
    results = evaluate(lm, "calm_mini_xl_cot", gen_kwargs="max_gen_toks=8", **given)
    assert results["results"]["calm_mini_xl_cot"]["truncated,none"] == 1.0


def test_without_a_tokenizer_truncation_is_not_reported():
    assert "truncated" not in task("calm_mini_xl_cot", model="no/such-model").metric_names
    assert "truncated" not in task("calm_mini_xl_cot").metric_names


def test_a_single_language_has_no_cross_lingual_metrics():
    names = task("calm_mini_xl_cloze", languages="fr").metric_names
    assert names == ["acc", "margin", "position_entropy", "invalid", "acc_fr", "margin_fr"]


class ChatHFLM(HFLM):
    """The offline base model has no chat template; this one is Gemma's own form of a turn."""

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        turns = "".join(f"<start_of_turn>{m['role']}\n{m['content']}<end_of_turn>\n" for m in chat_history)
        return turns + "<start_of_turn>model\n" * add_generation_prompt


def test_chat_turns_carry_no_delimiting_white_space(offline_model):
    lm = ChatHFLM(pretrained=str(offline_model), device="cpu", dtype="float32", batch_size=8)
    given = {"limit": 1, "num_fewshot": 1, "apply_chat_template": True, "fewshot_as_multiturn": True}
    row = evaluate(lm, "calm_mini_xl_cloze", **given)["samples"]["calm_mini_xl_cloze"][0]
    (context, choice), (null, _) = row["arguments"][0], row["arguments"][5]
    assert choice == row["doc"]["options"][0]
    assert context.count("<start_of_turn>assistant\n") == 1
    assert "<start_of_turn>assistant\n " not in context
    assert null == "<start_of_turn>user\nAnswer:<end_of_turn>\n<start_of_turn>model\n"


def test_permuted_options_are_the_same_in_all_languages_and_logged():
    rows = list(task("calm_mini_xl", option_seed=7).eval_docs)
    plain = list(task("calm_mini_xl").eval_docs)
    for row, other in zip(rows, plain, strict=True):
        assert row["options"] == [other["options"][place] for place in row["order"]]
        assert row["options"][row["answer"]] == other["options"][other["answer"]]
    by_question: dict[str, set] = {}
    for row in rows:
        by_question.setdefault(row["question_id"], set()).add(tuple(row["order"]))
    assert all(len(orders) == 1 for orders in by_question.values())
    assert any(row["order"] != other["order"] for row, other in zip(rows, plain, strict=True))


def test_a_request_cache_tells_metadata_apart(monkeypatch, tmp_path):
    monkeypatch.setattr("lm_eval.caching.cache.PATH", str(tmp_path))
    seen = {}
    for languages in ("en", "fr"):
        made = task("calm_mini_xl", languages=languages)
        made.set_config("num_fewshot", 0)
        made.set_fewshot_seed(1)
        for _ in range(2):
            made.build_all_requests(cache_requests=True, limit=1)
            seen.setdefault(languages, set()).add(made.instances[0].args[0])
    assert [len(contexts) for contexts in seen.values()] == [1, 1]
    assert seen["en"] != seen["fr"]
    assert len(list(tmp_path.iterdir())) == 2


def test_the_releases_own_prompt_is_used_as_it_stands(calm_release):
    made = task("calm_xcsqa_xl_cot", source=str(calm_release), prompt="release", languages="en")
    assert made.doc_to_text(made.eval_docs[0]).startswith("Answer the multiple choice question. Your anwer should")
    with pytest.raises(CalmError, match="prompt=release is for the _cot tasks"):
        task("calm_xcsqa_xl", source=str(calm_release), prompt="release")


def test_lettered_and_cloze_tasks_of_bmlama_permute_the_gold(bmlama17):
    made = task("calm_bmlama_xl_cloze", source=str(bmlama17), languages="en,fr")
    golds = {doc["answer"] for doc in made.eval_docs}
    assert golds == set(range(10))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"langauges": ["en"]}, "no option 'langauges'; did you mean 'languages'"),
        ({"languages": ["en", "xx"]}, "'xx'"),
        ({"split": "dev"}, "'dev'"),
    ],
)
def test_bad_options_are_refused(options, said):
    with pytest.raises(CalmError, match=said):
        task("calm_mini_xl", **options)


def test_a_bad_option_ends_lm_eval_in_one_line_without_a_traceback(tmp_path, offline_model):
    words = ["--model", "hf", "--model_args", f"pretrained={offline_model}", "--tasks", "calm_mini_xl"]
    done = lm_eval(*words, "--metadata", '{"langauges": ["en"]}', cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("calm: ")
    assert "no option 'langauges'; did you mean 'languages'" in last


def test_processes_share_the_rows_and_give_the_same_metrics(tiny, tmp_path):
    script = [ROOT / "tests" / "task" / "sharded_eval.py", tiny, "calm_mini_xl_cloze", 24]
    torchrun = Path(sys.executable).with_name("torchrun")
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for command in ([sys.executable, *script, one], [torchrun, "--nproc-per-node", 2, *script, two]):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stderr[-3000:]
    ranks = [json.loads(Path(f"{two}.{rank}.json").read_text()) for rank in (0, 1)]
    assert [rank["world_size"] for rank in ranks] == [2, 2]
    rows = [{tuple(row) for row in rank["rows"]} for rank in ranks]
    assert rows[0].isdisjoint(rows[1])
    assert len(rows[0] | rows[1]) == 24
    assert {language for _, language in rows[0] | rows[1]} == set(LANGUAGES)
    alone, together = json.loads(one.read_text()), json.loads(two.read_text())
    assert alone.keys() == together.keys()
    for key, value in alone.items():
        assert together[key] == (pytest.approx(value, abs=1e-6) if isinstance(value, float) else value), key


def test_a_process_that_was_padded_logs_no_sample_twice(tiny, tmp_path):
    """Three rows on two processes: the one with a single row runs it again, so that both have equally many."""
    torchrun = Path(sys.executable).with_name("torchrun")
    script = [ROOT / "tests" / "task" / "sharded_eval.py", tiny, "calm_mini_xl_cot", 3, tmp_path / "out.json"]
    gen_kwargs = "do_sample=True,temperature=0.7,max_gen_toks=4"
    command = [torchrun, "--nproc-per-node", 2, *script, '{"repeats": 2, "languages": "en"}', gen_kwargs]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads((tmp_path / "out.json.responses").read_text()) == [2, 2, 2]


def test_identify_needs_ids_in_all_files_or_in_none(cloze):
    assert isinstance(cloze["samples"]["calm_mini_xl_cloze"], list)
    with pytest.raises(CalmError, match="score them apart"):
        identify([[_prediction("1")], [_prediction(None)]])


def _prediction(question_id):
    from calm_harness.predictions import Prediction

    return Prediction("en", "stem", ("a", "b"), 0, (0,), question_id)


def test_documents_are_a_dataset(lm):
    assert isinstance(task("calm_mini_xl").eval_docs, datasets.Dataset)
