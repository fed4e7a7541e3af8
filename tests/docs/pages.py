"""The pages as a reader has them: their blocks of code, and the commands in these."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LEFT_OUT = ("…", "...")  # "and so on": what a page leaves out of a command


def name(page):
    return page.relative_to(ROOT).as_posix()


def blocks(page, language):
    return [body for kind, body in BLOCK.findall(page.read_text("utf-8")) if kind == language]


def whole(body):
    """Yield a block's lines; one that ends within quotes goes on in the next."""
    begun = ""
    for line in body.splitlines():
        begun += line
        try:
            shlex.split(begun, comments=True)
        except ValueError:
            begun += " "
            continue
        yield begun
        begun = ""
    assert not begun, begun


def commands(page):
    """List the commands of a page's shell blocks, as a shell parts them; comments and what sets variables are gone."""
    found = []
    for body in blocks(page, "bash"):
        for line in whole(body.replace("\\\n", " ")):
            words = shlex.split(line.replace("$(calm data passages mini)", "PASSAGES"), comments=True)
            while words:
                end = words.index("&&") if "&&" in words else len(words)
                one, words = words[:end], words[end + 1 :]
                while one and re.fullmatch(r"export|[A-Z_]+=.*", one[0]):
                    one = one[1:]
                found.append([word for word in one if word != "&"])
    return [one for one in found if one]
