"""A step of DPO on pairs of options: TRL's trainer as it comes, with cheaper settings, and with shared prompts; of DCO.

    python -m benchmarks.training
    python -m benchmarks.training --set xcsqa --pairs 16 --dtype bfloat16
    python -m benchmarks.training --peft_type prompt

`stock` is TRL's defaults (gradient checkpointing, reference computed beside), `settings` the same trainer without
checkpointing and with the reference's log-probabilities given, `shared` ours with those settings, `dco` the same with
DCO's loss in place of DPO's. All see the same tokens.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from typing import Any

from benchmarks.record import MODEL, Worker, alternate, ratio, save, spread, table

STEPS = 2
KINDS = ("stock", "settings", "shared", "dco")


def training(
    *, kind: str, name: str, model: str, dtype: str, pairs: int, peft_type: str
) -> Callable[..., dict[str, Any]]:
    """Load a model and pairs, and return what takes steps."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig, PrefixTuningConfig, PromptTuningConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig

    from trainer.methods.dco import DCOTrainer, TargetCollator
    from trainer.training.run import on_cpu
    from trainer.training.shared_prompts import SharedPromptDPOTrainer
    from trainer.training.tokens import Writer, tokens

    on_cpu()

    base: Any = DCOTrainer if kind == "dco" else SharedPromptDPOTrainer

    class Trainer(base):  # type: ignore[misc]
        def _obstacle(self, model: Any) -> str | None:
            return None if kind in ("shared", "dco") else "as TRL does it"

    tokenizer = AutoTokenizer.from_pretrained(model)
    examples = list(tokens(rows(name, pairs * STEPS), Writer(tokenizer)))
    cheap = kind != "stock"
    if cheap:  # what they are does not matter for the time of a step
        examples = [{**row, "ref_chosen_logps": -10.0, "ref_rejected_logps": -10.0} for row in examples]
    if kind == "dco":
        examples = [{**row, "target": 1.0} for row in examples]
    adapters = {
        "lora": LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        "prefix": PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=20),
        "prompt": PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=20),
    }
    scratch = tempfile.TemporaryDirectory()
    trainer = Trainer(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype)),
        args=DPOConfig(
            output_dir=scratch.name,
            max_steps=STEPS,
            per_device_train_batch_size=pairs,
            gradient_checkpointing=not cheap,
            use_cpu=not torch.accelerator.is_available(),
            bf16=dtype == "bfloat16",
            report_to="none",
            save_strategy="no",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(examples),
        processing_class=tokenizer,
        data_collator=TargetCollator(tokenizer.pad_token_id) if kind == "dco" else None,
        peft_config=adapters[peft_type],
    )
    trainer.precompute_ref_logps = cheap

    def run() -> dict[str, Any]:
        assert scratch  # which lasts as long as this function
        trainer.train()
        lengths = [len(row["prompt_ids"]) for row in examples]
        return {"loss": trainer.state.log_history[-1]["train_loss"], "prompt_tokens": sum(lengths) / len(lengths)}

    return run


def rows(name: str, count: int) -> list[dict[str, str]]:
    """Return pairs of a set's first options, questions in all languages."""
    from calm_harness import prompts, questions

    found = []
    for row in questions.load(name, split="train").rows[:count]:
        doc = {"language": row.language, "stem": row.stem, "options": row.options}
        chosen, rejected, *_ = prompts.cloze_choices(doc)
        found.append({"prompt": prompts.cloze_text(doc), "chosen": chosen, "rejected": rejected, "format": "cloze"})
    return found


def main() -> None:
    """Run the benchmark and write its file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=MODEL, help="checkpoint folder or hub name")
    parser.add_argument("--set", default="mini", help="a question set with a split `train`")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float32"])
    parser.add_argument("--pairs", type=int, default=16, help="pairs a step")
    parser.add_argument("--peft_type", default="lora", choices=["lora", "prefix", "prompt"], help="the adapter's kind")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    names = ("model", "dtype", "pairs", "peft_type")
    shared = {"name": args.set, **{name: getattr(args, name) for name in names}}
    workers = {kind: Worker(training, kind=kind, **shared) for kind in KINDS}
    runs = alternate(workers, args.repeats)
    for worker in workers.values():
        worker.close()
    seconds = {kind: [run["seconds"] / STEPS for run in each] for kind, each in runs.items()}
    results = [
        {
            "trainer": kind,
            "seconds_a_step": spread(seconds[kind])["median"],
            "times_faster": ratio(seconds["stock"], seconds[kind])["median"],
            "range": "{min:.2f} to {max:.2f}".format(**ratio(seconds["stock"], seconds[kind])),
            "peak_mb": max(run["peak_mb"] for run in runs[kind]),
            "loss": runs[kind][0]["value"]["loss"],
        }
        for kind in KINDS
    ]
    print(table(results))
    save("training", vars(args), results)


if __name__ == "__main__":
    main()
