"""What the trainers' commands say when they are asked for help: in one process, as each of them imports torch."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
CODE = """
import importlib, sys
for module in sys.argv[1:]:
    try:
        importlib.import_module("trainer." + module).main(["--help"])
    except SystemExit as ended:
        assert not ended.code, module
    print(end=chr(12))
"""


def of_trainers(modules):
    """Return module -> its help, and what was written to stderr."""
    words = [sys.executable, "-c", CODE, *modules]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    return dict(zip(modules, done.stdout.split("\f")[:-1], strict=True)), done.stderr
