"""Charts as Vega-Lite specifications: the page draws them, and SVG and PNG are made of the same (pure).

A specification holds its data; colours of text and grid come from the page's theme. What draws it is given it by
`retrieval.text.drawable`: a control character in a name ends the process that draws a PNG.
"""

from calm_harness.report.charts.drawing import SCHEMA, Spec, bars, png, svg, zero_line
from calm_harness.report.charts.languages import PAIRS, heat_map, kin, kin_values, pairs
from calm_harness.report.charts.probes import heat, same_count, titled
from calm_harness.report.charts.runs import differences, scatter

__all__ = [
    "PAIRS",
    "SCHEMA",
    "Spec",
    "bars",
    "differences",
    "heat",
    "heat_map",
    "kin",
    "kin_values",
    "pairs",
    "png",
    "same_count",
    "scatter",
    "svg",
    "titled",
    "zero_line",
]
