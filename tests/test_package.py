"""The wheel, installed: bare `lm_eval --tasks calm_...` works from any folder; wheel and sdist as an index has them."""

import json
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TASKS = sorted(path.stem for path in (ROOT / "tasks").glob("*.yaml"))
BOTH_WAYS = """
import json
from importlib.metadata import entry_points
from lm_eval.tasks import TaskManager

(found,) = [point for point in entry_points(group="lm_eval.tasks") if point.dist.name == "calm-harness"]
alone, both = TaskManager(), TaskManager(include_path=found.load())
ours = lambda manager: [name for name in manager.all_subtasks if name.startswith("calm_")]
tag = lambda manager: sorted(manager.task_index["calm"].tags)
print(json.dumps([found.load(), ours(alone), ours(both), tag(alone), tag(both)]))
"""


def run(*command: object, **kwargs) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **kwargs)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with our sdist, and the wheel that is built of it."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--no-isolation", "-o", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Path:
    """The bin folder of a fresh environment with our wheel and lm-eval; all else comes from this environment."""
    folder = tmp_path_factory.mktemp("package")
    (wheel,) = built.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    run(python, "-m", "pip", "install", "-q", "--no-deps", "-c", constraints, wheel, "lm-eval")
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(own, "outer.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def test_an_index_takes_wheel_and_sdist(built):
    files = sorted(built.iterdir())
    assert sorted(path.suffix for path in files) == [".gz", ".whl"]
    said = run(sys.executable, "-m", "twine", "check", "--strict", *files)
    assert said.count("PASSED") == 2


def test_the_sdist_holds_what_the_wheel_is_built_of_and_no_data(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "hatch_build.py", "LICENSE", "tasks/calm_mini_xl.yaml"} <= names
    assert not [name for name in names if name.split("/")[0] in ("runs", ".cache", ".venv", "build", "dist")]


def test_lm_eval_lists_the_tasks_from_an_empty_folder(installed, tmp_path):
    listed = run(installed / "lm_eval", "ls", "tasks", cwd=tmp_path)
    assert [task for task in TASKS if f"|{task} " not in listed.replace("| ", "|")] == []


def test_calm_is_installed_with_its_tasks_and_data(installed, tmp_path):
    folder = Path(run(installed / "calm", "tasks-path", cwd=tmp_path).strip())
    assert sorted(path.stem for path in folder.glob("*.yaml")) == TASKS
    assert str(folder).startswith(str(installed.parent))
    assert "lm_eval finds the tasks by itself" in run(installed / "calm", "doctor", cwd=tmp_path)
    assert "mini" in run(installed / "calm", "data", "list", cwd=tmp_path)


def test_overlay_and_entry_point_are_the_same_tasks_each_once(installed, tmp_path):
    folder, alone, both, tag_alone, tag_both = json.loads(run(installed / "python", "-c", BOTH_WAYS, cwd=tmp_path))
    assert folder == run(installed / "calm", "tasks-path", cwd=tmp_path).strip()
    assert alone == both == TASKS
    assert tag_alone == tag_both
    overlay = Path(run(installed / "python", "-c", "import lm_eval; print(lm_eval.__path__[0])", cwd=tmp_path).strip())
    for path in Path(folder).iterdir():
        assert (overlay / "tasks" / "calm" / path.name).read_bytes() == path.read_bytes()


def test_doctor_sees_an_lm_eval_that_shadows_the_tasks(installed, tmp_path):
    clone = tmp_path / "lm_eval"
    clone.mkdir()
    (clone / "__init__.py").touch()
    command = [installed / "python", "-m", "calm_harness", "doctor"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"lm_eval is imported from {clone}, which shadows the tasks" in done.stdout
    assert "--include_path" in done.stdout


def test_uninstalling_removes_the_tasks(installed, tmp_path):
    run(installed / "python", "-m", "pip", "uninstall", "-y", "calm-harness", cwd=tmp_path)
    assert "calm_" not in run(installed / "lm_eval", "ls", "tasks", cwd=tmp_path)
