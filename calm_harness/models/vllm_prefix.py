"""The lm-eval model `vllm-prefix`: `vllm` that pays for each prompt once.

lm-eval's `vllm` asks for `prompt_logprobs` of prompt and option together, a request an option, and vLLM answers such
requests without its prefix cache: five options, five times the prompt. Here options of one token (letters) are one
request of one new token, which names the log-probabilities of just these tokens; longer options are a request each that
reads the prompt from the cache, and what an answer says of the option's own tokens is all that is read of it. Whether
the cache held more than the prompt is looked at, answer by answer: then the log-probabilities of the option's first
tokens were not computed, and it is asked again without the cache. Everything else is lm-eval's `VLLM`, and so are the
numbers, up to the order of operations.

Facts of vLLM 0.32 that this builds on: `SamplingParams` has `logprob_token_ids` (at most 128) and
`skip_reading_prefix_cache`; with the latter False `prompt_logprobs` are filled from the first token that was not in the
cache (`num_cached_tokens`) on; a prefix that is in the same step's batch counts as cached.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from lm_eval.models.vllm_causallms import VLLM
from tqdm import tqdm
from vllm import SamplingParams

from calm_harness.models.packing import Request, Tokens

log = logging.getLogger(__name__)

IDS = 128  # tokens whose log-probabilities a request may ask for
Plan = tuple[dict[Tokens, dict[int, list[int]]], dict[tuple[Tokens, Tokens], list[int]]]


class VLLMPrefixLM(VLLM):
    """`vllm` with prompts shared between the options of a question.

    Takes the arguments of `VLLM`.

    Attributes:
        prompt_tokens: tokens of all requests that options were scored with so far.
        cached_tokens: of which the prefix cache had so many.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"enable_prefix_caching": True, **kwargs})
        self.prompt_tokens = self.cached_tokens = 0

    def _loglikelihood_tokens(self, requests: list[Request], disable_tqdm: bool = False) -> list[tuple[float, bool]]:
        """Score continuations; as `VLLM`'s, but every prompt is read once."""
        results: list[tuple[float, bool]] = [(0.0, False)] * len(requests)
        letters, texts = plan(requests, self.max_length - 1)
        asked = [
            (context, ids[at : at + IDS])
            for context, by_token in letters.items()
            for ids in [list(by_token)]
            for at in range(0, len(ids), IDS)
        ]
        with tqdm(total=len(requests), disable=disable_tqdm, desc="Running loglikelihood requests") as bar:
            for (context, ids), output in zip(asked, self._next_tokens(asked), strict=True):
                (told,), (greedy,) = output.outputs[0].logprobs, output.outputs[0].token_ids
                for token in ids:
                    for number in letters[context][token]:
                        results[number] = (told[token].logprob, token == greedy)
                        bar.update()
            for numbers, score in zip(texts.values(), self._continuations(list(texts)), strict=True):
                for number in numbers:
                    results[number] = score
                    bar.update()
        for (key, _, _), result in zip(requests, results, strict=True):
            if key is not None:
                self.cache_hook.add_partial("loglikelihood", key, result)
        log.info("%d prompt tokens so far, of which %d were in the cache", self.prompt_tokens, self.cached_tokens)
        return results

    def _next_tokens(self, asked: Sequence[tuple[Tokens, list[int]]]) -> list[Any]:
        """Ask for the log-probabilities of some tokens after each context."""
        parameters = [
            SamplingParams(temperature=0, max_tokens=1, detokenize=False, logprob_token_ids=ids) for _, ids in asked
        ]
        return self._ask([context for context, _ in asked], parameters)

    def _continuations(self, asked: Sequence[tuple[Tokens, Tokens]]) -> list[tuple[float, bool]]:
        """Score continuations after contexts, which the cache may have."""
        scores: list[tuple[float, bool] | None] = [None] * len(asked)
        for skip in (False, True):
            numbers = [number for number, score in enumerate(scores) if score is None]
            whole = [asked[number][0] + asked[number][1] for number in numbers]
            parameters = SamplingParams(
                temperature=0, prompt_logprobs=1, max_tokens=1, detokenize=False, skip_reading_prefix_cache=skip
            )
            for number, tokens, output in zip(numbers, whole, self._ask(whole, [parameters] * len(whole)), strict=True):
                length = len(asked[number][0])
                if (output.num_cached_tokens or 0) < length:
                    scores[number] = self._parse_logprobs(list(tokens), output, length)
        return [score for score in scores if score is not None]

    def _ask(self, prompts: Sequence[Tokens], parameters: list[Any]) -> list[Any]:
        if not prompts:
            return []
        outputs = self._model_generate([list(prompt) for prompt in prompts], True, parameters)
        self.prompt_tokens += sum(map(len, prompts))
        self.cached_tokens += sum(output.num_cached_tokens or 0 for output in outputs)
        return list(outputs)


def plan(requests: Sequence[Request], max_length: int) -> Plan:
    """Say what to ask for: the next tokens of each context, and contexts with longer continuations.

    Contexts are cut at the left as `VLLM` cuts them, so that context and continuation have at most `max_length` tokens.

    Returns:
        Context -> token -> numbers of the requests that ask for it alone; (context, continuation) -> numbers of
        requests, those of a context next to each other, the longest first.
    """
    letters: dict[Tokens, dict[int, list[int]]] = {}
    texts: dict[tuple[Tokens, Tokens], list[int]] = {}
    for number, (_, context, continuation) in enumerate(requests):
        kept = tuple((context + continuation)[-max_length:][: -len(continuation)])
        if len(continuation) == 1:
            letters.setdefault(kept, {}).setdefault(continuation[0], []).append(number)
        else:
            texts.setdefault((kept, tuple(continuation)), []).append(number)
    return letters, dict(sorted(texts.items(), key=lambda item: (-len(item[0][0]), item[0])))
