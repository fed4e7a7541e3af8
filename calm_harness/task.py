"""The lm-eval task: all languages of a parallel set in one task, since consistency is a property of a question.

The task files in `tasks/` name this class, the question set, and the functions of `calm_harness.prompts`. Here is only
what lm-eval's configurable task cannot say: where questions come from, few-shot examples that are the same questions in
every language, the context that `pmi` compares with, and metrics over questions instead of rows.

Facts of lm-eval 0.4.13 that this builds on: ranks take alternate rows and every row must return every metric's key, so
each carries the whole answer; a metric's error is a metric of its own, `<name>_stderr`; a request cache knows neither
metadata nor seeds.
"""

from __future__ import annotations

import logging
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import datasets
import numpy as np
from lm_eval.api.instance import Instance
from lm_eval.api.samplers import ContextSampler
from lm_eval.api.task import ConfigurableTask
from lm_eval.api.utils import Message

from calm_harness import budget, metrics, prompts, questions, tokens
from calm_harness.answers import extract
from calm_harness.errors import CalmError, quiet_excepthook
from calm_harness.intervals import Estimate, estimate
from calm_harness.metrics import Answer, Answers, twins
from calm_harness.options import Options
from calm_harness.tokens import Tokens

if TYPE_CHECKING:
    from calm_harness.passages import Retrieved

log = logging.getLogger(__name__)

sys.excepthook = quiet_excepthook(sys.excepthook)  # lm_eval would print bad input as a traceback


class Outcome(float):
    """A row's own number (1 if right, invalid, truncated), which the sample log shows, and the answer behind it."""

    answer: Answer

    def __new__(cls, value: float, answer: Answer) -> Outcome:
        """Make the number `value`."""
        self = super().__new__(cls, value)
        self.answer = answer
        return self

    def __reduce__(self) -> tuple[type[Outcome], tuple[float, Answer]]:
        return Outcome, (float(self), self.answer)


class SameQuestions(ContextSampler):
    """Few-shot examples: the same questions in every language, in the question's own language, never itself."""

    seed: int | None = None

    def set_rnd(self, rnd: int | None) -> SameQuestions:
        """Take lm-eval's few-shot seed (the last of `--seed`)."""
        self.seed = rnd
        return self

    def sample(
        self, n: int, eval_doc: Mapping[str, Any] | None = None, df: object = None, **_: object
    ) -> Sequence[dict[str, Any]]:
        """Draw n examples by hash(seed, question_id), whatever the order of rows or the number of processes."""
        if eval_doc is None:
            raise ValueError("examples depend on the question; the task file must give fewshot_split as its test_split")
        pool = {row["question_id"]: row for row in self.df if row["language"] == eval_doc["language"]}
        pool.pop(eval_doc["question_id"], None)
        if n > len(pool):
            raise CalmError(f"--num_fewshot {n}: only {len(pool)} questions can serve as examples")
        drawn = random.Random(f"{self.seed}/{eval_doc['question_id']}").sample(sorted(pool), n)
        return [pool[question_id] for question_id in drawn]


class CalmTask(ConfigurableTask):
    """A `calm_*` task; `dataset_path` in its file names the question set, `dataset_name` the format."""

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
        self._estimated: tuple[Answer, int, dict[str, Estimate]] | None = None
        self._report: dict[str, Any] = {}
        self.retrieved: Retrieved | None = None
        super().__init__(config=settings)

    # Questions

    def _load(self, read: Callable[..., questions.QuestionSet]) -> questions.QuestionSet:
        wanted = self.options
        return read(
            self.config.dataset_path,
            split=wanted.split,
            source=wanted.source,
            languages=wanted.languages,
            option_seed=wanted.option_seed,
        )

    def download(self, dataset_kwargs: dict[str, Any] | None = None, **_: object) -> None:
        """Read the question set instead of a Hub data set, and find its passages if the task file asks for them."""
        self.questions = self._load(questions.load)
        left_out = sum(finding.kind in ("unparsed", "unaligned") for finding in self.questions.findings)
        if left_out:
            log.warning("%s: %d rows could not be used; see: calm data audit", self.config.task, left_out)
        disputed = sum(len({row.answer for row in question}) > 1 for question in self.questions.questions())
        if disputed:
            log.warning(
                "%s: languages disagree on the gold option of %d questions; that of %s counts; see: calm data audit",
                self.config.task,
                disputed,
                self.questions.languages[0],
            )
        if (dataset_kwargs or {}).get("passages"):
            self.retrieved = self._retrieve()
        self._lay_out(self.retrieved.passages if self.retrieved else None)

    def _lay_out(self, passages: Sequence[Sequence[Mapping[str, Any]]] | None) -> None:
        self.dataset = {self.config.test_split: _dataset(self.questions, passages)}

    def _retrieve(self) -> Retrieved:
        """Find the passages of all questions."""
        wanted = self.options
        if wanted.index is None:
            raise CalmError(
                f'{self.config.task} needs an index of passages: --metadata \'{{"index": "DIR"}}\'; build one with '
                "python -m retrieval.build"
            )
        try:
            from calm_harness.passages import retrieve

            found = retrieve(
                self.questions,
                wanted.index,
                k=wanted.k,
                passage_language=wanted.passage_language,
                keep_leaks=wanted.keep_leaks,
            )
        except ImportError as error:
            raise CalmError(f"{error.name} is not installed; run: pip install 'calm-harness[retrieval]'") from None
        if found.leaks:
            name, leak = next(iter(found.leaks.items()))
            log.warning(
                "%s: %d passages contain a question nearly word for word and are %s; the first is %s (%s)",
                self.config.task,
                len(found.leaks),
                "kept" if found.kept else "left out",
                name,
                leak.question_id,
            )
        return found

    def fewshot_docs(self) -> list[dict[str, Any]]:
        """Return no examples yet: `fewshot_context` reads them when they are needed."""
        return []

    def fewshot_context(self, doc: dict[str, Any], **kwargs: Any) -> str | list[str]:
        """Build the context of a document, with examples in its language."""
        if kwargs["num_fewshot"] > 0 and not self.sampler.df:
            pool = self._load(questions.few_shot_pool)
            self.sampler.replace_df([row for row in _dataset(pool) if row["answer"] >= 0])
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

    def build_all_requests(self, *, cache_requests: bool = False, tokenizer_name: str = "", **kwargs: Any) -> None:
        """Build all requests; a request cache is told everything that they depend on."""
        if self.retrieved is not None:
            self._lay_out(self._fitted(self.retrieved.passages))
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

    def _fitted(self, passages: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[Mapping[str, Any]]]:
        """Cut passages to what question and answer leave of the model's context, so that these are never cut."""
        measure: budget.Measure = self._tokens or budget.Characters()
        fitted = []
        for doc, found in zip(self.dataset[self.config.test_split], passages, strict=True):
            bare = {**doc, "passages": []}
            most = self.options.passage_budget
            if self._tokens is not None:
                answer = (
                    int(self.config.generation_kwargs["max_gen_toks"])
                    if self.free_text
                    else max(self._tokens.count(choice) for choice in self.doc_to_choice(bare))
                )
                room = self._tokens.context - self._tokens.count(self.doc_to_text(bare)) - answer - budget.RESERVE
                most = room if most is None else min(most, room)
            fitted.append(budget.fit(found, doc["language"], budget.CHARACTERS if most is None else most, measure))
        return fitted

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
            used = self.options.score if self.cloze and self.options.score else "sum"
            record["score"] = used
            record["scores"] = (
                option_scores(likelihoods, self.doc_to_choice(doc)) if self.cloze else {used: likelihoods}
            )
            scores = record["scores"][used]
            known = np.nan_to_num(scores, nan=-np.inf)  # -inf minus -inf, from a backend that underflows
            choice = int(np.argmax(known)) if np.isfinite(known).any() else None
        answer = Answer(
            question_id=doc["question_id"],
            language=doc["language"],
            choice=choice,
            gold=doc["answer"],
            twins=twins(doc["options"]),
            scores=None if scores is None else tuple(scores),
            truncated=record.get("truncated"),
        )
        own = {"acc": answer.right, "invalid": choice is None, "truncated": answer.truncated}
        values: dict[str, Any] = {"answers": {"choice": choice, **record}}
        for name in self.metric_names:
            values[name] = Outcome(bool(own[name]), answer) if name in own else answer
            values[f"{name}_stderr"] = answer
        return values

    def aggregation(self) -> dict[str, Callable[[list[Any]], Any]]:
        """Return, for each metric and each metric's error, the function from all rows to its number."""
        functions: dict[str, Callable[[list[Any]], Any]] = {"answers": len}
        for name in self.metric_names:
            functions[name] = partial(self._number, name, "value")
            functions[f"{name}_stderr"] = partial(self._number, name, "stderr")
        return functions

    def higher_is_better(self) -> dict[str, bool | None]:
        """Return each metric's direction."""
        return {
            name: metrics.HIGHER_IS_BETTER["acc" if name.startswith("acc_") else name] for name in self.metric_names
        }

    def _number(self, name: str, field: str, rows: list[Answer | Outcome]) -> float | str:
        number = getattr(self._estimates(rows)[name], field)
        return "N/A" if np.isnan(number) else number

    def _estimates(self, rows: list[Answer | Outcome]) -> dict[str, Estimate]:
        """Estimate all metrics from all rows, once: each metric's list holds the same answers."""
        first = _answer(rows[0])
        if self._estimated is None or self._estimated[0] is not first or self._estimated[1] != len(rows):
            table = Answers.collect(map(_answer, rows), self.questions.languages)
            if table.incomplete:
                log.warning(
                    "%s: left out %d questions not asked in all %d languages (--limit and --samples count rows)",
                    self.config.task,
                    table.incomplete,
                    len(table.languages),
                )
            estimates = estimate({name: metrics.statistic(name, table) for name in self.metric_names})
            self._estimated = first, len(rows), estimates
            self._report = run_report(self.questions, table, estimates)
            if self.retrieved is not None:
                self._report["retrieval"] = self._retrieval_report(self.retrieved)
        return self._estimated[2]

    def _retrieval_report(self, retrieved: Retrieved) -> dict[str, Any]:
        """Say where passages came from, how many were shown, and which would have given a question away."""
        shown = self.dataset[self.config.test_split]["passages"]
        return {
            "index": retrieved.index,
            "k": self.options.k,
            "passage_language": self.options.passage_language,
            "shown": sum(map(len, shown)) / len(shown),
            "cut": sum(passage["cut"] for each in shown for passage in each),
            "leaks": {name: asdict(leak) for name, leak in retrieved.leaks.items()},
            "leaks_kept": retrieved.kept,
        }

    def dump_config(self) -> dict[str, Any]:
        """Add to lm-eval's record of the task what was read, the intervals, and the language × language tables."""
        config: dict[str, Any] = super().dump_config()
        config["metadata"] = {**config["metadata"], "calm": self._report}
        return config


def _answer(row: Answer | Outcome) -> Answer:
    return row.answer if isinstance(row, Outcome) else row


def _dataset(
    question_set: questions.QuestionSet, passages: Sequence[Sequence[Mapping[str, Any]]] | None = None
) -> datasets.Dataset:
    """Lay a set out as lm-eval's documents; where languages disagree on the gold option, the first one's counts."""
    columns = ("question_id", "language", "stem", "options", "answer", "order", "prompt")
    rows = [replace(row, answer=question[0].answer) for question in question_set.questions() for row in question]
    laid = {name: [getattr(row, name) for row in rows] for name in columns}
    return datasets.Dataset.from_dict(laid if passages is None else {**laid, "passages": passages})


def option_scores(likelihoods: Sequence[float], choices: Sequence[str]) -> dict[str, list[float]]:
    """Score a cloze's options in the three ways.

    Args:
        likelihoods: 2n log-likelihoods: of the n choices after the context, then after the null context.
        choices: what was scored, white space included.

    Returns:
        `sum` (log-likelihood, nats), `bytes` (per UTF-8 byte) and `pmi` (minus that after the null context).
    """
    after, null = likelihoods[: len(choices)], likelihoods[len(choices) :]
    return {
        "sum": list(after),
        "bytes": [value / len(choice.encode()) for value, choice in zip(after, choices, strict=True)],
        "pmi": [value - base for value, base in zip(after, null, strict=True)],
    }


def run_report(
    question_set: questions.QuestionSet, table: Answers, estimates: Mapping[str, Estimate]
) -> dict[str, Any]:
    """Put together what does not fit lm-eval's table, for its results file."""
    return {
        "set": question_set.name,
        "split": question_set.split,
        "languages": list(question_set.languages),
        "questions": len(table.question_ids),
        "incomplete": table.incomplete,
        "interval": {name: [found.low, found.high] for name, found in estimates.items() if not np.isnan(found.low)},
        "pairwise": metrics.pairwise_report(table),
    }
