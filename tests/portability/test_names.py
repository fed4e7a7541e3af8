"""Folders and languages are told apart on systems that know no case, and are called what every system takes."""

import pytest

from calm_harness.errors import CalmError
from calm_harness.files import folded, is_portable
from calm_harness.predictions import named_file
from calm_harness.questions.selection import check_tags
from calm_harness.questions.sets.recipe import read_recipe
from calm_harness.task.checks import check_model, short_name
from retrieval.corpus import read
from retrieval.errors import RetrievalError
from tests import own_set
from trainer.rounds.plan import check_names


@pytest.mark.parametrize(
    "name", ["", "con", "AUX.json", "com1", "lpt9.txt", "dot.", "space ", " space", "a:b", "a/b", "a\nb", "x" * 256]
)
def test_a_name_that_some_system_refuses(name):
    assert not is_portable(name)


@pytest.mark.parametrize(
    "name", ["round1", "console", "com", "a b", "a,b=c", "模型", "100%", "#1", ".cache", "x" * 255]
)
def test_a_name_that_every_system_takes(name):
    assert is_portable(name)


def test_names_that_one_system_takes_for_one_are_one():
    assert folded("Votes") == folded("votes")
    assert folded("caf\u00e9") == folded("CAFE\u0301")  # composed, and a letter with its accent after it
    assert folded("votes") != folded("vote")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["CALM", "calm"], "arms: two arms are called 'CALM'; give each a name of its own, in which capitals do not"),
        (["Base"], "arms: 'Base' is no name for an arm (taken: base)"),
        (["nul"], "arms: 'nul' is no name for an arm (taken: base)"),
        (["a/b"], "arms: 'a/b' is no name for an arm (taken: base)"),
        ([".."], "arms: '..' is no name for an arm (taken: base)"),
    ],
)
def test_arms_have_folders_of_their_own(names, said):
    with pytest.raises(CalmError) as caught:
        check_names("arms", "arm", names, ["base"])
    assert str(caught.value).startswith(said)
    check_names("arms", "arm", ["calm", "crosslingual"], ["base"])


def test_a_model_s_folder_has_a_name_that_every_system_takes():
    assert short_name("org__model") == "org__model"
    assert short_name(".cache__gemma-3-270m") == ".cache__gemma-3-270m"
    assert short_name("a\nb") == "7e18f737311b__a_b"
    assert short_name("model.").endswith("__model")
    assert short_name("CON").endswith("__CON")
    assert short_name("model.") != short_name("model ")


def test_tags_that_differ_by_case_are_one_language(tmp_path):
    check_tags("x", ["zh", "zh-Hant"])
    with pytest.raises(CalmError, match="x: zh-Hant and zh-hant are the same language; write its tag one way"):
        check_tags("x", ["zh-Hant", "en", "zh-hant"])
    recipe = own_set.write(tmp_path)
    recipe.write_text(own_set.RECIPE.replace("fr: fr", "EN: fr"), encoding="utf-8")
    with pytest.raises(CalmError, match="languages: en and EN are the same language"):
        read_recipe(recipe)
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"text": "a", "language": "fr"}\n{"text": "b", "language": "FR"}\n', encoding="utf-8")
    with pytest.raises(RetrievalError, match=r"corpus.jsonl: fr and FR are the same language; write its tag one way"):
        list(read([corpus]))


def test_a_file_of_predictions_may_have_any_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run=1").mkdir()
    (tmp_path / "run=1" / "log.jsonl").touch()
    assert named_file("run=1/log.jsonl")[0].name == "log.jsonl"
    assert named_file("run=1/log.jsonl")[1] is None
    assert named_file("en=~/log.jsonl") == (tmp_path / "log.jsonl", "en")
    assert named_file("~/log.jsonl") == (tmp_path / "log.jsonl", None)
    assert named_file(r"C:\runs\k=1\log.jsonl")[1] is None
    assert named_file("cn=log=1.jsonl")[1] == "zh"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"pretrained": 2024},
            "--model_args pretrained=2024 is read as a number; for a folder write pretrained=./2024",
        ),
        ({"pretrained": "/not/there"}, "--model_args pretrained=/not/there: there is no such folder; "),
        ({"pretrained": "org/model", "peft": "./it's,so"}, "--model_args peft=./it's,so: there is no such folder; "),
    ],
)
def test_a_model_that_is_not_where_its_path_says_is_told_before_it_is_loaded(given, said):
    with pytest.raises(CalmError) as caught:
        check_model(given)
    assert str(caught.value).startswith(said)
    check_model({"pretrained": "org/model", "dtype": "float32"})
