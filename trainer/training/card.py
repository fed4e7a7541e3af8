"""The model card of what was trained: base model, data, votes, settings, and what to mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huggingface_hub import ModelCard, ModelCardData

from trainer.preferences import held_out
from trainer.training.record import stopped
from trainer.votes.rewards import LABELLED

SETTINGS = (
    "learning_rate",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "num_generations",
    "max_completion_length",
    "temperature",
    "beta",
    "loss_type",
    "lr_scheduler_type",
    "warmup_steps",
    "weight_decay",
    "max_length",
    "seed",
    "bf16",
)
WORTH = {
    "vote": "an answer counts if it is that of the majority of all languages' samples",
    "agree": "an answer counts by the share of the other languages' samples that give it",
    "gold": "the answers of a rollout count by how many languages' are right",
    "gold+all": "the answers of a rollout count by how many languages' are right, and by one more if all are",
}
_BODY = """---
{{ card_data }}
---

# {{ name }}

{% if reward %}{{ base }} after {{ method }} on {{ count }} prompts of {{ questions }} questions in {{ languages }},
which it answered while it was trained. The reward is `{{ reward }}`: {{ worth }}.
{% elif method == "DCO" %}{{ base }} after {{ method }} on {{ count }} pairs of options of {{ questions }} questions
(Direct Consistency Optimization): a language learns the odds that the base model gives two options in another one of
{{ languages }}. The options are drawn; neither is preferred, and no label is used.
{% elif kind == "pairs" %}
{{- base }} after {{ method }} on {{ count }} preference pairs of {{ questions }} questions. The pairs are CALM's
([arXiv 2501.18457](https://arxiv.org/abs/2501.18457)): what a vote over samples in {{ languages }} calls the answer is
preferred to other answers.
{% else %}
{{- base }} after {{ method }} on {{ count }} {{ kind }} of {{ questions }} questions or passages. What
`trainer.translations` and `trainer.mixed` make uses no label.
{% endif %}{% if stopped %}
**Stopped**: {{ stopped }}.
{% endif %}{% if vote and method != "DCO" %}
The target is {{ vote }}.
{% endif %}{% if labels %}
Labels were used: this is an upper bound, not a label-free model.
{% endif %}{% if transductive %}
**Transductive**: these are questions that the model may be evaluated on; report results on them apart from those on
unseen questions. {% if vote or reward %}No label was used.{% else %}Whether labels were used is not known.{% endif %}

{% endif %}
{% for line in held_out %}- {{ line }}
{% endfor %}
## {{ kind | capitalize }}

| language | {{ kind }} |
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


def kind(record: Mapping[str, Any]) -> str:
    """Say what a training learned from; records of earlier versions know pairs alone."""
    return "prompts" if "prompts" in record else str(record["pairs"].get("kind", "pairs"))


def sides(record: Mapping[str, Any]) -> str:
    """Name the sides whose tokens are counted."""
    of_pairs = "chosen" if record["method"] == "SFT" else "chosen and rejected"
    return {"pairs": of_pairs, "demonstrations": "completion"}.get(kind(record), "text")


def summary(record: Mapping[str, Any]) -> list[str]:
    """Lay out what a finished training was on, a line each; of rows with their sides."""
    learned = record.get("prompts") or record["pairs"]
    steps = f"{record['method']}, {record['steps']} steps on {learned['count']} {kind(record)}"
    if "prompts" not in record:
        return [steps, f"  mean tokens, {sides(record)}: {mean_tokens(learned)}"]
    ended = stopped(record)
    return [f"{steps} of {learned['questions']} questions", *([f"  {ended}"] if ended else [])]


def render(record: Mapping[str, Any]) -> str:
    """Render the card of a finished training from its record."""
    reward = record["prompts"]["reward"] if "prompts" in record else None
    data = record["prompts"] if reward else record["pairs"]
    languages = list(data["by_language"])
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
        count=data["count"],
        questions=data["questions"],
        languages=", ".join(languages) or "several languages",
        reward=reward,
        worth=WORTH[reward] if reward else None,
        stopped=stopped(record),
        vote=data.get("vote"),
        labels=data.get("vote") == "gold" or reward in LABELLED,
        transductive=record["transductive"],
        held_out=held_out.render(record.get("held_out") or {}),
        kind=kind(record),
        sides=sides(record),
        mean_tokens=mean_tokens(data),
        by_language=list(data["by_language"].items()),
        settings=[(name, value) for name, value in settings.items() if value is not None],
        versions=", ".join(f"{name} {version}" for name, version in record["versions"].items()),
    )
    return str(card)
