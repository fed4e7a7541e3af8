"""Write the measured tables of the pages from the figures that lie here: python docs/figures/tables.py

A table stands between `<!-- figures: NAME -->` and `<!-- end -->`. `tests/docs/test_figures.py` holds the pages to it.
`take.py` takes figures over from the reports of studies and probes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from calm_harness.report.tables import markdown, number

HERE = Path(__file__).parent
PAGES = HERE.parent
PLACE = re.compile(r"(<!-- figures: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
ARMS = {
    "crosslingual": "DPO on `crosslingual` (CALM)",
    "english": "DPO on `english`",
    "pivot": "DPO on `pivot`",
    "pooled": "DPO on `pooled`",
    "sft": "SFT on `crosslingual`",
    "dco english": "DCO, English and each other",
    "dco random": "DCO, random partners",
    "dco all": "DCO, all partners",
    "translations": "SFT on translations",
    "mixed": "SFT on mixed languages",
    "prompt": "DPO on `crosslingual`, prompt tuning",
    "grpo vote": "GRPO on `vote`",
    "grpo agree": "GRPO on `agree`",
    "grpo gold": "GRPO on `gold` (labels)",
    "gold": "DPO on `gold` (labels: an upper bound)",
    "random": "DPO on `random` (control)",
}
FRONT = ("crosslingual", "english", "sft", "gold", "random")
COLUMNS = {
    "acc": "accuracy",
    "acc_en": "English accuracy",
    "consistency": "consistency",
    "rankc": "RankC",
    "consistency_all": "`consistency_all`",
    "correct_all": "`correct_all`",
    "alpha": "alpha",
}
CHAT = {name: title for name, title in COLUMNS.items() if name != "rankc"} | {"position_entropy": "`position_entropy`"}
OPEN = {"em": "`em`", "em_en": "`em_en`", "other_language": "`other_language`"}
COSTS = {"tokens": "tokens read", "seconds": "seconds"}
SET = {"unseen": "X-CSQA", "mini test": "`mini`", "bmlama": "BMLAMA"}
Figure = Mapping[str, Any]


def points(figure: Figure | None, *, signed: bool = True) -> str:
    """Render a share in points, with its 95% interval where it is a difference."""
    if figure is None or figure["value"] is None:
        return ""
    value, sign = 100 * figure["value"], "+" if signed else ""
    shown = f"{value:{sign}.1f}" if abs(value) >= 0.05 else "0.0"
    if signed:
        low, high = (100 * end for end in figure["interval"])
        shown += f" [{low:.1f}, {high:.1f}]"
    return shown.replace("-0.0", "0.0").replace("-", "−")


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table."""
    return "".join(f"{line}\n" for line in markdown(head, body))


def by_metric(study: Mapping[str, Any], evaluation: str, columns: Mapping[str, str]) -> str:
    """Lay out an evaluation: the base model in percent, each arm's difference to it."""
    asked = study["evaluations"][evaluation]
    base = asked["base"]
    body = [["base, in percent", *(points(base.get(name), signed=False) for name in columns)]]
    for arm, title in ARMS.items():
        if arm in asked["arms"]:
            found = asked["arms"][arm]["difference"]
            body.append([title, *(points(found.get(name)) for name in columns)])
    return table([f"{asked['questions']} × {asked['languages']}", *columns.values()], body)


def calibrated(study: Mapping[str, Any]) -> str:
    """Lay out differences calibrated by the base model's null context, and what training took."""
    parts = [(name, metric) for name in ("unseen", "mini test") for metric in ("acc", "consistency")]
    head = ["", *(f"{SET[name]}: {COLUMNS[metric]}" for name, metric in parts), "tokens read", "seconds"]
    body = []
    for arm, title in ARMS.items():
        if arm in study["evaluations"]["unseen"]["arms"]:
            found = [
                study["evaluations"][name]["arms"][arm].get("calibrated", {}).get(metric) for name, metric in parts
            ]
            cost = study["costs"][arm]
            seconds = "not known" if cost["seconds"] is None else f"{cost['seconds']:.0f}"
            body.append([title, *map(points, found), f"{cost['tokens']:,.0f}", seconds])
    return table(head, body)


def against(study: Mapping[str, Any]) -> str:
    """Lay out how far CALM's arm is ahead of each other arm."""
    parts = [(name, metric) for name in SET if name in study["evaluations"] for metric in ("acc", "consistency")]
    body = []
    for arm, title in ARMS.items():
        if arm in study["evaluations"]["unseen"]["arms"] and arm != study["against"]:
            found = [study["evaluations"][name]["arms"][arm].get("against", {}).get(metric) for name, metric in parts]
            body.append([title, *map(points, found)])
    return table(["ahead of", *(f"{SET[name]}: {COLUMNS[metric]}" for name, metric in parts)], body)


def costs(study: Mapping[str, Any]) -> str:
    """Lay out what a training took, a seed's."""
    body = [
        [title, *(f"{study['costs'][arm][name]:,.0f}" for name in COSTS)]
        for arm, title in ARMS.items()
        if arm in study["costs"]
    ]
    return table(["", *COSTS.values()], body)


def front(study: Mapping[str, Any]) -> str:
    """Lay out the few arms that the README shows."""
    parts = [(name, metric) for name in ("unseen", "mini test") for metric in ("acc", "consistency")]
    body = [
        [ARMS[arm], *(points(study["evaluations"][name]["arms"][arm]["difference"][metric]) for name, metric in parts)]
        for arm in FRONT
    ]
    return table(["", *(f"{SET[name]}: {COLUMNS[metric]}" for name, metric in parts)], body)


def mixed(model: str = "") -> str:
    """Lay out what mixing languages costs (the offline model, or `qwen`), all languages but English together."""
    cells = read(f"mix_{model}.json" if model else "mix.json")["cells"]
    columns = {"acc": "`acc`", "barrier": "`barrier`", "flipped": "`flipped`", "behind": "`acc` all in en − `acc`"}
    columns |= {"apart": "other answer than all in en", "attraction": "`attraction`"}
    signed = ("barrier", "behind", "attraction")
    body = [
        [f"`{kind}`", *(share(cell["all"].get(name), signed=name in signed) for name in columns)]
        for kind, cell in cells.items()
    ]
    return table(["mix", *columns.values()], body)


def transfer() -> str:
    """Lay out transfer and its lift, mean over pairs of languages that share a script and over others."""
    sides = {"same": "same script", "other": "other script", "difference": "same − other"}
    body = [
        [f"`{name}`", *(share(figures[side], signed=side == "difference") for side in sides)]
        for name, figures in read("transfer.json")["related"]["script"].items()
    ]
    return table(["mean over pairs", *sides.values()], body)


def glossary() -> str:
    """Lay out what a glossary adds to no passages, beside passages."""
    cells = read("glossary.json")["cells"]
    body = [
        [
            f"`{kind}`",
            *(share(cell["metrics"][name]) for name in ("acc", "consistency")),
            *(share(cell.get("difference", {}).get(name), signed=True) for name in ("acc", "consistency")),
        ]
        for kind, cell in cells.items()
    ]
    return table(["passages", "acc", "consistency", "acc − zero-shot", "consistency − zero-shot"], body)


def edit(how: str) -> str:
    """Lay out what an edit (`context` or `weights`) does in its own language and in others."""
    found = read(f"edit_{how}.json")["summary"]["all"]
    columns = {"success": "success", "before": "no edit", "other": "another fact's edit"}
    columns |= {"effect": "success − another fact's edit", "locality": "locality"}
    where = {"diagonal": "in the edit's language", "elsewhere": "in another language"}
    body = [
        [title, *(share(found[place].get(name), signed=name == "effect") for name in columns)]
        for place, title in where.items()
    ]
    return table(["asked", *columns.values()], body)


def needle(name: str) -> str:
    """Lay out needles (`mini`, `xquad`) beside the haystack alone, all languages together."""
    found = read(f"needle_{name}.json")
    body = [["no passage (floor)", "", share(found["floor"]["all"]["acc"]), "", ""]]
    body += [
        [f"haystack alone, {n} tokens", "", share(row["all"]["acc"]), "", ""] for n, row in found["without"].items()
    ]
    body += [[f"needle alone, {tag}", "", share(row["all"]["acc"]), "", ""] for tag, row in found["alone"].items()]
    for cell in found["cells"]:
        figures = cell["figures"]["all"]
        lost = figures["found"]["value"] is None
        shown = [share(figures["acc"]), share(figures["gain"], signed=True)]
        last = "not known" if lost else share(figures["found"])
        body.append([f"needle {cell['language']}, {cell['length']} tokens around", cell["place"], *shown, last])
    return table(["passages", "place", "`acc`", "`gain`", "`found`"], body)


def adapt() -> str:
    """Lay out accuracy by start and number of a target language's questions, and how far starts are from `base`."""
    found = read("adapt.json")
    others = [start for start in next(iter(found["cells"].values()))["k"]["0"] if start != found["against"]]
    body = []
    for target, asked in found["cells"].items():
        for count, cell in asked["k"].items():
            levels = [with_spread(share(cell[start]["acc"]), cell[start]["acc"]) for start in cell]
            # the study has base minus start
            ahead = [cell[start]["against"] for start in others]
            turned = [{"value": -f["value"], "interval": [-end for end in reversed(f["interval"])]} for f in ahead]
            differences = [with_spread(points(t), f) for t, f in zip(turned, ahead, strict=True)]
            body.append([target, count, *levels, *differences])
    starts = [f"`{start}`" for start in (found["against"], *others)]
    return table(["target", "k", *starts, *(f"{start} − {starts[0]}, points" for start in starts[1:])], body)


def with_spread(shown: str, figure: Figure) -> str:
    """Add the standard deviation between seeds, in points."""
    return f"{shown}, σ {100 * figure['spread']:.1f}"


def prompt_rate() -> str:
    """Lay out what dev questions say without labels of learning rates of virtual tokens."""
    found = read("prompt_rate.json")
    names = {"agreement": "agreement with the first votes", "alpha": "alpha"}
    rows = {"base": found["base"], **found["rates"]}
    body = [[title, *(f"{row[name]:.3f}" for name in names)] for title, row in rows.items()]
    return table(["learning rate", *names.values()], body)


def earlier(name: str) -> str:
    """Lay out a table of studies of before: the figures that their reports had, whose runs are not kept."""
    found = read("earlier.json")[name]
    return table(found["head"], [[rounded(cell) for cell in row] for row in found["rows"]])


def rounded(cell: Any) -> str:
    """Render a difference in points with its interval or its error, a share with its interval, or a text."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, dict):
        value, *ends = (f"{number:.3f}".removeprefix("0") for number in cell["share"])
    else:
        sign = "+" if cell[0] else ""
        value, ends = f"{cell[0]:{sign}.1f}", [f"{number:.1f}" for number in cell[1:]]
    shown = f"{value} ± {ends[0]}" if len(ends) == 1 else f"{value} [{', '.join(ends)}]"
    return shown.replace("-", "−")


def share(figure: Figure | None, *, signed: bool = False) -> str:
    """Render a share with its interval, as the commands print it, with the sign that a page has."""
    return number(figure, "+" if signed else "").replace("-", "−")


def read(name: str) -> Any:
    """Read a file of figures."""
    return json.loads((HERE / name).read_text("utf-8"))


def made(name: str) -> str:
    """Lay out the table of a name."""
    if name.startswith("rivals"):
        return rivals(name)
    kind, _, which = name.partition(" ")
    by_kind: dict[str, Callable[[str], str]] = {"edit": edit, "needle": needle, "mix": mixed}
    if which and kind in by_kind:
        return by_kind[kind](which)
    tables = {"mix": mixed, "glossary": glossary, "prompt rate": prompt_rate, "adapt": adapt, "transfer": transfer}
    return tables[name]() if name in tables else earlier(name)


def rivals(name: str) -> str:
    """Lay out a table of `rivals.json`, or of `rivals_chat.json`."""
    which, _, part = name.rpartition(" ")
    study = read(f"{which.replace(' ', '_')}.json")
    columns = CHAT if which == "rivals chat" else COLUMNS
    tables: dict[str, Callable[[], str]] = {
        "unseen": lambda: by_metric(study, "unseen", columns),
        "mini": lambda: by_metric(study, "mini test", columns),
        "bmlama": lambda: by_metric(study, "bmlama", columns),
        "open": lambda: by_metric(study, "mini open", OPEN),
        "calibrated": lambda: calibrated(study),
        "against": lambda: against(study),
        "costs": lambda: costs(study),
        "front": lambda: front(study),
    }
    return tables[part]()


def filled(text: str) -> str:
    """Return a page with its tables as the figures have them."""
    return PLACE.sub(lambda found: f"{found[1]}\n{made(found[2])}\n{found[3]}", text)


def main() -> None:
    """Fill all pages."""
    for page in (PAGES.parent / "README.md", *sorted(PAGES.rglob("*.md"))):
        text = page.read_text("utf-8")
        if (new := filled(text)) != text:
            page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
