"""The lm-eval task: all languages of a parallel set in one task, since consistency is a property of a question.

The task files in `tasks/` name this class, the question set, and the functions of `calm_harness.prompts`. Here is only
what lm-eval's configurable task cannot say: where questions come from, few-shot examples that are the same questions in
every language, the context that `pmi` compares with, and metrics over questions instead of rows.

Facts of lm-eval 0.4.13 that this builds on: ranks take alternate rows and every row must return every metric's key, so
each carries the whole answer; a metric's error is a metric of its own, `<name>_stderr`; a request cache knows neither
metadata nor seeds. (`tests/test_private_names.py` holds lm-eval to the names that are used of it.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask
from lm_eval.api.utils import Message

from calm_harness import metrics, prompts, questions
from calm_harness.answers import extract
from calm_harness.errors import CalmError, ends_in_one_line
from calm_harness.metrics import Answer, twins
from calm_harness.task import rag, tokens
from calm_harness.task.aggregation import Aggregate, Aggregation, Outcome
from calm_harness.task.documents import lay_out, read_set, warn_of
from calm_harness.task.option_scores import option_scores
from calm_harness.task.options import Options
from calm_harness.task.tokens import Tokens

if TYPE_CHECKING:
    from calm_harness.passages.retrieved import Retrieved

log = logging.getLogger(__name__)


class CalmTask(ConfigurableTask):
    """A `calm_*` task; `dataset_path` in its file names the question set, `dataset_name` the format."""

    @ends_in_one_line()
    def __init__(self, config: dict[str, Any]) -> None:
        settings = {key: value for key, value in config.items() if key != "class"}
        self.options = Options.from_metadata(settings["metadata"])
        self.free_text = settings["output_type"] == "generate_until"
        self.cloze = settings["dataset_name"] == "cloze"
        if self.free_text:
            settings["repeats"] = self.options.repeats
        if self.options.prompt is not None:
            if not self.free_text:
                raise CalmError(f"--metadata: prompt=release is for the _cot tasks, not for {settings['task']}")
            settings["doc_to_text"] = prompts.release_text
        self.retrieved: Retrieved | None = None
        self._aggregation: Aggregation | None = None
        super().__init__(config=settings)

    # Questions

    def download(self, dataset_kwargs: dict[str, Any] | None = None, **_: object) -> None:
        """Read the question set instead of a Hub data set, and find its passages if the task file asks for them."""
        self.questions = read_set(questions.load, self.config.dataset_path, self.options)
        warn_of(self.questions, self.config.task)
        if (dataset_kwargs or {}).get("passages"):
            self.retrieved = rag.find(self.questions, self.options, self.config.task)
        self._lay_out(self.retrieved.passages if self.retrieved else None)

    def _lay_out(self, passages: Sequence[Sequence[Mapping[str, Any]]] | None) -> None:
        self.dataset = {self.config.test_split: lay_out(self.questions, passages)}

    def fewshot_docs(self) -> list[dict[str, Any]]:
        """Return no examples yet: `fewshot_context` reads them when they are needed."""
        return []

    @ends_in_one_line()
    def fewshot_context(self, doc: dict[str, Any], **kwargs: Any) -> str | list[str]:
        """Build the context of a document, with examples in its language."""
        if kwargs["num_fewshot"] > 0 and not self.sampler.df:
            pool = read_set(questions.few_shot_pool, self.config.dataset_path, self.options)
            self.sampler.replace_df([row for row in lay_out(pool) if row["answer"] >= 0])
        return super().fewshot_context(doc, **kwargs)

    def build_qa_turn(self, **kwargs: Any) -> list[Message]:
        """Build a turn; white space before an example's answer parts the turns in plain text and falls away in chat."""
        turn = super().build_qa_turn(**kwargs)
        if len(turn) == 2:
            user, assistant = turn
            text = assistant.content.lstrip()
            user._delimiter += assistant.content[: len(assistant.content) - len(text)]
            assistant.content = text
        return turn

    # Requests

    @ends_in_one_line()
    def build_all_requests(self, *, cache_requests: bool = False, tokenizer_name: str = "", **kwargs: Any) -> None:
        """Build all requests; a request cache is told everything that they depend on."""
        if self.retrieved is not None:
            passages = rag.fitted(
                self.dataset[self.config.test_split],
                self.retrieved.passages,
                most=self.options.passage_budget,
                tokens=self._tokens,
                needed=self._tokens_without_passages,
            )
            self._lay_out(passages)
        generation = self.config.generation_kwargs or {}
        sampled = generation.get("do_sample") or float(generation.get("temperature") or 0) > 0
        if self.config.repeats > 1 and not sampled:
            log.warning(
                "%s: decoding is greedy, so all %d samples of a question will be the same; "
                "sample with --gen_kwargs do_sample=True,temperature=0.7",
                self.config.task,
                self.config.repeats,
            )
        if cache_requests:
            content = (self.options, self.VERSION, self.sampler.seed, self.dataset[self.config.test_split]._fingerprint)
            tokenizer_name += f"-calm{questions.fingerprint(repr(content))}"
        super().build_all_requests(cache_requests=cache_requests, tokenizer_name=tokenizer_name, **kwargs)

    def _tokens_without_passages(self, doc: Mapping[str, Any]) -> int:
        """Count the tokens of a question without its passages, and of the longest answer to it."""
        assert self._tokens is not None
        if self.free_text:
            answer = int(self.config.generation_kwargs["max_gen_toks"])
        else:
            answer = max(self._tokens.count(choice) for choice in self.doc_to_choice(doc))
        return self._tokens.count(self.doc_to_text(doc)) + answer

    def construct_requests(self, doc: dict[str, Any], ctx: str, **kwargs: Any) -> list[Instance] | Instance:
        """Ask for a response, or for each choice's likelihood (of a cloze, also after the null context)."""
        chat = kwargs.pop("apply_chat_template", False)
        template = kwargs.pop("chat_template", None)
        if self.free_text:
            settings = dict(self.config.generation_kwargs)
            if self.config.num_fewshot and not chat and not settings.get("until"):
                settings["until"] = [self.config.fewshot_delimiter]  # a base model would go on with a next example
            return Instance("generate_until", doc, (ctx, settings), 0, **kwargs)
        choices = [choice.lstrip() if chat else choice for choice in self.doc_to_choice(doc)]
        contexts = [ctx]
        if self.cloze:
            null = prompts.cloze_null(doc)
            contexts.append(template([{"role": "user", "content": null}]) if chat else null)
        pairs = [(context, choice) for context in contexts for choice in choices]
        return [Instance("loglikelihood", doc, pair, i, **kwargs) for i, pair in enumerate(pairs)]

    # Results

    @cached_property
    def metric_names(self) -> list[str]:
        """The metrics of this run; the same on every rank."""
        return metrics.names(
            self.questions.languages,
            labelled=all(row.answer >= 0 for row in self.questions.rows),
            scored=not self.free_text,
            responses=self._cut is not None,
        )

    @cached_property
    def _tokens(self) -> Tokens | None:
        """The evaluated model's tokenizer, where lm-eval's arguments name it."""
        return tokens.load(self.config.metadata)

    @cached_property
    def _cut(self) -> Callable[[str], bool] | None:
        """Tell whether a response was cut at the token limit; None where there is no telling."""
        if not self.free_text or self._tokens is None:
            return None
        return partial(self._tokens.fills, limit=int(self.config.generation_kwargs["max_gen_toks"]))

    @ends_in_one_line()
    def process_results(self, doc: dict[str, Any], results: Sequence[Any]) -> dict[str, Any]:
        """Read one row's answer; every metric's key carries it, `answers` shows it whole in the sample log."""
        record: dict[str, Any] = {}
        if self.free_text:
            response = results[0]
            scores = None
            choice = extract(response, list(doc["options"]), doc["language"])
            if self._cut is not None:
                record["truncated"] = self._cut(response)
        else:
            likelihoods = [float(likelihood) for likelihood, _ in results]
            score = self.options.score if self.cloze and self.options.score else "sum"
            record["score"] = score
            record["scores"] = (
                option_scores(likelihoods, self.doc_to_choice(doc)) if self.cloze else {score: likelihoods}
            )
            scores = record["scores"][score]
            comparable = np.nan_to_num(scores, nan=-np.inf)  # -inf minus -inf, from a backend that underflows
            choice = int(np.argmax(comparable)) if np.isfinite(comparable).any() else None
        answer = Answer(
            question_id=doc["question_id"],
            language=doc["language"],
            choice=choice,
            gold=doc["answer"],
            twins=twins(doc["options"]),
            scores=None if scores is None else tuple(scores),
            truncated=record.get("truncated"),
        )
        row_values = {"acc": answer.right, "invalid": choice is None, "truncated": answer.truncated}
        values: dict[str, Any] = {"answers": {"choice": choice, **record}}
        for name in self.metric_names:
            values[name] = Outcome(bool(row_values[name]), answer) if name in row_values else answer
            values[f"{name}_stderr"] = answer
        return values

    def aggregation(self) -> dict[str, Aggregate]:
        """Return, for each metric and each metric's error, the function from all rows to its number."""
        if self._aggregation is None:
            self._aggregation = Aggregation(self.questions, self.metric_names, self.config.task)
        return self._aggregation.functions()

    def higher_is_better(self) -> dict[str, bool | None]:
        """Return each metric's direction."""
        return {
            name: metrics.HIGHER_IS_BETTER["acc" if name.startswith("acc_") else name] for name in self.metric_names
        }

    def dump_config(self) -> dict[str, Any]:
        """Add to lm-eval's record of the task what was read, the intervals, and the language × language tables."""
        config: dict[str, Any] = super().dump_config()
        report = self._aggregation.report if self._aggregation else {}
        if report and self.retrieved is not None:
            shown = self.dataset[self.config.test_split]["passages"]
            report = {**report, "retrieval": rag.report(self.retrieved, shown, self.options)}
        config["metadata"] = {**config["metadata"], "calm": report}
        return config
