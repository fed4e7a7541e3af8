"""Ask a server of lm-eval's API models for one response at a time, and say in one line what is wrong with it.

lm-eval 0.4.13 sends requests at the same time only where their settings are the same; requests with seeds of their own
would wait for each other. What is sent, and how an answer is read, is the model class's own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import requests
from aiohttp import ClientError
from lm_eval.api.instance import Instance
from lm_eval.models.api_models import TemplateAPI
from tenacity import RetryCallState, retry, retry_if_exception, stop_after_attempt, wait_exponential

from calm_harness.errors import CalmError

log = logging.getLogger(__name__)

LATER = (408, 409, 425, 429)  # of the answers that are the asker's fault, those that another try may mend
LONGEST_WAIT = 120  # seconds that a server may have us wait
KEPT = "what was answered is kept: give the same command to go on"


def places(model: object) -> int:
    """Say how many responses a server is asked for at a time; 0 where the model is no server's."""
    if not isinstance(model, TemplateAPI):
        return 0
    return max(1, model._concurrent) * max(1, model._batch_size)


def ask(model: TemplateAPI, request: Instance) -> str:
    """Have a server write a response; one without text is empty, and warned of.

    Raises:
        CalmError: it is away, refuses, or answers something else, and did so as often as `max_retries` says.
    """
    context, settings = request.args[0], dict(request.args[1])
    with one_line(model):
        message: Any = context
        if model.tokenized_requests:
            room = model.max_length - int(settings.get("max_gen_toks", model._max_gen_toks))
            (tokens,) = model.tok_encode([context], add_special_tokens=model.add_bos_token)
            if room < 1:
                raise CalmError(
                    f"max_gen_toks leaves no room for the prompt in max_length={model.max_length + 1}; give the "
                    "server's own max_length in --model_args, or a smaller max_gen_toks in --gen_kwargs"
                )
            message = tokens[-room:]
        answer = _patient(model)(messages=[message], generate=True, gen_kwargs=settings)
        choices = answer.get("choices") if isinstance(answer, dict) else None
        if not isinstance(choices, list):
            raise CalmError(f"{model.base_url} answers something that is no completion: {str(answer)[:200]}; {KEPT}")
        texts = model.parse_generations(outputs=answer, contexts=[context]) if choices else [None]
    if not texts or not texts[0]:
        why = choices[0].get("finish_reason") if choices else "no choice"
        log.warning("%s gave a response without text (%s); it counts as no answer", model.base_url, why)
        return ""
    return str(texts[0])


@contextmanager
def one_line(model: TemplateAPI) -> Iterator[None]:
    """Say in one line what a server did wrong.

    Raises:
        CalmError: it did.
    """
    where = model.base_url
    try:
        yield
    except requests.HTTPError as error:
        said = "" if error.response is None else " ".join(error.response.text.split())[:300]
        raise CalmError(f"{where} answers {_status(error)}: {said}; {KEPT}") from None
    except (requests.exceptions.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise CalmError(
            f"{where} answers without what was asked for ({type(error).__name__}: {error}); is it an OpenAI-compatible "
            "server, with log-probabilities of the prompt where options are scored?"
        ) from None
    except (requests.RequestException, ClientError, TimeoutError, ConnectionError) as error:
        raise CalmError(f"{where} does not answer ({type(error).__name__}); {KEPT}") from None


def scored(model: TemplateAPI) -> Callable[..., list[tuple[float, bool]]]:
    """Return what takes the place of a server's `loglikelihood`: the same, with its errors in one line."""
    loglikelihood = model.loglikelihood

    def in_one_line(asked: Sequence[Instance], **settings: Any) -> list[tuple[float, bool]]:
        with one_line(model):
            found: list[tuple[float, bool]] = loglikelihood(asked, **settings)
        if len(found) != len(asked):
            raise CalmError(
                f"{model.base_url} gave log-probabilities of {len(found)} of {len(asked)} options; take a server that "
                "answers `echo` with `logprobs`, as vLLM's does"
            )
        return found

    return in_one_line


def _patient(model: TemplateAPI) -> Callable[..., Any]:
    """Return the model's call, tried again where that may help."""
    again: Callable[..., Any] = retry(
        stop=stop_after_attempt(model.max_retries), wait=_wait, retry=retry_if_exception(_may_pass), reraise=True
    )(model.model_call)
    return again


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, requests.HTTPError):
        status = _status(error)
        return status is None or status >= 500 or status in LATER
    return isinstance(error, requests.ConnectionError | requests.Timeout)


def _wait(state: RetryCallState) -> float:
    """Wait as long as the server asks for, or longer each time."""
    error = state.outcome.exception() if state.outcome else None
    response = getattr(error, "response", None)
    told = "" if response is None else str(response.headers.get("Retry-After", ""))
    if told.isdecimal():
        return min(float(told), LONGEST_WAIT)
    return wait_exponential(multiplier=0.5, min=1, max=10)(state)


def _status(error: requests.HTTPError) -> int | None:
    return None if error.response is None else int(error.response.status_code)
