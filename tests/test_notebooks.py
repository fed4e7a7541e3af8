"""The notebooks: ordinary files without outputs, and (slowly) what they do with the real model."""

import ast
import json
import os
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
MINUTES = 30  # of a slow machine


def cells(path, kind=None):
    found = json.loads(path.read_text("utf-8"))["cells"]
    return [cell for cell in found if kind in (None, cell["cell_type"])]


def test_there_are_two():
    assert NAMES == ["align", "evaluate"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_is_stored_without_outputs(path):
    content = json.loads(path.read_text("utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert set(content["metadata"]) == {"kernelspec", "language_info"}
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in cells(path)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name) for name in ids)
    for cell in cells(path):
        assert cell["metadata"] == {}
        assert all(line.endswith("\n") for line in cell["source"][:-1])
    for cell in cells(path, "code"):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
    assert path.read_text("utf-8") == json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_explains_what_it_does_and_is_plain_python(path):
    first, *_ = cells(path)
    assert first["cell_type"] == "markdown"
    assert first["source"][0].startswith("# ")
    for cell in cells(path, "code"):
        ast.parse("".join(cell["source"]))
    links = re.findall(r"\]\(((?!https?:)[^)#]+)\)", "".join(line for cell in cells(path) for line in cell["source"]))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_runs_from_top_to_bottom(path, offline_model, tmp_path, monkeypatch):
    """In a folder of its own, by Jupyter's own client; any cell that fails ends it."""
    import nbformat
    from nbclient import NotebookClient

    root = str(path.parent.parent)
    monkeypatch.setenv("CALM_OFFLINE_MODEL", str(offline_model))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    client = NotebookClient(
        notebook, timeout=MINUTES * 60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]
    shown = "".join(out.data.get("text/html", "") for cell in code for out in cell.outputs if "data" in out)
    for column in ("value", "low", "high", "chosen_text"):
        assert f"<th>{column}</th>" in shown
