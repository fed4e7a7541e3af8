"""Write the table of docs/licences.md from the metadata of what is installed: `make licences`."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"
LOCKS = tuple(ROOT / "requirements" / name for name in ("dev.txt", "torch-cpu.txt"))
HEAD = "| package | version | licence |\n| --- | --- | --- |\n"


def locked(path: Path) -> Iterator[Requirement]:
    """Yield what a lock file installs here."""
    for line in path.read_text("utf-8").splitlines():
        if "==" in line:
            requirement = Requirement(line.removesuffix("\\"))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def licence(name: str) -> str:
    """Say under which licence an installed package is: by its expression, its classifiers, or its own first words."""
    about = distribution(name).metadata
    classifiers = [line.split(" :: ")[-1] for line in about.get_all("Classifier", []) if line.startswith("License ::")]
    return about["License-Expression"] or "; ".join(classifiers) or (about["License"] or "").strip().split("\n")[0]


def rows() -> list[str]:
    """Return the table's rows, sorted by package."""
    table = {}
    for requirement in (one for path in LOCKS for one in locked(path)):
        version = distribution(requirement.name).version
        if not requirement.specifier.contains(version):
            sys.exit(f"{requirement.name} {version} is installed, not {requirement.specifier}; run: make install")
        table[canonicalize_name(requirement.name)] = (version, licence(requirement.name))
    return [
        f"| {name} | {re.sub(r'[+]cpu$', '', version)} | {words} |" for name, (version, words) in sorted(table.items())
    ]


if __name__ == "__main__":
    try:
        prose = PAGE.read_text("utf-8").partition(HEAD)[0]
        PAGE.write_text(prose + HEAD + "\n".join(rows()) + "\n", "utf-8")
    except PackageNotFoundError as error:
        sys.exit(f"{error.name} is not installed; run: make install")
