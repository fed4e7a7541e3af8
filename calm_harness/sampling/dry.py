"""Say what an evaluation will ask for, without the model: `--dry_run`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from lm_eval.api.model import TemplateLM
from lm_eval.models.api_models import JsonChatStr

from calm_harness.errors import CalmError
from calm_harness.sampling.load import Load, Price, load_of
from calm_harness.task import tokens

if TYPE_CHECKING:
    from lm_eval.config.evaluate_config import EvaluatorConfig

NEW_TOKENS = 256  # lm-eval's default of most of its models


class _Built(Exception):
    """All requests are built, and the first would be sent."""


class DryModel(TemplateLM):
    """A model that has a tokenizer and a chat template, and is asked nothing.

    Args:
        model_args: lm-eval's; they name the tokenizer.
    """

    def __init__(self, model_args: Mapping[str, Any]) -> None:
        super().__init__()
        self.known = tokens.load(model_args)
        self.tokenizer = None if self.known is None else self.known.tokenizer
        self._template_args = dict(model_args.get("chat_template_args") or {})

    @property
    def tokenizer_name(self) -> str:
        """The tokenizer's name, for caches of requests."""
        return str(getattr(self.tokenizer, "name_or_path", "")).replace("/", "__")

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> Any:
        """Render a conversation; without a tokenizer it stays messages, as a server is sent them."""
        if self.tokenizer is None:
            return JsonChatStr(json.dumps(chat_history, ensure_ascii=False))
        text: str = self.tokenizer.apply_chat_template(
            chat_history,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=not add_generation_prompt,
            **self._template_args,
        )
        return text

    def _built(self, *_: Any, **__: Any) -> Any:
        raise _Built

    generate_until = loglikelihood = loglikelihood_rolling = _loglikelihood_tokens = _built
    tok_encode = _built

    @property
    def eot_token_id(self) -> int:
        """Not asked for."""
        raise _Built


def loads(config: EvaluatorConfig, arguments: Mapping[str, Any]) -> dict[str, Load]:
    """Build all requests of our tasks, and count them: task -> what it asks for.

    Args:
        config: lm-eval's reading of the command line.
        arguments: of `simple_evaluate`; tasks are loaded, or named where they are not ours.

    Raises:
        CalmError: a task is not ours, or a task cannot build its requests.
    """
    from lm_eval import simple_evaluate

    tasks = arguments["tasks"]
    others = [task for task in tasks if isinstance(task, str | dict)]
    if others:
        raise CalmError(f"--dry_run counts calm_* tasks; leave out {', '.join(map(str, others))}")
    model = DryModel(config.model_args)
    with suppress(_Built):
        simple_evaluate(model=model, **{**arguments, "use_cache": None})
    count = None if model.known is None else cache(model.known.count)
    most = int(config.model_args.get("max_gen_toks", NEW_TOKENS))
    return {task.config.task: load_of(task.instances, count, most) for task in tasks}


def show(config: EvaluatorConfig, arguments: Mapping[str, Any], price: Price | None) -> None:
    """Print what a run would ask for.

    Raises:
        CalmError: see `loads`.
    """
    for task, load in loads(config, arguments).items():
        print(f"{task}: {load.said(price)}")
