"""What the pages' Python comes to is what stands behind it: `print(…)  # 0.667`."""

import re

import pytest

from tests.docs.pages import PAGES, blocks, name

SHOWN = re.compile(r"^print\((?P<code>.*)\)  # (?P<value>.*)$", re.MULTILINE)
WITH_PYTHON = [page for page in PAGES if blocks(page, "python") and page.name != "api.md"]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name)
def test_python_prints_what_the_page_says(page, capsys):
    names = {}
    for code in blocks(page, "python"):
        exec(compile(code, name(page), "exec"), names)
        assert capsys.readouterr().out.splitlines() == [shown["value"] for shown in SHOWN.finditer(code)]


def test_the_page_on_metrics_has_the_figures_of_its_example(capsys):
    """Its tables' last column, which begins or ends with the value, against the functions."""
    from calm_harness.metrics import METRICS

    page = next(page for page in PAGES if page.name == "metrics.md")
    names = {}
    exec(compile(blocks(page, "python")[0], name(page), "exec"), names)
    capsys.readouterr()
    text, checked = page.read_text("utf-8"), []
    shown = text.partition("## Pairs of languages")[0]  # which have columns of their own
    for metric, value in re.findall(r"^\| `(\w+)` \|.*?(\d?\.\d{3}) \|$", shown, re.MULTILINE):
        checked.append(metric)
        assert float(METRICS[metric].compute(names["answers"])) == pytest.approx(float(value), abs=5e-4), metric
    assert {"acc", "consistency", "consistency_strict", "consistency_all", "potential_chance", "tied"} <= set(checked)
    for metric, symbol in (("alpha", "α"), ("kappa_strict", "κ"), ("position_entropy", "log 4")):
        (value,) = re.findall(rf"{symbol} = (?:.*? = )?(\.\d{{3}})", text)
        assert float(METRICS[metric].compute(names["answers"])) == pytest.approx(float(value), abs=5e-4), metric
