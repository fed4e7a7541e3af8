"""The lm-eval model `hf-prefix`: `hf` that pays for each prompt once.

Scoring: all continuations of a prompt stand in one row (`calm_harness.models.packing`), and the vocabulary head is
applied only where somebody asked for a token's prediction. Sampling: a prompt that is asked for several times is read
once, and its cache is copied to the samples. Everything else (loading, adapters, tokenizing, chat templates, stop
sequences, truncation) is lm-eval's `HFLM`, and so are the numbers: log-likelihoods agree within 1e-3 in float32. In
bfloat16 the order of operations moves them by tenths of a nat, so compare runs of one model class and dtype.

Facts of lm-eval 0.4.13 that this builds on: `loglikelihood` hands `_loglikelihood_tokens` all requests of a task at
once; repeats of a request stand next to each other in a batch for `_model_generate`; on the CPU neither rank nor world
size is set.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from accelerate.utils.memory import should_reduce_batch_size
from lm_eval.api.instance import Instance
from lm_eval.api.registry import register_model
from lm_eval.models.huggingface import HFLM
from tqdm import tqdm
from transformers import DynamicCache

from calm_harness.models import draws, packing, sharing
from calm_harness.models.memory import free_memory
from calm_harness.models.packing import Request, Row
from calm_harness.models.sharing import read_only
from calm_harness.models.trial import trial_requests

log = logging.getLogger(__name__)

# More at once gains nothing on a CPU (docs/performance.md); any other device has the greater figure.
AUTO_TOKENS, MOST_TOKENS = {"cpu": 1024}, 32768
HEAD_NUMBERS, MOST_HEAD_NUMBERS = {"cpu": 2**25}, 2**28  # logits of a batch, the vocabulary times the places read
FLOAT_NUMBERS, MOST_FLOAT_NUMBERS = {"cpu": 2**22}, 2**26  # of which so many are in float32 at a time
MEMORY_SHARE = 0.5  # of what is free, that a batch may take


@register_model("hf-prefix")
class HFPrefixLM(HFLM):
    """`hf` with prompts shared between the options of a question and between the samples of a response.

    Takes the arguments of `HFLM`. `batch_size` counts prompts; `auto` takes as many tokens as memory allows.
    Where a model cannot share a prompt (an encoder-decoder, a recurrent model, an attention without masks), one warning
    says why, and `hf`'s own path is used.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if str(kwargs.get("device")).startswith("cpu") or not torch.accelerator.is_available():
            os.environ.setdefault("ACCELERATE_USE_CPU", "true")  # otherwise torchrun's processes do not meet
        super().__init__(*args, **kwargs)
        accelerator = getattr(self, "accelerator", None)
        if accelerator is not None and not kwargs.get("tp_plan"):
            self._rank = accelerator.process_index
            self._world_size = accelerator.num_processes
            log.info("process %d of %d", self._rank, self._world_size)
        if (kind := sharing.scaled_rope(self._text_config)) is not None:
            log.warning(
                "hf-prefix: this model scales its positions (%s) by the longest prompt of a batch once that is beyond "
                "the length it was first trained on: log-likelihoods of such prompts depend on the batch, as with hf",
                kind,
            )
        sharing.fold_rows(self.model)
        self._shares: bool | None = None
        self._tried = (0, 0)
        self._tokens: int | None = None
        self._longest = self.max_length
        self._seeds: list[int] | None = None  # of the batch that is being generated

    # Scoring

    def _loglikelihood_tokens(
        self, requests: Sequence[Request], disable_tqdm: bool = False, override_bs: int | None = None
    ) -> list[tuple[float, bool]]:
        """Score continuations; as `HFLM`'s, but every prompt is read once."""
        if override_bs is not None:  # rolling windows: nothing to share
            self._longest = self.max_length
            return super()._loglikelihood_tokens(requests, disable_tqdm=disable_tqdm, override_bs=override_bs)
        if not requests:
            return []
        rows = packing.rows(requests, self.max_length)
        self._longest = max(len(context) + len(continuation) for _, context, continuation in requests)
        if not self._can_share(max(len(row.prefix) for row in rows), max(row.reads - 1 for row in rows)):
            return super()._loglikelihood_tokens(requests, disable_tqdm=disable_tqdm)
        cut = sum(len(context) + len(continuation) > self.max_length + 1 for _, context, continuation in requests)
        if cut:
            log.warning("%d of %d prompts are longer than the model's context and cut at the left", cut, len(requests))
        results: list[tuple[float, bool]] = [(0.0, False)] * len(requests)
        with tqdm(total=len(requests), disable=disable_tqdm or self.rank != 0, desc="Running loglikelihood") as bar:
            for scored in self._score(rows):
                for number, result in scored:
                    results[number] = result
                    key = requests[number][0]
                    if key is not None:
                        self.cache_hook.add_partial("loglikelihood", key, result)
                bar.update(len(scored))
        return results

    def _score(self, rows: list[Row]) -> Iterator[list[tuple[int, tuple[float, bool]]]]:
        """Yield, batch by batch, each request's number, log-likelihood and whether it is the greedy continuation."""
        done = 0
        while done < len(rows):
            for batch in packing.batches(rows[done:], self._fits):
                try:
                    scored = self._score_batch(batch)
                except RuntimeError as error:
                    if len(batch) == 1 or not should_reduce_batch_size(error):
                        raise
                    self._tokens = len(batch) * len(batch[0]) // 2
                    log.warning("out of memory with %d prompts at once; going on with half", len(batch))
                    break
                done += len(batch)
                yield scored

    def _fits(self, rows: int, length: int, reads: int) -> bool:
        if self._tokens is not None and rows * length > self._tokens:
            return False
        if self.batch_size == "auto":
            if self._tokens is None:
                self._tokens = self._tokens_at_once()
                return self._fits(rows, length, reads)
        elif rows > int(self.batch_size):
            return False
        return reads * self._vocabulary <= HEAD_NUMBERS.get(self.device.type, MOST_HEAD_NUMBERS)

    @torch.no_grad()
    def _score_batch(self, rows: list[Row]) -> list[tuple[int, tuple[float, bool]]]:
        number = sharing.virtual_tokens(self.model)
        batch = packing.pack(rows, self.tokenizer.pad_token_id, self.device, virtual=number)
        with self._autocast():
            logits = sharing.logits(self.model, self.model, batch, self._text_config, self._dtype)
        places, target_tokens, spans = packing.targets(rows)
        places, target_tokens = places.to(logits.device), target_tokens.to(logits.device)
        dtype = self.softmax_dtype or torch.float32
        at_once = FLOAT_NUMBERS.get(self.device.type, MOST_FLOAT_NUMBERS) // self._vocabulary + 1
        normalisers = torch.cat([block.to(dtype).logsumexp(-1) for block in logits.split(at_once)])
        logprobs = (logits[places, target_tokens].to(dtype) - normalisers[places]).tolist()
        greedy = (logits.argmax(-1)[places] == target_tokens).tolist()
        return [
            (number, (sum(logprobs[span]), all(greedy[span]))) for branch, span in spans for number in branch.requests
        ]

    # Sampling

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Generate responses; as `HFLM`'s, but a request may have a `seed` of its own."""
        requests = [draws.seeded(request) for request in requests]
        if self.batch_size == "auto" and requests:
            longest_prompt = max((request.args[0] for request in requests), key=len)
            response_tokens = max(int(request.args[1].get("max_gen_toks", self.max_gen_toks)) for request in requests)
            self._longest = min(len(self.tok_encode(longest_prompt)) + response_tokens, self.max_length)
        responses: list[str] = super().generate_until(requests, disable_tqdm=disable_tqdm)
        return responses

    def tok_batch_encode(self, strings: Sequence[str], *args: Any, **kwargs: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokenize a batch, as `HFLM` does, and remember its seeds: generation is what comes next."""
        self._seeds = draws.seeds_of(strings)
        encoded: tuple[torch.Tensor, torch.Tensor] = super().tok_batch_encode(list(map(str, strings)), *args, **kwargs)
        return encoded

    @torch.no_grad()
    def _model_generate(
        self, context: torch.Tensor, max_length: int, stop: list[str], **generation_kwargs: Any
    ) -> torch.Tensor:
        """Generate from contexts [rows, length]; contexts that are equal are read once, and their cache is copied."""
        if self._seeds is not None:
            settings = {name: value for name, value in generation_kwargs.items() if name != "attention_mask"}
            settings.setdefault("do_sample", bool(settings.get("temperature")))  # as HFLM has it
            generation_kwargs |= draws.drawing(self.model, settings, self._seeds)
        prompts, prompt_of = torch.unique_consecutive(context, dim=0, return_inverse=True)
        repeated = len(prompts) < len(context) and context.shape[1] > 1
        if repeated and not sharing.virtual_tokens(self.model) and self._can_share():
            first_rows = torch.searchsorted(prompt_of, torch.arange(len(prompts), device=prompt_of.device))
            cache = self._read(prompts, generation_kwargs["attention_mask"][first_rows])
            cache.batch_select_indices(prompt_of)
            generation_kwargs["past_key_values"] = cache
        generated: torch.Tensor = super()._model_generate(context, max_length, stop, **generation_kwargs)
        return generated

    def _read(self, context: torch.Tensor, attention_mask: torch.Tensor) -> DynamicCache:
        """Read contexts, padded at the left, up to their last token."""
        cache = DynamicCache(config=self._text_config)
        last_place = torch.tensor([[0], [context.shape[1] - 2]])
        with self._autocast(), read_only(self._head, last_place):
            self.model(
                input_ids=context[:, :-1],
                attention_mask=attention_mask[:, :-1],
                position_ids=(attention_mask.cumsum(-1) - 1).clamp(min=0)[:, :-1],
                past_key_values=cache,
                use_cache=True,
            )
        return cache

    def _detect_batch_size(self, requests: Sequence | None = None, pos: int = 0) -> int:
        """Tell how many rows of the longest request memory allows, without trying."""
        length = max(1, min(self._longest, self.max_length))
        config = self._text_config
        layers, heads = config.num_hidden_layers, config.num_attention_heads
        kv_heads = getattr(config, "num_key_value_heads", None) or heads
        width = getattr(config, "head_dim", None) or config.hidden_size // heads
        row_bytes = length * (2 * layers * kv_heads * width * self.model.dtype.itemsize + self._bytes_per_token())
        row_bytes += 8 * self._vocabulary
        rows = int(max(1, min(self.max_batch_size, MEMORY_SHARE * free_memory(self.device) // row_bytes)))
        if self.world_size > 1:
            rows = int(self.all_gather(torch.tensor([rows], device=self.device)).min())
        return rows

    # What the model allows

    def _can_share(self, prefix_length: int = 1, branch_tokens: int = 0) -> bool:
        """Tell whether the model reads packed rows rightly: asked of the model itself; where not, warn once.

        Args:
            prefix_length: of the longest prompt.
            branch_tokens: the most that a row has beyond its prompt. Longer rows than were tried are tried again.
        """
        needed = max(prefix_length, self._tried[0]), max(branch_tokens, self._tried[1])
        if self._shares is None or (self._shares and needed != self._tried):
            reason = self._obstacle() or self._trial(*needed)
            self._tried = needed
            self._shares = reason is None
            if reason is not None:
                log.warning("hf-prefix: %s; using hf's own path", reason)
        return self._shares

    def _obstacle(self) -> str | None:
        """Say what in the model's configuration forbids sharing."""
        if self.backend != "causal":
            return "an encoder-decoder reads prompt and continuation apart"
        return sharing.obstacle(self.model)

    def _trial(self, prefix_length: int, branch_tokens: int) -> str | None:
        """Score continuations of random tokens in a packed row and alone, and say where they differ."""
        vocabulary = min(self._vocabulary, len(self.tokenizer))
        filling, requests = trial_requests(vocabulary, prefix_length, branch_tokens, self.max_length)
        alone = [score for score, _ in super()._loglikelihood_tokens(requests, disable_tqdm=True, override_bs=1)]
        try:
            rows = packing.rows([*filling, *requests], self.max_length, prefix_length + branch_tokens + 64)
            packed = dict(self._score_batch(rows))
        except (TypeError, ValueError, NotImplementedError, RuntimeError, IndexError) as error:
            return f"the model does not take packed rows ({type(error).__name__}: {str(error).splitlines()[0]})"
        exact = self.model.dtype == torch.float32 and self.mixed_precision_dtype is None
        for number, score in enumerate(alone, start=len(filling)):
            difference = abs(packed[number][0] - score)
            if not difference < (1e-3 if exact else 0.02 * abs(score) + 0.5):
                return f"packed rows give other log-likelihoods than single ones ({difference:.2g} nats apart)"
        return None

    # The machine

    def _tokens_at_once(self) -> int:
        """Tell how many tokens a batch may have for `batch_size` auto."""
        possible = int(MEMORY_SHARE * free_memory(self.device)) // self._bytes_per_token()
        batch_tokens = max(1, min(possible, AUTO_TOKENS.get(self.device.type, MOST_TOKENS)))
        log.info("batch_size auto: up to %d tokens at once", batch_tokens)
        return batch_tokens

    def _bytes_per_token(self) -> int:
        """Estimate what a token needs while a layer runs: a dozen hidden states, three wide ones, a row of the mask."""
        config = self._text_config
        wide = getattr(config, "intermediate_size", None) or 4 * config.hidden_size
        return int((12 * config.hidden_size + 3 * wide + 2 * self._longest) * max(self.model.dtype.itemsize, 4))

    @property
    def _text_config(self) -> Any:
        return self.model.config.get_text_config(decoder=True)

    @property
    def _head(self) -> torch.nn.Module:
        head: torch.nn.Module = self.model.get_output_embeddings()
        return head

    @property
    def _dtype(self) -> torch.dtype:
        dtype: torch.dtype = self.mixed_precision_dtype or self.model.dtype
        return dtype

    @property
    def _vocabulary(self) -> int:
        return int(self._text_config.vocab_size)

    def _autocast(self) -> torch.autocast:
        dtype = self.mixed_precision_dtype
        return torch.autocast(device_type=self.device.type, dtype=dtype, enabled=dtype is not None)
