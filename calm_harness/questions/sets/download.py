"""Download the CALM authors' data release: file by file, checked, taken up again where it was cut off."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from importlib import resources
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.files import whole
from retrieval.files.cache import cache_folder

NAME = "calm_release"
REVISION = "1b24db830a04e16d3aef2eaa6e779356a505d61d"
BASE_URL = f"https://raw.githubusercontent.com/wangym2/CALM/{REVISION}"
TIMEOUT = 60  # seconds without a byte
_REMEDY = "check the network and run the command again, or let CALM_RELEASE_DIR name a folder that has the release"


def read_checksums(text: str) -> dict[str, str]:
    """Read `sha256sum` lines: path -> checksum."""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {path.strip(): checksum for checksum, path in lines}


def release_checksums() -> dict[str, str]:
    """Paths and checksums of the release's files at the pinned revision."""
    return read_checksums((resources.files("calm_harness") / "data" / "calm_release.sha256").read_text("utf-8"))


def download(folder: Path | None = None, base_url: str = BASE_URL, checksums: dict[str, str] | None = None) -> Path:
    """Download what is not here yet, and return the folder.

    A file appears under its name only when it is whole and its checksum is right; files that are whole are kept.

    Args:
        folder: where the files are to lie; the cache folder by default.
        base_url: what the files' paths are appended to.
        checksums: path -> SHA-256; those of the release by default.

    Raises:
        CalmError: the server cannot be reached or lacks a file, or a file is not what it has to be.
    """
    from tqdm import tqdm

    target = folder or cache_folder() / NAME
    expected_checksums = release_checksums() if checksums is None else checksums
    missing_paths = [path for path, checksum in expected_checksums.items() if not _is_whole(target / path, checksum)]
    for path in tqdm(missing_paths, desc=NAME, unit="file", disable=not missing_paths):
        _fetch(f"{base_url}/{path}", target / path, expected_checksums[path])
    return target


def is_of_release(folder: Path, name: str) -> bool:
    """Tell whether a file of a folder is that of the release, which may lie there changed."""
    return _is_whole(folder / name, release_checksums()[name])


def _is_whole(path: Path, checksum: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == checksum


def _fetch(url: str, path: Path, checksum: str) -> None:
    """Get one file, which is a few megabytes at most."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
            content = response.read()
    except urllib.error.HTTPError as error:
        raise CalmError(f"{url} answers {error.code} {error.reason}; {_REMEDY}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise CalmError(f"{url} cannot be reached ({reason}); {_REMEDY}") from None
    if hashlib.sha256(content).hexdigest() != checksum:
        raise CalmError(f"{url} is cut off or not the file it was (SHA-256 differs); {_REMEDY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as scratch:
            scratch.write_bytes(content)
    except OSError as error:
        raise CalmError(
            f"{path} cannot be written ({error.strerror}); let CALM_CACHE_DIR name another folder"
        ) from None
