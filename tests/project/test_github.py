"""What GitHub reads: workflows that name what there is and may do no more than they must, templates, the citation."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from calm_harness import __version__

ROOT = Path(__file__).parent.parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
PINNED = re.compile(r"[\w.-]+/[\w./-]+@v\d+(\.\d+)*")


def read(path):
    return yaml.safe_load(path.read_text("utf-8"))


def jobs(path):
    return read(path)["jobs"]


def steps(path):
    return [step for job in jobs(path).values() for step in job["steps"]]


def commands(path):
    return [step["run"] for step in steps(path) if "run" in step]


def test_there_are_these_workflows():
    assert [path.stem for path in WORKFLOWS] == ["docs", "lint", "release", "test", "upstream"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_a_job_says_what_more(path):
    assert read(path)["permissions"] == {"contents": "read"}
    more = {permission for job in jobs(path).values() for permission in job.get("permissions", {})}
    assert more <= {"release": {"id-token"}, "docs": {"id-token", "pages"}}.get(path.stem, set())
    assert "secrets." not in path.read_text("utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_jobs_end(path):
    for job in jobs(path).values():
        assert job["timeout-minutes"] <= 120
        assert job["runs-on"] == "ubuntu-24.04"
    for step in steps(path):
        assert ("run" in step) != ("uses" in step)
        assert "uses" not in step or PINNED.fullmatch(step["uses"]), step["uses"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_names_what_there_is(path):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in commands(path):
        for target in re.findall(r"(?:^|&& )make (\S+)", command):
            assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE), command
        for word in shlex.split(re.sub(r"\$\{\{.*?\}\}", "X", command).replace("\n", " ")):
            if word.startswith("tests/"):
                assert (ROOT / word.partition("::")[0]).exists(), word
    for name in re.findall(r"cache-dependency-path: (\S+)", path.read_text("utf-8")):
        assert list(ROOT.glob(name)), name


def test_pythons_are_those_that_the_project_names():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    named = set(re.findall(r"Programming Language :: Python :: (\d\.\d+)", text))
    matrix = jobs(GITHUB / "workflows" / "test.yml")["others"]["strategy"]["matrix"]["python"]
    fixed = {
        step["with"]["python-version"] for path in WORKFLOWS for step in steps(path) if "python" in step.get("uses", "")
    }
    assert {*matrix} <= named
    assert fixed - {"${{ matrix.python }}"} == {"3.11"}  # the one that requirements/ is locked for
    assert 'requires-python = ">=3.11"' in text


def test_upstream_tries_every_library_that_has_a_bound():
    from tests.test_private_names import BOUND

    tried = jobs(GITHUB / "workflows" / "upstream.yml")["main"]["strategy"]["matrix"]["upstream"]
    names = {library.rpartition("/")[2].lower() for library in tried}
    assert names == {{"lm-eval": "lm-evaluation-harness"}.get(name, name) for name in BOUND}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_is_one(path):
    form = read(path)
    assert {"name", "description", "body"} <= form.keys()
    ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids)) > 0
    assert all(part["attributes"]["label"] for part in form["body"])


def test_there_is_a_form_for_each_kind_of_issue():
    assert [path.stem for path in FORMS] == ["crash", "set-or-language", "wrong-number"]


def test_the_citation_is_of_this_version():
    citation = read(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors", "type", "license", "version", "references"} <= citation.keys()
    assert citation["version"] == __version__
    assert citation["license"] == "Apache-2.0"
    for reference in citation["references"]:
        assert {"type", "title", "authors"} <= reference.keys()


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", ".github/pull_request_template.md"])
def test_what_a_page_of_the_project_links_and_names_is_there(name):
    text = (ROOT / name).read_text("utf-8")
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert link.startswith("http") or (ROOT / link).exists(), link
    for path in re.findall(r"`?\b((?:docs|tests|tasks)/[\w/.-]+\.\w+)", text):
        assert (ROOT / path).exists(), path
