"""The prompts that are asked while a model is trained: those of a sample log, whole questions, labels left out.

They come from a log, and not from a task, so that what is trained on is to the last character what an evaluation asked:
its words, examples, passages and chat template. A log also says how answers are to be read.
"""

from __future__ import annotations

import json
import logging
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow

from calm_harness.answers import opened
from calm_harness.errors import CalmError
from calm_harness.metrics import twins
from calm_harness.predictions import Prediction
from trainer.preferences import held_out
from trainer.preferences.samples import Samples, named_questions
from trainer.preferences.samples import load as load_samples
from trainer.rollouts.arguments import PromptArguments
from trainer.training import arrow
from trainer.training.arguments import Arguments
from trainer.training.identity import TOKENS, hashed, identity
from trainer.training.model import load_tokenizer
from trainer.training.ranks import Alive
from trainer.training.record import of_prompts
from trainer.training.run import EXAMPLES, Prepared, claim
from trainer.training.tokens import Writer
from trainer.votes.rewards import LABELLED

log = logging.getLogger(__name__)

Row = dict[str, Any]
TEXTS = pyarrow.list_(pyarrow.string())
SCHEMA = pyarrow.schema(
    {
        "prompt": pyarrow.string(),
        "question_id": pyarrow.string(),
        "language": pyarrow.string(),
        "options": TEXTS,
        "thinking": TEXTS,
        "in_thoughts": pyarrow.bool_(),
        "words": pyarrow.string(),
        "right": pyarrow.list_(pyarrow.int32()),
    }
)
"""What TRL's trainer reads, of which it gives everything to the reward: a row a question and language.

`in_thoughts`: whether the prompt opens thoughts. `words`: what the question's set says around answers, as JSON.
`right`: the options that are, which is null unless the reward asks for labels.
"""


def prepare(_method: Any, arguments: Arguments, alive: Alive) -> Prepared:
    """Read prompts, claim the folder and write what every process then maps into memory.

    Raises:
        CalmError: logs, model and settings do not fit together, or an evaluated question would be trained on.
    """
    data, training = arguments.data, arguments.training
    rows = load(data, training.seed)
    report = keep_out(rows, data)
    check_batches(rows, training)

    def write() -> dict[str, Any]:
        tokenizer = load_tokenizer(arguments.model)
        examples = rendered(rows, Writer(tokenizer, (), str(arguments.model.model_name_or_path)))
        folder = Path(training.output_dir).expanduser() / TOKENS
        folder.mkdir(parents=True, exist_ok=True)
        arrow.write(folder / EXAMPLES, examples, alive, SCHEMA)
        return {**of_prompts("GRPO", known, rows, arguments), "held_out": report}

    known = identity(arguments, prompts=hashed(rows))
    return claim(rows, known, arguments, write)


def load(data: PromptArguments, seed: int) -> list[Row]:
    """Read the questions of logs, those that all languages have, in an order drawn by hash of seed and question.

    Returns:
        A row a question and language, the languages of a question adjacent and in the logs' order.

    Raises:
        CalmError: a log cannot be read or does not hold responses, or the reward needs what the logs have not.
    """
    samples = load_samples(data.samples, data.languages, named_questions(data.questions))
    if samples.scored:
        raise CalmError(f"{data.samples[0]} has scored options, and GRPO has responses written; take a _cot task's log")
    if data.reward == "agree" and len(samples.languages) == 1:
        raise CalmError(
            f"reward=agree asks the other languages, and there is {samples.languages[0]} alone; sample more languages"
        )
    whole = sorted(_whole(samples), key=lambda number: random.Random(f"{seed}/{samples.question_ids[number]}").random())
    if not whole:
        raise CalmError(f"no question is there in all of {', '.join(samples.languages)}; name fewer --languages")
    if len(whole) < len(samples.question_ids):
        log.warning(
            "%d of %d questions are not there in all of %s, and left out",
            len(samples.question_ids) - len(whole),
            len(samples.question_ids),
            ", ".join(samples.languages),
        )
    labelled = data.reward in LABELLED
    return [
        _row(samples.cells[question, language], labelled=labelled)
        for question in whole
        for language in range(len(samples.languages))
    ]


def _whole(samples: Samples) -> Iterator[int]:
    places = samples.places()
    counts = [0] * len(samples.question_ids)
    for question, _ in places.tolist():
        counts[question] += 1
    return (number for number, count in enumerate(counts) if count == len(samples.languages))


def _row(cell: Prediction, *, labelled: bool) -> Row:
    row = {
        "prompt": cell.prompt,
        "messages": [dict(message) for message in cell.messages],
        "served": cell.served,
        "question_id": cell.question_id,
        "language": cell.language,
        "stem": cell.stem,
        "options": list(cell.options),
        "thinking": list(cell.thinking),
        "words": dict(cell.words),
    }
    if not labelled:
        return row
    if cell.gold < 0:
        raise CalmError(
            f"question {cell.question_id} in {cell.language}: its label is hidden, and reward=gold is made of labels; "
            "take vote or agree"
        )
    same = twins(cell.options)
    return row | {"right": [place for place, first in enumerate(same) if first == same[cell.gold]]}


def keep_out(rows: Iterable[Mapping[str, Any]], data: PromptArguments) -> held_out.Report:
    """Keep evaluated questions out, and say which were and were not.

    Raises:
        CalmError: see `trainer.preferences.held_out`; or evaluated questions would be trained on by their labels.
    """
    if data.transductive and data.reward in LABELLED:
        raise CalmError(
            f"reward={data.reward} would train on the labels of questions that are evaluated; take another reward, or "
            "leave transductive out"
        )
    report = held_out.check(rows, data.held_out, transductive=data.transductive, of="prompts")
    print("\n".join(held_out.render(report)), flush=True)
    return report


def check_batches(rows: Sequence[Row], training: Any) -> None:
    """See that a process has whole questions at a time: a reward pools a question's languages.

    TRL deals responses to processes in the rows' order, `num_generations` of a row after one another, and leaves out
    what fills no batch at the end (`RepeatSampler` of 1.16).

    Args:
        rows: as `load` returns them.
        training: TRL's `GRPOConfig`.

    Raises:
        CalmError: it has not, or there is no whole batch.
    """
    if training.shuffle_dataset:
        raise CalmError(
            "shuffle_dataset would part a question's languages; leave it out, questions are drawn by --seed"
        )
    languages = len({row["language"] for row in rows})
    a_question = languages * training.num_generations
    a_process = training.per_device_train_batch_size * training.steps_per_generation
    if a_process % a_question:
        least = a_question // math.gcd(a_question, training.steps_per_generation)
        size = math.ceil(training.per_device_train_batch_size / least) * least
        raise CalmError(
            f"a question has {a_question} responses ({languages} languages, num_generations "
            f"{training.num_generations}), and a process {a_process} at a time, which are no whole questions; give "
            f"--per_device_train_batch_size {size}, or other --gradient_accumulation_steps"
        )
    questions, at_a_time = len(rows) // languages, training.generation_batch_size // a_question
    if questions < at_a_time:
        raise CalmError(
            f"{questions} questions are fewer than the {at_a_time} of a batch; give more, or a smaller "
            "--per_device_train_batch_size"
        )
    if questions % at_a_time:
        log.warning("the last %d of %d questions fill no batch, and are left out", questions % at_a_time, questions)


def rendered(rows: Iterable[Row], writer: Writer) -> Iterator[Row]:
    """Lay rows out as `SCHEMA` has them, with prompts as the model reads them.

    Raises:
        CalmError: a prompt's messages are not what the model's chat template makes of them.
    """
    for number, row in enumerate(rows):
        asked = {"prompt": row["messages"] or row["prompt"], "rendered": None if row["served"] else row["prompt"]}
        prompt = writer.texts(number, asked).prompt
        yield {
            "prompt": prompt,
            **{name: row[name] for name in ("question_id", "language", "options", "thinking")},
            "in_thoughts": opened(prompt, row["thinking"]),
            "words": json.dumps(row["words"], ensure_ascii=False),
            "right": row.get("right"),
        }
