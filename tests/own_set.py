"""A small set of a user's own: a recipe, and a file a language."""

import json
from pathlib import Path

RECIPE = """
name: birds
files: "{language}.jsonl"
languages: {en: en, fr: fr}
splits: [test]
columns: {id: id, stem: stem, options: options, answer: answer}
answers: letter
"""


def write(folder: Path, size: int = 4, first_gold: str = "A") -> Path:
    """Write `size` questions of two options in en and fr, all of gold A but the first, and return the recipe's path."""
    for language in ("en", "fr"):
        rows = [
            {"id": i, "stem": f"{language} {i}?", "options": ["stork", "lark"], "answer": "A" if i else first_gold}
            for i in range(size)
        ]
        (folder / f"{language}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = folder / "birds.yaml"
    recipe.write_text(RECIPE)
    return recipe
