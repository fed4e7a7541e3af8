import pytest

from calm_harness.errors import CalmError
from calm_harness.task.options import Options


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
        ({"passage_language": ""}, "same, any, oracle, distractor or a tag"),
        ({"passage_budget": 0}, "a whole number from 1"),
        ({"keep_leaks": "no"}, "true or false"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(metadata, wanted):
    with pytest.raises(CalmError, match=f"--metadata: {next(iter(metadata))} must be {wanted}"):
        Options.from_metadata(metadata)
