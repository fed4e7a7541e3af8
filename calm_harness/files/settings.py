"""Read YAML files, which people write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.files.text import read_text

MOST = 100_000  # parts of a file
DEEPEST = 100  # brackets in brackets
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


def read_yaml(path: Path, remedy: str) -> Any:
    """Read a YAML file, in which a name stands once.

    Raises:
        CalmError: see `read_text`; or it is no YAML.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """PyYAML keeps the last of equal names, and says nothing."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            doubled = [name for name, count in names.items() if count > 1 and name != "<<"]
            if doubled:
                raise ValueError(f"line {node.start_mark.line + 1}: {doubled[0]!r} stands twice")
            return super().construct_mapping(node, deep)

    text = read_text(path, remedy)
    try:
        if max(accumulate(_DEPTH.get(character, 0) for character in text)) > DEEPEST:
            raise ValueError("it is nested too deeply")  # for which PyYAML takes minutes
        content = Loader(text).get_single_data()
        parts = list(islice(parts_of(content), MOST))
        if len(parts) == MOST:
            raise ValueError("anchors that hold each other make too much of it")
        "".join(part for part in parts if isinstance(part, str)).encode()  # no half characters
        return content
    except Exception as error:  # beside its own errors whatever a value that is none raises: `!!int x`, 2020-13-45
        reason = " ".join(str(error).split()) or type(error).__name__
        raise CalmError(f"{path} is not YAML ({reason}); {remedy}") from None


def parts_of(value: Any) -> Iterator[Any]:
    """Yield a value of JSON or YAML and all that it holds, names too; what stands there twice comes twice."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict):
            waiting += [*part, *part.values()]
        elif isinstance(part, list | tuple):
            waiting += part
