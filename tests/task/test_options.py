import pytest

from calm_harness.errors import CalmError
from calm_harness.questions.schema import Mix
from calm_harness.task.options import Options, of_set


def test_our_options_are_picked_out_of_the_model_arguments():
    metadata = {"pretrained": "gemma", "dtype": "float32", "version": 1.0, "languages": ["en", "zh"], "split": "train"}
    assert Options.from_metadata(metadata) == Options(languages=("en", "zh"), split="train")


def test_languages_may_be_one_string():
    assert Options.from_metadata({"languages": "en, zh"}).languages == ("en", "zh")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("langauges", "languages"),
        ("passage_languages", "passage_language"),
        ("repeat", "repeats"),
        ("option-seed", "option_seed"),
        ("scores", "score"),
    ],
)
def test_a_name_that_is_almost_ours_is_refused(name, meant):
    with pytest.raises(CalmError, match=f"no option '{name}'; did you mean '{meant}'"):
        Options.from_metadata({name: "x"})


def test_backend_arguments_are_not_mistaken_for_ours():
    backend = ["pretrained", "revision", "seed", "device", "dtype", "tokenizer", "parallelize", "max_length", "peft"]
    backend += ["trust_remote_code", "base_url", "num_concurrent", "tensor_parallel_size", "gpu_memory_utilization"]
    backend += ["max_retries", "tokenized_requests", "prefix_token_id", "add_bos_token", "subfolder", "quantization"]
    assert Options.from_metadata(dict.fromkeys(backend, "x")) == Options()


@pytest.mark.parametrize(
    ("metadata", "wanted"),
    [
        ({"score": "pmii"}, "one of sum, bytes, pmi"),
        ({"prompt": "theirs"}, "one of release"),
        ({"repeats": 0}, "a whole number from 1"),
        ({"repeats": "4"}, "a whole number from 1"),
        ({"option_seed": "x"}, "a whole number"),
        ({"languages": 3}, "tags"),
        ({"languages": []}, "tags"),
        ({"split": 1}, "a split's name"),
        ({"index": 1}, "a folder"),
        ({"k": 0}, "a whole number from 1"),
        ({"k": "3"}, "a whole number from 1"),
        ({"glossary": 1, "passage_language": "glossary"}, "a file of labels, or titles"),
        ({"pivot": "", "passage_language": "glossary", "glossary": "titles"}, "a tag: en"),
        ({"passage_language": ""}, "same, any, oracle, distractor, glossary or a tag"),
        ({"passage_budget": 0}, "a whole number from 1"),
        ({"keep_leaks": "no"}, "true or false"),
        ({"fewshot": "train"}, "one of leave_one_out"),
        ({"mix": "silver"}, "one of question, options, gold, gold_question, one_wrong, all_wrong, mixup"),
        ({"mix_with": ""}, "a tag"),
        ({"mix_seed": "0"}, "a whole number"),
        ({"mix_note": "yes"}, "true or false"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(metadata, wanted):
    with pytest.raises(CalmError, match=f"--metadata: {next(iter(metadata))} must be {wanted}"):
        Options.from_metadata(metadata)


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"passage_language": "glossary"}, "passage_language=glossary needs a table; give glossary: labels.csv, or"),
        ({"glossary": "labels.csv"}, "glossary is for passage_language=glossary; give that, or leave it out"),
        ({"pivot": "en", "passage_language": "oracle"}, "pivot is for passage_language=glossary"),
    ],
)
def test_a_glossary_is_a_kind_of_passages_with_a_table(metadata, said):
    with pytest.raises(CalmError, match=f"--metadata: {said}"):
        Options.from_metadata(metadata)


def test_a_sets_own_options_win_over_the_general_ones():
    metadata = {"medqa": {"languages": "en,zh"}, "languages": "en", "pretrained": "gemma", "score": "pmi"}
    assert of_set(metadata, "medqa") == {"languages": "en,zh", "pretrained": "gemma", "score": "pmi"}
    assert of_set(metadata, "xcsqa") == {"languages": "en", "pretrained": "gemma", "score": "pmi"}


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"medqa": {"langauges": "en"}}, "medqa: there is no option 'langauges'; did you mean 'languages'?"),
        ({"medqa": {"dtype": "float32"}}, "medqa: there is no option 'dtype' (known: languages, split, source,"),
        ({"medqa": "en,zh"}, "medqa must be the options of that set"),
        ({"medqs": {"languages": "en"}}, "there is no question set 'medqs'; did you mean 'medqa'?"),
        ({"belebele": {"languages": "en"}}, "there is no question set 'belebele' (known: medqa, xcsqa, bmlama, mini,"),
    ],
)
def test_options_of_a_set_that_cannot_be_meant_are_refused(metadata, said):
    with pytest.raises(CalmError) as caught:
        of_set(metadata, "mini")
    assert said in str(caught.value)


def test_a_models_own_dictionaries_are_no_sets():
    metadata = {"header": {"X-Key": "1"}, "chat_template_args": {"enable_thinking": False}, "rope_scaling": {}}
    assert of_set(metadata, "mini") == metadata


def test_a_task_is_run_with_its_sets_options_and_says_so(lm_tasks):
    made = lm_tasks("calm_mini_xl", mini={"languages": "fr", "option_seed": 3}, languages="en", medqa={"split": "test"})
    assert set(made.eval_docs["language"]) == {"fr"}
    recorded = made.dump_config()["metadata"]
    assert (recorded["languages"], recorded["option_seed"]) == ("fr", 3)
    assert "medqa" not in recorded


@pytest.fixture
def lm_tasks():
    from lm_eval.tasks import TaskManager

    from calm_harness.task.paths import tasks_path

    def make(name, **metadata):
        manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
        return manager.load([name])["tasks"][name]

    return make


def test_languages_are_mixed_with_english_unless_told_otherwise():
    assert Options(mix="gold").mixing == Mix("gold", "en")
    told = Options.from_metadata({"mix": "mixup", "mix_with": "de", "mix_seed": 2, "mix_note": True})
    assert told.mixing == Mix("mixup", "de", 2, True)
    assert Options().mixing is None


@pytest.mark.parametrize("told", [{"mix_with": "de"}, {"mix_note": True}, {"mix_seed": 1}])
def test_what_is_said_of_a_mix_needs_one(told):
    with pytest.raises(CalmError, match=f"{next(iter(told))} is for mixed languages; give mix, too"):
        Options.from_metadata(told)
