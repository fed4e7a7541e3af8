"""What decides an evaluation: what lies under its paths, and its other flags."""

import json
import shutil
from itertools import product

import pytest

from calm_harness.cache import changes
from calm_harness.evaluation import configure
from calm_harness.task.inputs import digests, inputs, provenance, request_key, set_of
from calm_harness.task.options import Options

RECIPE = """
name: birds
files: "{language}-{split}.jsonl"
languages: {en: en, fr: fr}
splits: [test, train]
columns: {id: id, stem: stem, options: options, answer: answer}
answers: letter
"""


@pytest.fixture
def birds(tmp_path):
    """A set of a user's own: a recipe, and a file a language."""
    folder = tmp_path / "birds"
    folder.mkdir()
    (folder / "birds.yaml").write_text(RECIPE)
    for language, split in product(("en", "fr"), ("test", "train")):
        rows = [
            {"id": f"{split}-{i}", "stem": f"{language} {split} {i}?", "options": [f"a{i}", f"b{i}"], "answer": "A"}
            for i in range(3)
        ]
        (folder / f"{language}-{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def of(*words):
    config = configure(words)
    return json.loads(json.dumps(inputs(config, digests(config)), default=str))


def on(birds, *more):
    words = ["--model", "hf", "--model_args", "pretrained=org/none,dtype=float32", "--tasks", "calm_custom_xl"]
    return of(*words, "--metadata", json.dumps({"source": str(birds / "birds.yaml")}), *more)


def test_one_gold_letter_is_another_input(birds):
    before = on(birds)
    path = birds / "fr-test.jsonl"
    path.write_text(path.read_text().replace('"answer": "A"', '"answer": "B"', 1))
    assert changes(before, on(birds)) == ["questions: calm_custom_xl"]


def test_a_set_that_was_moved_is_the_same_input(birds, tmp_path):
    before = on(birds)
    shutil.move(birds, tmp_path / "elsewhere")
    assert changes(before, on(tmp_path / "elsewhere")) == []


def test_one_byte_of_the_release_is_another_input(calm_release, tmp_path, monkeypatch):
    shutil.copytree(calm_release / "data" / "xcsqa" / "test", tmp_path / "data" / "xcsqa" / "test")
    monkeypatch.setenv("CALM_RELEASE_DIR", str(tmp_path))
    words = ["--model", "hf", "--tasks", "calm_xcsqa_xl", "--metadata", '{"languages": "en,fr"}']
    before = of(*words)
    path = tmp_path / "data" / "xcsqa" / "test" / "x_csqa_fr_test.json"
    text = path.read_text("utf-8")
    first = json.loads(text)[0]["input"].split()[0]
    assert first[0].isupper()
    path.write_text(text.replace(first, first.lower(), 1), "utf-8")
    assert changes(before, of(*words)) == ["questions: calm_xcsqa_xl"]


def test_flags_are_named_and_what_decides_no_figure_is_not_there(birds):
    before = on(birds)
    assert changes(before, on(birds, "--num_fewshot", "1")) == [
        "questions: examples of calm_custom_xl",
        "arguments: num_fewshot",
    ]
    assert changes(before, on(birds, "--model_args", "dtype=float16")) == ["arguments: model_args: dtype"]
    assert changes(before, on(birds, "--metadata", '{"option_seed": 1}')) == [
        "questions: calm_custom_xl",
        "arguments: metadata: option_seed",
    ]
    assert changes(before, on(birds, "--output_path", "somewhere", "--log_samples")) == []


def test_what_a_configuration_file_says_counts(birds, tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("num_fewshot: 0\n")
    before = on(birds, "--config", str(path))
    path.write_text("num_fewshot: 0\nsystem_instruction: Be brief.\n")
    assert changes(before, on(birds, "--config", str(path))) == ["arguments: system_instruction"]


def test_a_model_that_is_not_known_here_counts_by_its_name(birds):
    found = on(birds)
    assert found["model"] is None
    assert found["arguments"]["model_args"] == {"pretrained": "org/none", "dtype": "float32"}


def test_a_task_names_its_set():
    assert [set_of(name) for name in ("calm_mini_xl", "calm_bmlama_xl_cloze", "calm_birds_xl", "hellaswag")] == [
        "mini",
        "bmlama",
        None,
        None,
    ]


def test_results_say_the_seed_in_effect():
    assert provenance("mini", Options(), {}) == {"option_seed": None}
    assert provenance("bmlama", Options(), {}) == {"option_seed": 0}
    assert provenance("bmlama", Options(option_seed=3), {}) == {"option_seed": 3}


def test_results_say_which_model_and_adapter(tmp_path):
    for name, content in (("base", "1"), ("adapter", "2"), ("tokenizer", "3")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(content)
    names = {"pretrained": str(tmp_path / "base"), "peft": str(tmp_path / "adapter")}
    found = provenance("mini", Options(), names)
    assert found["model"]["revision"] is None
    assert len(found["model"]["digest"]) == len(found["adapter"]["digest"]) == 16
    both = provenance("mini", Options(), {**names, "tokenizer": str(tmp_path / "tokenizer")})
    assert both["model"]["digest"].startswith(found["model"]["digest"] + "+")
    assert "model" not in provenance("mini", Options(), {"tokenizer": str(tmp_path / "tokenizer")})


def test_requests_depend_on_generation_settings_to_the_last_sign():
    def key(until="\n", template=None, **settings):
        return request_key({"generation_kwargs": {"until": [until], **settings}, "metadata": {"x": 1}}, (), template)

    keys = [key(), key("\n\n"), key("."), key(temperature=0.7), key(temperature=7), key(repeats=2)]
    keys += [key(template=lambda turns: f"<user>{turns[0]['content']}"), key(template=lambda turns: "other")]
    assert len(set(keys)) == len(keys)
    assert key() == request_key({"generation_kwargs": {"until": ["\n"]}, "metadata": {"x": 2}}, (), None)
