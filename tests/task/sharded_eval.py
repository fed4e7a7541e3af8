"""Run lm-eval's own loop over processes.

    torchrun --nproc-per-node 2 tests/task/sharded_eval.py MODEL TASK LIMIT OUT [METADATA [GEN_KWARGS]]

lm-eval's `hf` does not shard on the CPU; this subclass takes rank and world size from torchrun, and nothing else.
Every rank writes which rows it was given to OUT.<rank>.json; rank 0 writes lm-eval's results to OUT, and how many
responses the log has of each row to OUT.responses.
"""

import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from calm_harness.task.paths import tasks_path


class ShardedHFLM(HFLM):
    """`hf` on the CPU with one shard of the rows a process."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        if "RANK" in os.environ and not dist.is_initialized():
            dist.init_process_group("gloo")
        self._rank = dist.get_rank() if dist.is_initialized() else 0
        self._world_size = dist.get_world_size() if dist.is_initialized() else 1
        self.rows: set[tuple[str, str]] = set()

    def _see(self, requests):
        self.rows |= {(request.doc["question_id"], request.doc["language"]) for request in requests}

    def loglikelihood(self, requests, disable_tqdm=True):
        self._see(requests)
        return super().loglikelihood(requests, disable_tqdm=disable_tqdm)

    def generate_until(self, requests, disable_tqdm=True):
        self._see(requests)
        return super().generate_until(requests, disable_tqdm=disable_tqdm)

    def all_gather(self, tensor):
        gathered = [torch.zeros_like(tensor) for _ in range(self.world_size)]
        dist.all_gather(gathered, tensor)
        return torch.stack(gathered)

    def barrier(self):
        dist.barrier()


def main(model: str, task: str, limit: str, out: str, *more: str) -> None:
    metadata, gen_kwargs = [*more, *("{}", None)[len(more) :]]
    lm = ShardedHFLM(pretrained=model, device="cpu", dtype="float32", batch_size=8)
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=json.loads(metadata))
    settings = {"limit": int(limit), "gen_kwargs": gen_kwargs, "bootstrap_iters": 0}
    results = simple_evaluate(lm, tasks=[task], task_manager=manager, **settings)
    seen = {"rank": lm.rank, "world_size": lm.world_size, "rows": sorted(lm.rows)}
    Path(f"{out}.{lm.rank}.json").write_text(json.dumps(seen))
    if results is not None:
        Path(out).write_text(json.dumps(results["results"][task]))
        responses = [
            sum(map(len, row["resps"])) if "cot" in task else len(row["resps"]) for row in results["samples"][task]
        ]
        Path(f"{out}.responses").write_text(json.dumps(responses))


if __name__ == "__main__":
    main(*sys.argv[1:])
