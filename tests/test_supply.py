"""What is installed is pinned, checked by hash, and said the same in every file that names it."""

import ast
import re
import sys
import tomllib
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements import licences

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
LOCKS = sorted(path.name for path in FOLDER.glob("*.txt"))
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def stanzas(path):
    """Yield each requirement of a file and the hashes after it."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text("utf-8"), flags=re.M).replace("\\\n", " ")
    for line in text.splitlines():
        yield Requirement(line.partition("--hash")[0]), HASH.findall(line), HASH.sub("", line)


def versions(path):
    """Read name -> version of a file in which every package is pinned."""
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one, *_ in stanzas(path)}


def asked(*extras):
    """Return what pyproject.toml asks for, for the extras that are named."""
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    requirements = [Requirement(line) for line in lines]
    own = {one for line in requirements if line.name == PROJECT["name"] for one in line.extras}
    rest = [line for line in requirements if line.name != PROJECT["name"]]
    return [*rest, *(asked(*own) if own else [])]


def imported(package):
    """Map each module that a package imports, by its first name, to a file that does."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            found |= {name.partition(".")[0]: path for name in names}
    return found


def brought(requirements):
    """Return the names of all that is installed with what is asked for, here and now."""
    names, left = set(), list(requirements)
    while left:
        one = left.pop()
        name = canonicalize_name(one.name)
        if (name, *sorted(one.extras)) in names:
            continue
        names |= {name, (name, *sorted(one.extras))}
        for line in map(Requirement, distribution(name).requires or []):
            if line.marker is None or any(line.marker.evaluate({"extra": extra}) for extra in ["", *one.extras]):
                left.append(line)
    return names


@pytest.mark.parametrize("package", ["calm_harness", "retrieval", "tasks", "trainer"])
def test_what_is_imported_is_installed_with_the_extras_that_a_first_run_takes(package):
    """vLLM has lock and extra of its own."""
    there = brought(asked("offline", "report", "retrieval", "train"))
    whose = packages_distributions()
    lacking = {
        module: str(path.relative_to(ROOT))
        for module, path in imported(package).items()
        if module not in {*sys.stdlib_module_names, "calm_harness", "retrieval", "tasks", "trainer", "vllm"}
        and not there & {canonicalize_name(name) for name in whose.get(module, [])}
    }
    assert lacking == {}


def test_there_are_these_lock_files():
    assert LOCKS == ["build.txt", "dev.txt", "run.txt", "tools.txt", "torch-cpu.txt", "torch-cuda.txt", "vllm.txt"]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_one_version_and_a_hash(name):
    found = list(stanzas(FOLDER / name))
    assert found
    for requirement, hashes, rest in found:
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert hashes, f"{requirement} has no hash"
        assert "--" not in rest, f"{requirement} has a hash that is not sha256, or an option"


@pytest.mark.parametrize("name", ["build.txt", "dev.txt", "run.txt"])
def test_a_lock_has_the_versions_of_the_constraints(name):
    constraints = versions(ROOT / "constraints.txt")
    assert versions(FOLDER / name).items() <= constraints.items()


def test_torch_is_the_same_everywhere():
    torch = versions(ROOT / "constraints.txt")["torch"]
    assert versions(FOLDER / "torch-cuda.txt")["torch"] == torch
    assert versions(FOLDER / "torch-cpu.txt") == {"torch": f"{torch}+cpu"}
    assert "torch" not in versions(FOLDER / "dev.txt")


def test_a_build_of_torch_for_gpus_leaves_all_else_as_it_is():
    constraints, cuda = versions(ROOT / "constraints.txt"), versions(FOLDER / "torch-cuda.txt")
    beside = {name for name in cuda if name not in constraints}
    assert {name for name in beside if not re.match("nvidia-|cuda-|triton", name)} == set()
    assert {name: cuda[name] for name in cuda.keys() - beside}.items() <= constraints.items()


def test_the_constraints_are_within_the_ranges_of_the_project_and_name_all_it_asks_for():
    constraints = versions(ROOT / "constraints.txt")
    for requirement in asked(*EXTRAS):
        name = canonicalize_name(requirement.name)
        assert name in constraints, f"{requirement} is not in constraints.txt; run: make lock"
        assert requirement.specifier.contains(constraints[name]), f"{name} {constraints[name]} is not {requirement}"


def test_the_lock_installs_all_that_the_project_asks_for():
    locked = versions(FOLDER / "dev.txt").keys() | {"torch"}
    assert {canonicalize_name(one.name) for one in asked("offline", "dev")} - locked == set()


def test_an_image_has_all_that_users_need_and_nothing_that_only_developers_do():
    locked = versions(FOLDER / "run.txt").keys() | {"torch"}
    users = ("offline", "api", "report", "retrieval", "train")
    assert {canonicalize_name(one.name) for one in asked(*users)} - locked == set()
    assert locked & {"krippendorff", "pytest", "mypy", "atheris", "playwright"} == set()  # the first is under the GPL


def test_vllm_is_locked_in_the_versions_that_were_chosen():
    assert versions(FOLDER / "vllm.txt") == versions(ROOT / "constraints-vllm.txt")


def test_make_installs_nothing_that_is_not_checked_by_its_hash():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    ways = re.findall(r"bin/pip install (.*)", makefile)
    assert ways == [
        "--require-hashes --no-deps --no-build-isolation",
        "--no-deps --no-build-isolation -e .",  # our own, by what build.txt installed
    ]
    assert "pip install" not in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_page_of_licences_names_every_package_that_is_installed():
    page = dict(line.strip("| ").split(" | ")[:2] for line in table())
    locked = {**versions(FOLDER / "dev.txt"), "torch": versions(ROOT / "constraints.txt")["torch"]}
    here = {canonicalize_name(one.name) for path in licences.LOCKS for one in licences.locked(path)}
    assert here - page.keys() == set()  # what is for another system is on the page, and not here
    assert page.items() <= locked.items()


def test_the_page_of_licences_says_what_the_packages_say():
    for name, version, words in (line.strip("| ").split(" | ") for line in table()):
        assert words, f"{name} has no licence"
        try:
            installed = distribution(name).version.removesuffix("+cpu")
        except ModuleNotFoundError:
            continue
        assert installed != version or words == licences.licence(name)


def test_a_package_whose_metadata_say_nothing_is_under_the_licence_that_it_carries(tmp_path):
    folder = tmp_path / "bare-1.dist-info"
    (folder / "licenses").mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.4\nName: bare\nVersion: 1\nLicense-File: LICENSE\n", "utf-8")
    (folder / "licenses" / "LICENSE").write_text("\n  Apache License\n  Version 2.0, January 2004\n\n1.\n", "utf-8")
    assert licences.title(Distribution.at(folder)) == "Apache License, Version 2.0, January 2004"


def test_every_copyleft_licence_is_explained():
    prose = licences.PAGE.read_text("utf-8").partition(licences.HEAD)[0]
    explained = set(re.findall(r"^\| ([a-z0-9-]+) \| (?:.*GPL|MPL)", prose, flags=re.M))
    copyleft = {
        line.split(" | ")[0].strip("| ") for line in table() if re.search("GPL|MPL|Mozilla|EUPL|CDDL|EPL", line)
    }
    assert explained == copyleft


def table():
    return licences.PAGE.read_text("utf-8").partition(licences.HEAD)[2].splitlines()
