"""The lm-eval task: all languages of a parallel set in one task, since consistency is a property of a question.

The task files in `tasks/` name this class, the question set, and the functions of `calm_harness.prompts`. Here is only
what lm-eval's configurable task cannot say: where questions come from, few-shot examples that are the same questions in
every language, the context that `pmi` compares with, and metrics over questions instead of rows.

Facts of lm-eval 0.4.13 that this builds on: ranks take alternate rows and every row must give every metric's key, so
each gives the whole answer; a metric's error is a metric of its own, `<name>_stderr`; a request cache knows neither
metadata nor seeds. (`tests/test_private_names.py` holds lm-eval to the names that are used of it.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask
from lm_eval.api.utils import Message

from calm_harness import metrics, prompts, questions
from calm_harness.answers import opened
from calm_harness.errors import CalmError, ends_in_one_line
from calm_harness.prompts import chat
from calm_harness.questions.digest import digest
from calm_harness.task import answers, rag, repeats, tokens
from calm_harness.task.aggregation import Aggregate, Aggregation, RowValues
from calm_harness.task.documents import EXAMPLE_COLUMNS, lay_out, read_examples, read_set, warn_of, warn_of_shared
from calm_harness.task.fewshot import explained
from calm_harness.task.inputs import provenance, request_key
from calm_harness.task.option_scores import option_scores
from calm_harness.task.options import Options, Score, check_fit, of_set
from calm_harness.task.tokens import Tokens

if TYPE_CHECKING:
    from calm_harness.passages.retrieved import Retrieved

log = logging.getLogger(__name__)

PROMPT = ("system_instruction", "apply_chat_template", "fewshot_as_multiturn", "chat_template")


def _place(doc: Mapping[str, Any]) -> tuple[str, str]:
    return doc["question_id"], doc["language"]


class CalmTask(ConfigurableTask):
    """A `calm_*` task; `dataset_path` in its file names the question set, `dataset_name` the format."""

    @ends_in_one_line()
    def __init__(self, config: dict[str, Any]) -> None:
        settings = {key: value for key, value in config.items() if key != "class"}
        settings["metadata"] = of_set(settings["metadata"], settings["dataset_path"])
        self.options = Options.from_metadata(settings["metadata"])
        check_fit(self.options, settings)
        self.free_text = settings["output_type"] == "generate_until"
        self.cloze = settings["dataset_name"] == "cloze"
        self.score: Score = (self.options.score if self.cloze else None) or "sum"
        self.chat = False  # whether a chat template is applied, which lm-eval says when it has requests built
        if self.free_text:
            settings["repeats"] = self.options.repeats
        if self.options.prompt is not None:
            if settings["dataset_name"] != "cot":
                raise CalmError(f"--metadata: prompt=release is for the _cot tasks, not for {settings['task']}")
            settings["doc_to_text"] = prompts.release_text
        self.retrieved: Retrieved | None = None
        self._lm: object = None  # the model, where lm-eval lets a task see it
        self._predict_only = False
        self._in_thoughts = False  # whether the chat template opens thoughts in the prompt
        self._prompt: dict[str, Any] = {}  # what prompts are made of beside the question, as lm-eval says it
        self._responses: dict[tuple[str, str], list[str]] = {}  # all samples, by question and language
        self._provenance: dict[str, Any] = {}
        self._aggregation: Aggregation | None = None
        super().__init__(config=settings)
        self._try_prompts()

    # Questions

    def _try_prompts(self) -> None:
        """Render a question in each language, so that words that are missing are missed before a model is loaded."""
        for doc in self.dataset[self.config.test_split].select(range(len(self.questions.languages))):
            self.doc_to_text(doc)
            if not self.free_text:
                self.doc_to_choice(doc)

    def download(self, dataset_kwargs: dict[str, Any] | None = None, **_: object) -> None:
        """Read the question set instead of a Hub data set, and find its passages if the task file asks for them."""
        self.questions = read_set(questions.load, self.config.dataset_path, self.options)
        warn_of(self.questions, self.config.task)
        if (dataset_kwargs or {}).get("passages"):
            self.retrieved = rag.find(self.questions, self.options, self.config.task, self.config.metadata or {})
        self._lay_out(self.retrieved.passages if self.retrieved else None)

    def _lay_out(self, passages: Sequence[Sequence[Mapping[str, Any]]] | None) -> None:
        needles = self.retrieved.needles if self.retrieved else ()
        self.dataset = {self.config.test_split: lay_out(self.questions, passages, needles=needles)}

    def fewshot_docs(self) -> list[dict[str, Any]]:
        """Return no examples yet: `fewshot_context` reads them when they are needed."""
        return []

    @ends_in_one_line()
    def fewshot_context(self, doc: dict[str, Any], **kwargs: Any) -> str | list[str]:
        """Build the context of a document, with examples in its language."""
        if kwargs["num_fewshot"] > 0 and not self.sampler.df:
            pool = read_examples(self.config.dataset_path, self.options)
            warn_of_shared(pool, self.questions, self.options, self.config.task)
            examples = lay_out(explained(pool) if self.config.dataset_name == "cot" else pool, columns=EXAMPLE_COLUMNS)
            self.sampler.replace_df([row for row in examples if row["answer"] >= 0])
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
        self.chat = bool(kwargs.get("apply_chat_template"))
        self._lm = getattr(kwargs.get("chat_template"), "__self__", None)
        kwargs |= chat.checked(kwargs.get("chat_template"))
        self._prompt = {name: kwargs[name] for name in PROMPT if name in kwargs}
        self.aggregation()  # the tokenizer that it needs is looked for now, not once all requests are answered
        docs = self.dataset[self.config.test_split]
        asked = kwargs.get("samples") or range(min(kwargs.get("limit") or len(docs), len(docs)))
        self._provenance = provenance(self.config.dataset_path, self.options, self.config.metadata, docs.select(asked))
        if self.retrieved is not None:
            passages = rag.shown(
                docs,
                self.retrieved,
                most=self.options.passage_budget,
                tokens=self._tokens,
                needed=self._tokens_needed,
                asked=asked,
                task=self.config.task,
            )
            self._lay_out(passages)
        repeats.warn_of_same(self.config, self._asks_server)
        if cache_requests:
            tokenizer_name += f"-calm{self._request_key(kwargs)}"
        super().build_all_requests(cache_requests=cache_requests, tokenizer_name=tokenizer_name, **kwargs)

    def _request_key(self, prompt: Mapping[str, Any]) -> str:
        shots, docs = self.config.num_fewshot, self.dataset[self.config.test_split]
        examples = digest(read_examples(self.config.dataset_path, self.options)) if shots else None
        content = (self.options, self.sampler.seed, docs._fingerprint, examples, prompt.get("samples"))
        return request_key(super().dump_config(), content, prompt.get("chat_template"))

    def _context(self, doc: dict[str, Any], **other: Any) -> Any:
        """Build the context of a document as it was built for its request, but for what is told otherwise."""
        prompt = {**self._prompt, **other, "gen_prefix": self.doc_to_prefix(doc)}
        return self.fewshot_context(doc, num_fewshot=self.config.num_fewshot or 0, **prompt)

    def _tokens_needed(self, doc: dict[str, Any]) -> int:
        """Count the tokens of the prompt of a question, and of the longest answer to it."""
        assert self._tokens is not None
        longest = int(self.config.generation_kwargs["max_gen_toks"]) if self.free_text else self._scored_choices(doc)
        return rag.tokens_needed(self._tokens, self._context(doc), longest)

    def _scored_choices(self, doc: Mapping[str, Any]) -> list[str]:
        """Return the choices as they are scored: a chat's turn begins without white space."""
        choices: list[str] = self.doc_to_choice(doc)
        return [choice.lstrip() for choice in choices] if self.chat else choices

    def construct_requests(self, doc: dict[str, Any], ctx: str, **kwargs: Any) -> list[Instance] | Instance:
        """Ask for a response, or for each choice's likelihood (for `pmi`, also after the null context)."""
        self.chat = kwargs.pop("apply_chat_template", False)
        template = kwargs.pop("chat_template", None)
        if self.free_text:
            self._in_thoughts = self._in_thoughts or opened(ctx if isinstance(ctx, str) else "", self.options.thinking)
            settings = dict(self.config.generation_kwargs)
            if not self.chat and not settings.get("until"):
                settings["until"] = self._ends(doc)
            all_settings = repeats.of_samples(settings, self.config, server=self._asks_server)
            return repeats.requests(doc, ctx, all_settings, **kwargs)
        pairs = [(ctx, choice) for choice in self._scored_choices(doc)]
        for null, choice in prompts.cloze_alone(doc) if self.score == "pmi" else ():
            turn = [{"role": "user", "content": null}]
            pairs.append((template(turn), choice.lstrip()) if self.chat else (null, choice))
        return [Instance("loglikelihood", doc, pair, i, **kwargs) for i, pair in enumerate(pairs)]

    def _ends(self, doc: dict[str, Any]) -> list[str]:
        """Return what ends a response in plain text, where nobody says otherwise."""
        return prompts.cot_ends(doc) if self.config.num_fewshot else []

    def _begins_within(self, response: str) -> bool:
        """Whether a response begins within thoughts: lm-eval takes them off where told, unless the limit cut them."""
        told = (self.config.metadata or {}).get("think_end_token") is not None
        return self._in_thoughts and (not told or (self._cut is not None and self._cut(response)))

    @property
    def _asks_server(self) -> bool:
        return repeats.asks_server(self.config.metadata, self._lm)

    # Results

    def apply_filters(self) -> list[Instance] | None:
        """Put the samples of a question together, and take the first of each."""
        self._instances = repeats.merged(self.instances)
        if self.free_text:
            self._responses = {_place(instance.doc): instance.resps for instance in self._instances}
        filtered: list[Instance] | None = super().apply_filters()
        return filtered

    @cached_property
    def metric_names(self) -> list[str]:
        """The metrics of this run; the same on every rank."""
        if self._predict_only:
            return []
        return metrics.names(
            self.questions.languages,
            labelled=all(row.answer >= 0 for row in self.questions.rows),
            scored=not self.free_text,
            truncation=self._cut is not None,
            responses=self.free_text,
            free=self.config.dataset_name == "open",
        )

    @cached_property
    def _tokens(self) -> Tokens | None:
        """The evaluated model's tokenizer, where lm-eval's arguments name it."""
        return tokens.load(self.config.metadata, self._lm)

    @cached_property
    def _cut(self) -> Callable[[str], bool] | None:
        """Tell whether a response was cut at the token limit; None where there is no telling."""
        if not self.free_text or self._tokens is None:
            return None
        return partial(self._tokens.fills, limit=int(self.config.generation_kwargs["max_gen_toks"]))

    @ends_in_one_line()
    def process_results(self, doc: dict[str, Any], results: Sequence[Any]) -> dict[str, Any]:
        """Read one row's answer, which every metric is computed from; `answers` shows it whole in the sample log."""
        if self.free_text:
            responses = self._responses.get(_place(doc), list(results[:1]))
            told = self.options.thinking, self._begins_within, self._cut
            record = answers.of_responses(responses, self._reads(doc), *told)
            if self._prompt.get("apply_chat_template"):
                record["messages"] = self._context(doc, chat_template=lambda messages, **_: messages)
        else:
            likelihoods = [float(likelihood) for likelihood, _ in results]
            scores: Mapping[str, list[float]] = {self.score: likelihoods}
            scores = option_scores(likelihoods, self._scored_choices(doc)) if self.cloze else scores
            record = answers.of_scores(scores, self.score)
        answer = answers.counted(record, doc)
        values = answers.of_row(answer)
        logged = {"answers": record, **{name: values[name] for name in self._row_metrics}}
        return RowValues(logged, self._gathered, answer)

    def _reads(self, doc: dict[str, Any]) -> answers.Reads:
        """Return what reads the answers to a question."""
        return answers.shown(doc, self.options.thinking)

    @cached_property
    def _gathered(self) -> list[str]:
        """The metrics and their errors, which lm-eval gathers from all rows."""
        return list(self.aggregation())

    @property
    def _row_metrics(self) -> list[str]:
        """The metrics that a single row has a value of."""
        return [name for name in answers.ROW_METRICS if name in self.metric_names]

    def aggregation(self) -> dict[str, Aggregate]:
        """Return, for each metric and each metric's error, the function from all rows to its number."""
        if self._aggregation is None:
            self._aggregation = Aggregation(self.questions, self.metric_names, self.config.task)
        if self._predict_only:
            return {"answers": len}
        return self._aggregation.functions()

    def override_metric(self, metric_name: str) -> None:
        """Compute no metric, and log answers all the same: lm-eval's `--predict_only`, which is this with `bypass`."""
        super().override_metric(metric_name)
        self._predict_only = True

    def higher_is_better(self) -> dict[str, bool | None]:
        """Return each metric's direction."""
        return {name: metrics.HIGHER_IS_BETTER[metrics.parted(name)[0]] for name in self.metric_names}

    def dump_config(self) -> dict[str, Any]:
        """Add to lm-eval's record of the task what was read, the intervals, and the language × language tables."""
        config: dict[str, Any] = super().dump_config()
        report = self._aggregation.report if self._aggregation else {}
        if report and self.retrieved is not None:
            shown = self.dataset[self.config.test_split]["passages"]
            report = {**report, "retrieval": rag.report(self.retrieved, shown, self.options, self._tokens)}
        config["metadata"] = {**config["metadata"], "calm": {**report, **self._provenance}}
        config["metric_list"] = [{"metric": name} for name in self._row_metrics]  # the columns of W&B's sample table
        return config
