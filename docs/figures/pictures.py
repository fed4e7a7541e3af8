"""Draw what the page's views do not: python docs/figures/pictures.py

Other pictures of probes are those of `calm report RUNS` (its folder `charts`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from calm_harness.report import charts

HERE = Path(__file__).parent


def glossary() -> dict[str, Any]:
    """Lay out accuracy and consistency by passages, with their intervals."""
    cells = json.loads((HERE / "glossary.json").read_text("utf-8"))["cells"]
    values = [
        {"passages": kind, "measure": name, "value": figure["value"], "low": low, "high": high}
        for kind, cell in cells.items()
        for name in ("acc", "consistency")
        for figure in (cell["metrics"][name],)
        for low, high in (figure["interval"],)
    ]
    y = {"field": "passages", "type": "nominal", "sort": list(cells), "title": "passages"}
    share = {"type": "quantitative", "scale": {"domain": [0, 1]}, "title": None}
    layer = [
        {"mark": "rule", "encoding": {"x": {"field": "low", **share}, "x2": {"field": "high"}, "y": y}},
        {"mark": {"type": "point", "filled": True, "size": 60}, "encoding": {"x": {"field": "value", **share}, "y": y}},
    ]
    head = {"title": None, "labelFontSize": 12}
    return {
        "$schema": charts.SCHEMA,
        "data": {"values": values},
        "facet": {"column": {"field": "measure", "header": head}},
        "spec": {"width": 220, "height": {"step": 24}, "layer": layer},
    }


def main() -> None:
    """Write the pictures."""
    pairwise = json.loads((HERE / "transfer.json").read_text("utf-8"))["pairwise"]
    specs = {"glossary": glossary(), **{name: charts.pairs(table, name) for name, table in pairwise.items()}}
    for name, spec in specs.items():
        (HERE.parent / "probes" / f"{name}.svg").write_text(charts.svg(spec), encoding="utf-8")


if __name__ == "__main__":
    main()
