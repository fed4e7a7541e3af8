"""Which model lies in a folder, or under a name of the Hub: a digest of its content, cheap for models of any size.

A path says where a model lies, never what it is. Here configuration, tokenizer and indexes are read whole; of weights
the names, sizes and headers, and a sample of the bytes of every tensor: at most `READS` pieces of `CHUNK` bytes a model
(8 MiB), spread over its files, however large they are. Weights that were trained, merged or replaced differ nearly
everywhere in a tensor, so that a few thousand of its bytes tell; a change of single weights does not show. Weights that
are `WHOLE` or smaller together, as adapters are, are read whole. (Nothing here imports torch.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from calm_harness.errors import CalmError

MODEL = ("pretrained", "delta", "tokenizer")  # lm-eval's arguments that name what a model is made of
ADAPTER = ("peft", "lora_local_path")  # and what is put on top of it
LOADED = "weights"  # of a model that a program holds in memory: its digest (`calm_harness.models.loaded`)
WEIGHTS = (".safetensors", ".bin", ".gguf", ".pt", ".pth")
BESIDE = (".json", ".txt", ".model", ".jinja", ".tiktoken", ".py")  # configuration, tokenizer, index, code
TRAINED_ON = "trained_on.txt"  # hashes of the questions that a model was trained on
BOOKKEEPING = (  # what a training leaves in the folder and no model is loaded from
    *(TRAINED_ON, "offline_model.json", "training.json", "done.json", "summary.json"),
    *("trainer_state.json", "training_args.bin"),
    *("optimizer.bin", "optimizer.pt", "scheduler.bin", "scheduler.pt", "scaler.pt"),
)
WHOLE = 64 << 20  # bytes
READS = 2048
LEAST = 8  # pieces of each file, where there are very many
CHUNK = 4096  # bytes
HEADER = 100 << 20  # bytes: the longest header that safetensors reads
TIMEOUT = 10  # seconds that the Hub has to name a commit


@dataclass(frozen=True)
class Weights:
    """What a model or adapter is.

    Attributes:
        digest: of its content (16 hexadecimal digits), or the Hub's commit, under which nothing changes.
        revision: that commit; None of a folder.
    """

    digest: str
    revision: str | None = None


def of_arguments(model_args: Mapping[str, Any]) -> dict[str, Weights]:
    """Say what lm-eval's model arguments name: argument -> weights, of those that can be known here."""
    revision, subfolder = (model_args.get(name) for name in ("revision", "subfolder"))
    named = {name: model_args.get(name) for name in (*MODEL, *ADAPTER)}
    weights = {
        name: identify(value, revision and str(revision), str(subfolder or "") if name not in ADAPTER else "")
        for name, value in named.items()
        if isinstance(value, str) and value
    }
    return {name: identity for name, identity in weights.items() if identity is not None}


def identify(name: str, revision: str | None = None, subfolder: str = "") -> Weights | None:
    """Say what lies in a folder or file, or under a name of the Hub.

    Args:
        name: a folder, a file of weights, or a name of the Hub.
        revision: of the name.
        subfolder: of either, where the model lies.

    Returns:
        None where there is no such place, and neither the Hub nor its local cache knows the name.

    Raises:
        CalmError: a file cannot be read.
    """
    place = Path(name).expanduser()
    if place.is_dir():
        return Weights(folder_digest(place / subfolder))
    if place.is_file():  # weights in a single file
        return Weights(_digest([place]))
    if name.startswith((".", "/", "~")):
        return None
    commit = _commit(name, revision)
    return None if commit is None else Weights(commit, commit)


def named_digest(name: str, revision: str | None = None) -> str:
    """Return the digest of what lies under a name; the name itself where that cannot be known.

    Raises:
        CalmError: a file cannot be read.
    """
    weights = identify(name, revision)
    return f"name {name} {revision or ''}".strip() if weights is None else weights.digest


def folder_digest(folder: Path) -> str:
    """Hash a model's folder by its content, wherever it lies; what lies in folders within it is no part of the model.

    Raises:
        CalmError: a file cannot be read.
    """
    try:
        return _digest([path for path in sorted(folder.iterdir(), key=lambda path: path.name) if _decides(path)])
    except OSError as error:
        raise CalmError(f"{folder} cannot be read ({error.strerror}); correct it, or name another model") from None


def _digest(files: Sequence[Path]) -> str:
    hasher = hashlib.sha256()
    path = Path()
    try:
        sizes = {path: path.stat().st_size for path in files}
        weights = [path for path in files if path.suffix in WEIGHTS]
        whole = sum(sizes[path] for path in weights) <= WHOLE
        reads = max(LEAST, READS // max(len(weights), 1))
        for path in files:
            hasher.update(f"{path.name}\0{sizes[path]}\0".encode("utf-8", "surrogateescape"))
            with path.open("rb", buffering=0) as file:
                sampled = path in weights and not whole
                for piece in _sample(file, sizes[path], reads) if sampled else _pieces(file):
                    hasher.update(piece)
    except OSError as error:
        raise CalmError(f"{path} cannot be read ({error.strerror}); correct it, or name another model") from None
    return hasher.hexdigest()[:16]


def _decides(path: Path) -> bool:
    """Whether a file is one that a model is loaded from."""
    known_by_name = path.name in BOOKKEEPING or path.name.startswith(("rng_state", "."))
    return path.suffix in (*WEIGHTS, *BESIDE) and not known_by_name and path.is_file()


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(1 << 20):
        yield piece


def _sample(file: BinaryIO, size: int, reads: int) -> Iterator[bytes]:
    """Yield a safetensors file's header and pieces of every tensor; of other files pieces from end to end."""
    length = int.from_bytes(file.read(8), "little")
    header = file.read(length) if length <= min(HEADER, size - 8) else b""
    places = _places(_spans(header, 8 + length), reads) if header else []
    yield header
    for start, end in places or _places([(0, size)], reads):
        file.seek(start)
        yield file.read(end - start)


def _spans(header: bytes, offset: int) -> list[tuple[int, int]]:
    """Return where each tensor begins and ends in a safetensors file; nothing where it is none."""
    try:
        tensors = json.loads(header)
        ends = [tensor["data_offsets"] for name, tensor in tensors.items() if name != "__metadata__"]
        return sorted((offset + int(begin), offset + int(end)) for begin, end in ends)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return []


def _places(spans: list[tuple[int, int]], reads: int) -> list[tuple[int, int]]:
    """Spread pieces over spans: in each as many, from its first byte to its last; over some of too many spans."""
    if len(spans) > reads:
        spans = [spans[number * len(spans) // reads] for number in range(reads)]
    places = []
    for begin, end in spans:
        last = max(begin, end - CHUNK)
        count = max(1, reads // len(spans))
        starts = (
            [(begin + last) // 2] if count == 1 else [begin + (last - begin) * i // (count - 1) for i in range(count)]
        )
        places += [(start, min(start + CHUNK, end)) for start in dict.fromkeys(starts)]
    return places


def _commit(name: str, revision: str | None) -> str | None:
    """Return the commit that a name of the Hub stands for: what the Hub says, or what its local cache holds."""
    from huggingface_hub import HfApi, constants, try_to_load_from_cache

    try:
        if not constants.HF_HUB_OFFLINE:
            commit: str | None = HfApi().model_info(name, revision=revision, timeout=TIMEOUT).sha
            return commit
    except Exception:  # whatever its client raises where there is no network, or no such name
        pass
    try:
        for file in ("config.json", "adapter_config.json"):
            path = try_to_load_from_cache(name, file, revision=revision)
            if isinstance(path, str):
                return Path(path).parent.name
    except ValueError:  # it is no name of the Hub
        pass
    return None
