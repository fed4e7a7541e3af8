"""The model card of what was trained: base model, data, votes, settings, and what to mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huggingface_hub import ModelCard, ModelCardData

from trainer.preferences import held_out

SETTINGS = (
    "learning_rate",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "beta",
    "loss_type",
    "lr_scheduler_type",
    "warmup_steps",
    "weight_decay",
    "max_length",
    "seed",
    "bf16",
)
_BODY = """---
{{ card_data }}
---

# {{ name }}

{{ base }} after {{ method }} on {{ pairs }} preference pairs of {{ questions }} questions. The pairs are CALM's
([arXiv 2501.18457](https://arxiv.org/abs/2501.18457)): what a vote over samples in {{ languages }} calls the answer is
preferred to other answers.
{% if vote %}
The target is {{ vote }}.
{% endif %}{% if labels %}
Labels were used: this is an upper bound, not a label-free model.
{% endif %}{% if transductive %}
**Transductive**: these are questions that the model may be evaluated on; report results on them apart from those on
unseen questions. {% if vote %}No label was used.{% else %}Whether labels were used is not known.{% endif %}

{% endif %}
{% for line in held_out %}- {{ line }}
{% endfor %}
## Pairs

| language | pairs |
| --- | --- |
{% for row in by_language %}| {{ row[0] }} | {{ row[1] }} |
{% endfor %}
{% if mean_tokens %}Mean tokens ({{ sides }}): {{ mean_tokens }}.
{% endif %}
## Settings

| setting | value |
| --- | --- |
{% for row in settings %}| {{ row[0] }} | {{ row[1] }} |
{% endfor %}
Versions: {{ versions }}.
"""


def mean_tokens(pairs: Mapping[str, Any]) -> str:
    """Lay out by language how many tokens the sides of a training's pairs have; "" where its record does not say."""
    return ", ".join(
        f"{language} {' and '.join(f'{mean:.0f}' for mean in means.values())}"
        for language, means in pairs.get("mean_tokens", {}).items()
    )


def render(record: Mapping[str, Any]) -> str:
    """Render the card of a finished training from its record."""
    pairs = record["pairs"]
    languages = list(pairs["by_language"])
    card_data = ModelCardData(
        base_model=record["model"],
        language=languages or None,
        library_name="peft" if record["adapter"] else "transformers",
        tags=["calm", "cross-lingual-consistency", "trl", record["method"].lower()],
    )
    settings = {name: record["settings"].get(name) for name in SETTINGS}
    card = ModelCard.from_template(
        card_data,
        template_str=_BODY,
        name=record["name"],
        base=record["model"],
        method=record["method"],
        pairs=pairs["count"],
        questions=pairs["questions"],
        languages=", ".join(languages) or "several languages",
        vote=pairs.get("vote"),
        labels=pairs.get("vote") == "gold",
        transductive=record["transductive"],
        held_out=held_out.render(record.get("held_out") or {}),
        sides="chosen" if record["method"] == "SFT" else "chosen and rejected",
        mean_tokens=mean_tokens(pairs),
        by_language=list(pairs["by_language"].items()),
        settings=[(name, value) for name, value in settings.items() if value is not None],
        versions=", ".join(f"{name} {version}" for name, version in record["versions"].items()),
    )
    return str(card)
