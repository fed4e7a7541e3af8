"""A path may hold whatever a system lets it hold, in every flag, YAML file and recipe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from calm_harness.errors import CalmError
from calm_harness.evaluation import configure
from calm_harness.models.digest import identify
from trainer.rounds import evaluate as rounds
from trainer.rounds.arguments import LoopArguments
from trainer.rounds.plan import Ask

ROOT = Path(__file__).parents[2]
ODD = ["a b", "a,b", "a=b", "模型é", "x" * 200, "-dash", "100%s", "a#b?", "line\nbreak", "it's", 'a "b"', "[x]*"]
TASK = ["--model", "hf", "--tasks", "calm_mini_xl"]


@pytest.mark.parametrize("name", ODD)
def test_a_command_that_a_loop_starts_has_every_path_as_it_is(name, tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(rounds, "start", lambda words, launcher: started.append(words))
    monkeypatch.chdir(tmp_path)
    args = LoopArguments(output="x", model=f"./{name}", task="calm_mini_xl_cloze")
    ask = Ask("test", "calm_mini_xl_cloze", {"languages": ["en", "fr"]}, ("mini-101",))
    with pytest.raises(CalmError, match="has no sample log"):  # nothing was evaluated
        rounds.evaluate(args, Path(name) / "dpo", ask, Path(name) / "test")
    ((module, command, *flags),) = started
    config = configure(flags)
    assert (module, command) == ("calm_harness", "eval")
    assert config.model_args == {"pretrained": f"./{name}", "peft": os.path.join(name, "dpo")}
    assert config.output_path == os.path.join(name, "test")
    assert list(config.samples) == ["calm_mini_xl_cloze"]


def test_a_loop_says_which_path_lm_eval_cannot_be_given(tmp_path):
    args = LoopArguments(output="x", model="./m", task="calm_mini_xl_cloze")
    ask = Ask("test", "calm_mini_xl_cloze", {"languages": ["en", "fr"]}, ("mini-101",))
    with pytest.raises(
        CalmError, match=r"y\} has a \{ in its name, which --samples does not take; name another output"
    ):
        rounds.evaluate(args, None, ask, tmp_path / "{y}")


def test_a_path_that_is_cut_at_a_comma_ends_in_one_line_that_says_how_to_give_it():
    with pytest.raises(CalmError) as caught:
        configure([*TASK, "--model_args", "pretrained=/a,b"])
    assert str(caught.value) == (
        "argument --model_args: expected `key=value`, got 'b'; a path with a comma or a quotation mark is given as "
        """JSON: --model_args '{"pretrained": "/a,b"}'"""
    )
    given = configure([*TASK, "--model_args", '{"pretrained": "/a,b"}']).model_args
    assert given == {"pretrained": "/a,b"}


def test_home_is_found_where_the_shell_does_not_look_for_it(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    config = configure([*TASK, "--model_args", "pretrained=~/m,peft=~/a", "--output_path", "~/runs"])
    assert config.model_args == {"pretrained": str(tmp_path / "m"), "peft": str(tmp_path / "a")}
    assert (config.metadata["pretrained"], config.output_path) == (str(tmp_path / "m"), str(tmp_path / "runs"))


RECIPES = ["evaluate/cpu.sh", "evaluate/gpus.sh", "evaluate/vllm.sh", "cluster/ray_vllm.sh", "retrieval/wikipedia.sh"]


@pytest.mark.skipif(sys.platform == "win32", reason="recipes are for sh")
@pytest.mark.parametrize("recipe", [*RECIPES, "retrieval/textbooks.sh", "evaluate/api.sh"])
def test_a_recipe_hands_a_model_s_path_on_as_it_is(recipe, tmp_path):
    for name in ("calm", "torchrun", "accelerate"):
        (tmp_path / name).write_text('#!/bin/sh\nprintf "%s\\0" "$@" >"$SAID"\n', encoding="utf-8", newline="\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "index").mkdir()
    model = "/models/a, b=c (é #%~)/it's"
    said = tmp_path / "said"
    variables = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "MODEL": model, "SAID": str(said)}
    words = ["sh", ROOT / "recipes" / recipe, tmp_path / "index", "out put"]
    subprocess.run(words, env={**os.environ, **variables}, check=True, timeout=60)
    flags = said.read_text("utf-8").split("\0")
    given = configure([*TASK, "--model_args", flags[flags.index("--model_args") + 1]]).model_args
    assert given["model" if recipe == "evaluate/api.sh" else "pretrained"] == model
    assert "out put" in flags


@pytest.mark.parametrize("name", [*ODD, "~"])
def test_a_model_is_known_by_its_content_in_whatever_folder_it_lies(name, tmp_path):
    digests = set()
    for folder in (tmp_path / "plain", tmp_path / name):
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps({"a": 1}), encoding="utf-8")
        digests.add(identify(str(folder)))
    assert len(digests) == 1
    assert None not in digests
