"""The images: what they copy is there, what they install is locked, and they agree with the project on versions."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from tests.test_supply import FOLDER, versions

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "docker").glob("*.Dockerfile"))
UBUNTU_PYTHON = {"24.04": "3.12"}  # what apt-get install python3 brings


def instructions(path):
    """List a file's instructions: the word that it begins with, and the rest in one line."""
    text = re.sub(r"^#.*\n", "", path.read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def said(path, word):
    return [" ".join(rest.split()) for name, rest in instructions(path) if name == word]


def test_there_are_two_images():
    assert [path.name for path in FILES] == ["cpu.Dockerfile", "cuda.Dockerfile"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_copied_is_there_and_is_sent_to_the_build(path):
    sent = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"
    }
    for copied in said(path, "COPY"):
        *sources, _ = copied.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert source.split("/")[0] in sent, source


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_code_that_the_wheel_is_built_of_is_copied(path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    copied = {source for line in said(path, "COPY") for source in line.split()[:-1]}
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["only-include"], "pyproject.toml", "hatch_build.py", project["project"]["readme"]}
    assert needed | {*project["project"]["license-files"]} <= copied


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_everything_is_checked_by_its_hash_but_our_own_code(path):
    installs = [part for line in said(path, "RUN") for part in line.split(" && ") if "pip install" in part]
    ours = [part for part in installs if part.endswith(" .")]
    assert len(ours) == 1
    assert len(installs) == 4
    for part in installs:
        assert "--no-deps" in part
        assert part in ours or re.search(r"--require-hashes .*-r requirements/[\w-]+\.txt", part), part
    named = [re.search(r"-r (\S+)", part)[1] for part in installs if part not in ours]
    assert all((ROOT / name).is_file() and any(name in line for line in said(path, "COPY")) for name in named)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nobody_is_root_and_the_command_is_calm(path):
    (user,) = said(path, "USER")
    assert user == "1000"
    assert said(path, "ENTRYPOINT") == ['["calm"]']


def test_the_pythons_are_ones_that_the_project_takes():
    allowed = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"])
    (cpu,), (cuda,) = (said(path, "FROM") for path in FILES)
    assert re.fullmatch(r"python:(\d\.\d+)-slim", cpu)[1] in allowed
    assert UBUNTU_PYTHON[re.search(r"ubuntu(\d+\.\d+)$", cuda)[1]] in allowed


def test_the_cuda_of_the_image_is_that_of_torch():
    (base,) = said(FILES[1], "FROM")
    toolkit = versions(FOLDER / "torch-cuda.txt")["cuda-toolkit"]
    assert re.match(r"nvidia/cuda:(\d+\.\d+)\.", base)[1] == ".".join(toolkit.split(".")[:2])
