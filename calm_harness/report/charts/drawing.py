"""What all charts share, and how they are drawn as pictures."""

from __future__ import annotations

from typing import Any

from retrieval.text import drawable

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
SIDE = 420  # pixels of a chart of points
WIDE = 340  # pixels that names may take
CONFIG = {"axis": {"labelLimit": WIDE}}  # the page has its own
Spec = dict[str, Any]


def zero_line(axis: str) -> dict[str, Any]:
    """A line at no change, from one side of the chart to the other."""
    across, end = ("y", "height") if axis == "x" else ("x", "width")
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "strokeDash": [4, 4], "opacity": 0.6},
        "encoding": {
            axis: {"datum": 0, "type": "quantitative"},
            across: {"value": 0},
            f"{across}2": {"value": end},
        },
    }


def bars(across: Spec, up: Spec, colour: Spec, opacity: float) -> list[Spec]:
    """The intervals of points, one layer along each axis.

    Args:
        across: the channel of x, whose interval lies in fields of the same name with `low` and `high`.
        up: that of y.
        colour: the channel of colour.
        opacity: of the bars.
    """
    return [
        {
            "mark": {"type": "rule", "opacity": opacity},
            "encoding": {
                "x": across,
                "y": up,
                "color": colour,
                axis: {**channel, "field": f"{channel['field']} low"},
                f"{axis}2": {"field": f"{channel['field']} high"},
            },
        }
        for axis, channel in (("x", across), ("y", up))
    ]


def svg(spec: Spec) -> str:
    """Draw a chart as SVG."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg({**drawable(spec), "config": CONFIG})
    return drawn


def png(spec: Spec) -> bytes:
    """Draw a chart as PNG, two pixels a point."""
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png({**drawable(spec), "config": CONFIG, "background": "white"}, scale=2)
    return drawn
