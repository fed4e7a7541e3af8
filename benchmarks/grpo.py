"""A step of GRPO and where its time goes: writing responses, reading and rewarding them, learning from them.

    python -m benchmarks.grpo
    python -m benchmarks.grpo --set xcsqa --languages en zh fr --generations 8 --tokens 128 --dtype bfloat16

Questions of a set's training split are asked as its `_cot` task asks them; the reward is `vote`. `learning` is the rest
of a step: forward, backward, and the optimizer. `shared` reads a prompt once for all its responses when it learns,
`TRL's` once for each; both draw the same responses as long as they learn the same, up to rounding.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.record import MODEL, Worker, alternate, ratio, save, spread, table

PARTS = ("sampling", "reward", "learning")
WAYS = ("TRL's", "shared")


def training(
    way: str, model: str, dtype: str, rows: list[dict[str, Any]], tokens: int, **sizes: int
) -> Callable[[], Any]:
    """Load a model, and return what takes steps and says the seconds of each part."""
    from datasets import Dataset

    from trainer.methods.grpo import CalmGRPOConfig, build
    from trainer.rollouts.arguments import PromptArguments
    from trainer.training.arguments import Arguments, LoraModelConfig
    from trainer.training.model import load_tokenizer
    from trainer.training.run import on_cpu

    on_cpu()
    scratch = tempfile.TemporaryDirectory()
    arguments = Arguments(
        PromptArguments(samples=[]),
        CalmGRPOConfig(
            output_dir=scratch.name,
            per_device_train_batch_size=sizes["languages"] * sizes["generations"],
            num_generations=sizes["generations"],
            max_completion_length=tokens,
            max_steps=sizes["steps"],
            gradient_checkpointing=False,
            bf16=dtype == "bfloat16",
            report_to="none",
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
        ),
        LoraModelConfig(model_name_or_path=model, dtype=dtype, lora_r=16, lora_alpha=32),
    )
    trainer = build(Dataset.from_list(rows), load_tokenizer(arguments.model), arguments)
    trainer.shares = False if way == "TRL's" else None
    spent = dict.fromkeys(PARTS, 0.0)

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[part] += time.perf_counter() - start

        return run

    trainer._generate_single_turn = timed("sampling", trainer._generate_single_turn)
    trainer.reward_funcs = [timed("reward", function) for function in trainer.reward_funcs]

    def run() -> dict[str, Any]:
        assert scratch  # which lasts as long as this function
        spent.update(dict.fromkeys(PARTS, 0.0))
        start = time.perf_counter()
        trainer.train()
        spent["learning"] = time.perf_counter() - start - spent["sampling"] - spent["reward"]
        lengths = [entry["completions/mean_length"] for entry in trainer.state.log_history if "reward" in entry]
        return {**spent, "tokens": sum(lengths) / max(len(lengths), 1), "shares": trainer.shares}

    return run


def asked(name: str, languages: list[str] | None, questions: int) -> list[dict[str, Any]]:
    """Return the prompts of a set's training questions, all languages of a question after one another."""
    from calm_harness import prompts
    from calm_harness.questions import load

    rows = load(name, split="train", languages=languages).rows
    width = len({row.language for row in rows})
    return [
        {
            "prompt": prompts.cot_text({"language": row.language, "stem": row.stem, "options": row.options}),
            "question_id": row.question_id,
            "language": row.language,
            "options": list(row.options),
            "thinking": [],
            "in_thoughts": False,
            "words": json.dumps({}),
            "right": None,
        }
        for row in rows[: questions * width]
    ]


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="checkpoint folder or hub name")
    parser.add_argument("--set", default="mini", help="a question set with a split `train`")
    parser.add_argument("--languages", nargs="+", help="BCP 47 tags; all by default")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float32"])
    parser.add_argument("--generations", type=int, default=4, help="responses a prompt")
    parser.add_argument("--tokens", type=int, default=64, help="the most tokens of a response")
    parser.add_argument("--steps", type=int, default=2, help="a question each")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    rows = asked(args.set, args.languages, args.steps)
    languages = len({row["language"] for row in rows})
    told = {
        "model": args.model, "dtype": args.dtype, "rows": rows, "tokens": args.tokens,
        "languages": languages, "generations": args.generations, "steps": args.steps,
    }  # fmt: skip
    workers = {way: Worker(training, way=way, **told) for way in WAYS}
    runs = alternate(workers, args.repeats)
    for worker in workers.values():
        worker.close()
    assert all(run["value"]["shares"] == (way == "shared") for way in WAYS for run in runs[way])
    seconds = {
        way: {part: [run["value"][part] / args.steps for run in runs[way]] for part in PARTS}
        | {"all": [run["seconds"] / args.steps for run in runs[way]]}
        for way in WAYS
    }
    results = [
        {
            "part": part,
            **{f"{way}, s": spread(seconds[way][part])["median"] for way in WAYS},
            **{
                f"{way}, share": spread(
                    [one / step for one, step in zip(seconds[way][part], seconds[way]["all"], strict=True)]
                )["median"]
                for way in WAYS
            },
            "times_faster": "{median:.2f} ({min:.2f} to {max:.2f})".format(
                **ratio(seconds["TRL's"][part], seconds["shared"][part])
            ),
        }
        for part in (*PARTS, "all")
    ]
    for way in WAYS:
        results[-1][f"{way}, MB"] = max(run["peak_mb"] for run in runs[way])
    results[-1] |= {
        "responses": languages * args.generations,
        "tokens_a_response": runs["shared"][0]["value"]["tokens"],
    }
    print(table(results))
    save("grpo", vars(args), results)


if __name__ == "__main__":
    main()
