"""Write the table of docs/licences.md from the metadata of what is installed: `make licences`."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
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
    """Say under which licence an installed package is: by expression, classifiers, its own first words, or its file."""
    package = distribution(name)
    about = package.metadata
    classifiers = [line.split(" :: ")[-1] for line in about.get_all("Classifier", []) if line.startswith("License ::")]
    words = (about["License"] or "").strip().split("\n")[0]
    return about["License-Expression"] or "; ".join(classifiers) or words or title(package)


def title(package: Distribution) -> str:
    """Return the first two lines of a package's licence, which are its name and version, or whose it is."""
    files = package.metadata.get_all("License-File", [])
    lines = (package.read_text(f"licenses/{files[0]}") or "").split("\n") if files else []
    return ", ".join([line.strip() for line in lines if line.strip()][:2])


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
