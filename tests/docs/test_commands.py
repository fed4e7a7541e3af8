"""Every command on a page is one that there is: program, flags, recipes, tasks, options of `--metadata`.

What can be run here in reasonable time is run as well, in `test_start.py`.
"""

import json
import re

import pytest

from calm_harness import evaluation
from calm_harness.cli import parser as command_line
from calm_harness.task.options import Options, of_set
from calm_harness.task.paths import tasks_path
from retrieval import build, search
from tests import helps
from tests.docs.pages import LEFT_OUT, PAGES, ROOT, commands, name

TRAINERS = sorted(path.stem for path in (ROOT / "trainer").glob("*.py") if path.stem not in ("__init__", "command"))
OF_OURS = re.compile(
    r"`((?:benchmarks|calm_harness|docker|docs|notebooks|recipes|retrieval|tasks|tests|trainer)/[^`\s]*\.\w+)`"
)
OF_OTHERS = {"pip", "python3", ".", "uv", "docker", "sbatch"}  # programs that are not ours to check


@pytest.fixture(scope="module")
def trainer_help():
    return helps.of_trainers(TRAINERS)[0]


def check_tasks(named):
    known = {path.stem for path in tasks_path().glob("*.yaml")} | {"calm"}
    assert set(named.split(",")) <= known, named


def check_evaluation(words):
    """As lm-eval's own parser, and ours, take it."""
    config = evaluation.configure(words)
    for task in config.tasks if isinstance(config.tasks, list) else [config.tasks]:
        check_tasks(task)
    Options.from_metadata(of_set(config.metadata, "xcsqa"))


def rest_of(words):
    """What a command cannot do without."""
    if words[0] == "grid":
        axis = "--mix=gold" if any(word.startswith("--mix") for word in words) else "--index=runs"
        return ["--tasks=calm_mini_xl", "--output_path=runs", *([] if "--mix" in words else [axis])]
    return ["--model_args=pretrained=model", "--output_path=runs"] if words[0] == "edit" else []


def check_calm(words):
    if set(words) & set(LEFT_OUT):  # the rest is in another line of the page
        words = [*words, *(word for word in rest_of(words) if word.partition("=")[0] not in words)]
    args, rest = command_line.parser().parse_known_args([word for word in words if word not in LEFT_OUT])
    if words[0] == "eval":
        check_evaluation(rest)
    elif words[0] == "grid":
        evaluation.configure([*rest, "--tasks", args.tasks])
        check_tasks(args.tasks)
    else:
        assert not rest, rest


def check_module(module, words, trainer_help):
    package, _, part = module.partition(".")
    if package == "trainer":
        for flag in (word for word in words if word.startswith("--")):
            assert re.search(rf"(?<!\S){flag}(?![\w-])", trainer_help[part]), f"{module} has no {flag}"
    elif package == "retrieval" and part in ("build", "search"):
        {"build": build, "search": search}[part].parser().parse_args(words)
    else:
        assert (ROOT / package / f"{part}.py").is_file(), module
    for word in words:
        if word.startswith("recipes/"):
            assert (ROOT / word).is_file(), word


def check_recipe(words):
    words = [word for word in words if word not in LEFT_OUT]
    path = ROOT / words[0]
    assert path.is_file(), path
    if path.name != "edit.sh":  # which is told facts
        check_tasks(words[1])


def check_target(target):
    assert re.search(rf"^{target}:.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_are_ones_that_there_are(page, trainer_help):
    for words in commands(page):
        program, *rest = words
        match program:
            case "calm":
                check_calm(rest)
            case "lm_eval":
                check_evaluation(rest)
            case "python":
                assert rest[0] == "-m", words
                check_module(rest[1], rest[2:], trainer_help)
            case "sh":
                check_recipe(rest)
            case "make":
                check_target(rest[0])
            case _:
                assert program in OF_OTHERS, words


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_a_page_names_are_there(page):
    named = {word for word in OF_OURS.findall(page.read_text("utf-8")) if not re.search(r"[*<>{}]", word)}
    assert not [word for word in sorted(named) if not (ROOT / word).is_file()]


def test_a_page_with_a_command_that_there_is_not_is_found(trainer_help):
    with pytest.raises(SystemExit):
        check_calm(["score", "--prediction_files", "a"])
    with pytest.raises(AssertionError):
        check_calm(["eval", "--tasks", "calm_nothing_xl"])
    with pytest.raises(AssertionError):
        check_module("trainer.dpo", ["--pair", "a"], trainer_help)
    with pytest.raises(Exception, match="langauges"):
        check_calm(["eval", "--tasks", "calm_mini_xl", "--metadata", json.dumps({"langauges": "en"})])


def test_there_are_commands_to_check():
    assert sum(len(commands(page)) for page in PAGES) > 50
