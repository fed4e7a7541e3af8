"""The wheel, installed: bare `lm_eval --tasks calm_...` works from any folder."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TASKS = sorted(path.stem for path in (ROOT / "tasks").glob("*.yaml"))


def run(*command: object, **kwargs) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **kwargs)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The bin folder of a fresh environment with our wheel and lm-eval; all else comes from this environment."""
    folder = tmp_path_factory.mktemp("package")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    run(python, "-m", "pip", "install", "-q", "--no-deps", "-c", constraints, wheel, "lm-eval")
    own = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(own, "outer.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def test_lm_eval_lists_the_tasks_from_an_empty_folder(installed, tmp_path):
    listed = run(installed / "lm_eval", "ls", "tasks", cwd=tmp_path)
    assert [task for task in TASKS if f"|{task} " not in listed.replace("| ", "|")] == []


def test_calm_is_installed_with_its_tasks_and_data(installed, tmp_path):
    folder = Path(run(installed / "calm", "tasks-path", cwd=tmp_path).strip())
    assert sorted(path.stem for path in folder.glob("*.yaml")) == TASKS
    assert str(folder).startswith(str(installed.parent))
    assert "lm_eval finds the tasks by itself" in run(installed / "calm", "doctor", cwd=tmp_path)
    assert "mini" in run(installed / "calm", "data", "list", cwd=tmp_path)


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
