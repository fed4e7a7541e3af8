"""The names that are used of lm-eval, TRL and transformers without being promised by them: each stands in one place.

Where a test here fails, a library has moved: read what changed, mend the file that the message names, and only then
raise the library's upper bound in pyproject.toml.
"""

import ast
import inspect
import re
import tomllib
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PACKAGES = ("calm_harness", "retrieval", "trainer")
HF_PREFIX = "calm_harness/models/hf_prefix.py"
CALM_TASK = "calm_harness/task/calm_task.py"
OPEN_TASK = "calm_harness/task/open/open_task.py"
FEWSHOT = "calm_harness/task/fewshot.py"
EVALUATION = "calm_harness/evaluation.py"
SERVER = "calm_harness/sampling/server.py"
DRAWS = "calm_harness/models/draws.py"
SHARING = "calm_harness/models/sharing.py"
SHARED_PROMPTS = "trainer/training/shared_prompts.py"
GRPO = "trainer/methods/grpo.py"
WHOLE_QUESTIONS = "trainer/rollouts/prompts.py"
COMMAND = "trainer/command.py"
REFERENCE = "trainer/methods/reference.py"
DCO = "trainer/methods/dco.py"


@dataclass(frozen=True)
class Used:
    """A function of a library, what it has to take, and the one file that builds on it."""

    file: str
    name: str
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


TASK, SAMPLER = "lm_eval.api.task:ConfigurableTask", "lm_eval.api.samplers:ContextSampler"
HFLM = "lm_eval.models.huggingface:HFLM"
API = "lm_eval.models.api_models:TemplateAPI"
USED = [
    Used(HF_PREFIX, f"{HFLM}._loglikelihood_tokens", ("self", "requests", "disable_tqdm", "override_bs")),
    Used(HF_PREFIX, f"{HFLM}._model_generate", ("self", "context", "max_length", "stop", "generation_kwargs")),
    Used(HF_PREFIX, f"{HFLM}._detect_batch_size", ("self", "requests", "pos")),
    Used(HF_PREFIX, f"{HFLM}.tok_batch_encode", ("self", "strings", "left_truncate_len")),
    Used(SERVER, f"{API}.model_call", ("self", "messages", "generate", "gen_kwargs")),
    Used(SERVER, f"{API}.parse_generations", ("outputs", "kwargs")),
    Used(SERVER, f"{API}.tok_encode", ("self", "string", "add_special_tokens")),
    Used(DRAWS, "transformers:GenerationMixin._prepare_generation_config", ("self", "generation_config", "kwargs")),
    Used(CALM_TASK, f"{TASK}.__init__", ("self", "config")),
    Used(CALM_TASK, f"{TASK}.download", ("self", "dataset_kwargs", "kwargs")),
    Used(CALM_TASK, f"{TASK}.fewshot_docs", ("self",)),
    Used(CALM_TASK, f"{TASK}.fewshot_context", ("self", "doc", "num_fewshot")),
    Used(CALM_TASK, f"{TASK}.build_qa_turn", ("self", "q", "c", "a", "tgt_delim", "few_delim")),
    Used(CALM_TASK, f"{TASK}.build_all_requests", ("self", "cache_requests", "tokenizer_name")),
    Used(CALM_TASK, f"{TASK}.construct_requests", ("self", "doc", "ctx", "kwargs")),
    Used(CALM_TASK, f"{TASK}.apply_filters", ("self",)),
    Used(CALM_TASK, f"{TASK}.process_results", ("self", "doc", "results")),
    Used(CALM_TASK, f"{TASK}.aggregation", ("self",)),
    Used(CALM_TASK, f"{TASK}.higher_is_better", ("self",)),
    Used(CALM_TASK, f"{TASK}.override_metric", ("self", "metric_name")),
    Used(CALM_TASK, f"{TASK}.dump_config", ("self",)),
    Used(OPEN_TASK, f"{TASK}.doc_to_text", ("self", "doc", "doc_to_text")),
    Used(FEWSHOT, f"{SAMPLER}.set_rnd", ("self", "rnd")),
    Used(FEWSHOT, f"{SAMPLER}.sample", ("self", "n", "eval_doc", "df")),
    Used(CALM_TASK, f"{SAMPLER}.replace_df", ("self", "df")),
    Used(EVALUATION, "lm_eval._cli.run:Run.create", ("subparsers",)),
    Used(EVALUATION, "lm_eval.config.evaluate_config:EvaluatorConfig.from_cli", ("namespace",)),
    Used(EVALUATION, "lm_eval.config.evaluate_config:EvaluatorConfig.process_tasks", ("self", "metadata")),
    Used(SHARED_PROMPTS, "trl:DPOTrainer._prepare_dataset", ("self", "dataset", "processing_class", "args")),
    Used(SHARED_PROMPTS, "trl:DPOTrainer.compute_ref_log_probs", ("self", "model", "inputs")),
    Used(SHARED_PROMPTS, "trl:DPOTrainer.compute_loss", ("self", "model", "inputs", "return_outputs")),
    Used(
        SHARED_PROMPTS,
        "trl.trainer.utils:FusedCausalLMOutput",
        ("loss", "log_probs", "entropy", "mean_logits", "is_top1", "label_mask", "aux_loss"),
    ),
    Used(REFERENCE, "trl:DPOTrainer._precompute_ref_logps", ("self", "dataset", "name", "batch_size")),
    Used(DCO, "trl:DPOTrainer._compute_loss", ("self", "model", "inputs", "return_outputs")),
    Used(DCO, "trl:DPOTrainer._set_signature_columns_if_needed", ("self",)),
    Used(DCO, "trl.trainer.dpo_trainer:DataCollatorForPreference.torch_call", ("self", "examples")),
    Used(SHARED_PROMPTS, "trl:SFTTrainer.compute_loss", ("self", "model", "inputs", "return_outputs")),
    Used(GRPO, "trl:GRPOTrainer._tokenize_prompts", ("self", "prompts")),
    Used(
        GRPO,
        "trl:GRPOTrainer._get_per_token_logps_and_entropies",
        ("self", "model", "input_ids", "attention_mask", "logits_to_keep"),
    ),
    Used(GRPO, "trl:GRPOTrainer.training_step", ("self", "model", "inputs", "num_items_in_batch")),
    Used(WHOLE_QUESTIONS, "trl.trainer.utils:RepeatSampler", ("mini_repeat_count", "batch_size", "shuffle")),
]
ATTRIBUTES = {  # private attributes of other people's objects, and where alone they are used
    "_delimiter": CALM_TASK,  # lm-eval's Message: what parts a turn from the next in plain text
    "_fingerprint": CALM_TASK,  # a data set's hash, for lm-eval's request cache
    "_attn_implementation": SHARING,  # transformers' name of the attention that a model computes with
    "_adapters_disabled": SHARING,  # whether PEFT's disable_adapter is in force
    "_commit_hash": "retrieval/encoders.py",  # transformers' word for the revision of a model of the Hub
    "_concurrent": SERVER,  # how many requests lm-eval sends a server at a time
    "_batch_size": SERVER,  # and how many prompts with each
    "_max_gen_toks": SERVER,  # how long a response is where its request does not say
    "_prepare_generation_config": DRAWS,  # what transformers makes of settings and the model's own
    "_exit": "calm_harness/process/children.py",  # Python's own: end without a word to anybody
    "_actions": COMMAND,  # argparse's list of flags, of which TRL makes one a field
}
MODULES = {"lm_eval._cli.run": EVALUATION}
BOUND = ("lm-eval", "transformers", "trl")


@pytest.mark.parametrize("used", USED, ids=str)
def test_a_library_still_has_what_is_used_of_it(used):
    where = f"{used.name}, on which {used.file} builds, has moved: read {used.name.split(':')[0]} and mend that file"
    module, _, path = used.name.partition(":")
    try:
        found = import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError) as error:
        pytest.fail(f"{where} ({error})")
    missing = set(used.parameters) - set(inspect.signature(found).parameters)
    assert not missing, f"{where} (it no longer takes {', '.join(sorted(missing))})"


def test_a_message_and_a_data_set_still_have_their_private_fields():
    from datasets import Dataset
    from lm_eval.api.utils import Message

    assert Message("user", "text")._delimiter == "", "Message._delimiter has moved: mend calm_task.build_qa_turn"
    assert Dataset.from_dict({"a": [1]})._fingerprint, "Dataset._fingerprint has moved: mend build_all_requests"


def test_a_configuration_still_has_every_argument_of_simple_evaluate():
    from lm_eval import simple_evaluate

    from calm_harness.evaluation import _arguments, configure

    given = set(_arguments(configure(["--tasks", "calm_mini_xl"])))
    taken = set(inspect.signature(simple_evaluate).parameters)
    assert given <= taken, f"simple_evaluate no longer takes {given - taken}: mend {EVALUATION}"
    new = taken - given - {"model", "evaluation_tracker", "task_manager", "bootstrap_iters"}
    assert not new, f"simple_evaluate takes {new} now: hand it on in {EVALUATION}"


def sources():
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def private_uses(path):
    """Yield what a file uses that begins with an underscore and belongs to somebody else."""
    tree = ast.parse(path.read_text("utf-8"))
    own = {name for node in ast.walk(tree) for name in _defined(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and re.search(r"(^|\.)_[a-z]", node.module or ""):
            yield node.module
        elif isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr) and node.attr not in own:
            yield from () if _of_self(node) else (node.attr,)


def _of_self(node):
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def _defined(node):
    """Yield the names that a file defines: its functions, and what it stores in `self`."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _of_self(node):
        yield node.attr


def test_no_file_uses_a_private_name_that_is_not_listed_here():
    known = {**ATTRIBUTES, **MODULES}
    uses = {(name, str(path.relative_to(ROOT))) for path in sources() for name in private_uses(path)}
    assert {name for name, _ in uses} == set(known)
    assert {(name, file) for name, file in uses if known[name] != file} == set()


def test_an_upper_bound_stops_at_the_version_that_was_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    every = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    bounded = {}
    for requirement in map(Requirement, every):
        if requirement.name in BOUND:
            bounded.setdefault(requirement.name, set()).add(str(requirement.specifier))
            upper = [Version(one.version) for one in requirement.specifier if one.operator == "<"]
            installed = Version(version(requirement.name))
            assert len(upper) == 1, f"{requirement} has no upper bound"
            assert installed < upper[0], f"{requirement.name} {installed} is beyond the bound of pyproject.toml"
            assert upper[0] <= Version(_next(installed, len(upper[0].release))), (
                f"{requirement}: only {installed} was tested; lower the bound to {_next(installed, 3)}"
            )
    assert set(bounded) == set(BOUND)
    assert all(len(ways) == 1 for ways in bounded.values())


def _next(tested: Version, parts: int) -> str:
    """Return the version after the tested one, in so many parts."""
    *front, last = (*tested.release, 0, 0)[:parts]
    return ".".join(map(str, (*front, last + 1)))
