"""Readers of what stages write for each other: done.json, trained_on.txt, shards, journals."""

import hashlib
import json
import logging

from calm_harness import cache
from calm_harness.models import trained
from calm_harness.sampling.journal import Journal
from calm_harness.shards import found, join
from tests.fuzz.target import put, scratch, target
from tests.fuzz.targets.files import jsonl
from tests.fuzz.targets.predictions import _scored
from tests.fuzz.targets.reports import STAMP, TASK, results

DIGEST = "0123456789abcdef"


@target(lambda: [json.dumps({"inputs": {"model": DIGEST, "tasks": {"mini": DIGEST}}}).encode()], "json")
def done_json(data):
    folder = put("done/done.json", data).parent
    if cache.inputs_of(folder) is not None:
        cache.is_done(folder, {"model": DIGEST, "tasks": {"mini": DIGEST}})


@target(lambda: [f"{DIGEST}\n{DIGEST[::-1]}\n".encode()], "text", [DIGEST, "\n"])
def trained_on_txt(data):
    folder = put("trained/trained_on.txt", data).parent
    keys = trained.read(folder)
    trained.write(folder, keys)
    assert trained.read(folder) == keys
    trained.overlap({"pretrained": str(folder)}, [{"question_id": "mini-001", "stem": "Why?"}])


@target(lambda: [jsonl([{"key": "a", "response": "B"}, {"key": "b", "response": ""}])], "jsonl")
def journal(data):
    path = put("journal.jsonl", data)
    opened = Journal(path)
    opened.close()
    for text in opened.responses.values():
        assert isinstance(text, str)
    opened = Journal(path)
    opened.write([("c", "é")])
    opened.close()
    again = Journal(path)
    again.close()
    assert again.responses == opened.responses


def _parts() -> list[tuple[bytes, bytes]]:
    """The results and logs of two shards of a run of two questions."""
    parts = []
    for number in (1, 2):
        rows = [{**_scored(number - 1, language), "shard": f"{number}/2"} for language in ("en", "fr")]
        hashes = "".join(row["doc_hash"] + row["prompt_hash"] + row["target_hash"] for row in rows)
        shard = {
            "number": number,
            "of": 2,
            "run": {"arguments": {"limit": None, "model_args": {}}},
            "rows": {TASK: 4},
            "digests": {TASK: DIGEST},
        }
        task_hashes = {TASK: hashlib.sha256(hashes.encode()).hexdigest()}
        more = {"total_evaluation_time_seconds": "1.5", "model_name_sanitized": "org__model"}
        parts.append((json.dumps(results(shard=shard, task_hashes=task_hashes, **more)).encode(), jsonl(rows)))
    return parts


def _merged(first: tuple[bytes, bytes]) -> None:
    (_, (second_results, second_log)) = _parts()
    for number, (said, log) in enumerate((first, (second_results, second_log)), start=1):
        put(f"shards/{number}/m/results_{STAMP[:-1]}{number}.json", said)
        put(f"shards/{number}/m/samples_{TASK}_{STAMP[:-1]}{number}.jsonl", log)
    logging.disable(logging.CRITICAL)
    try:
        parts = found.find([scratch() / "shards"], scratch() / "merged")
    finally:
        logging.disable(logging.NOTSET)
    merged, logs = join.joined(parts)
    json.dumps([merged["results"], merged["configs"]])
    assert sum(map(len, logs.values())) == 4


@target(lambda: [_parts()[0][0]], "json")
def shard_results(data):
    _merged((data, _parts()[0][1]))


@target(lambda: [_parts()[0][1]], "jsonl")
def shard_log(data):
    """A log that was changed with its hash, as a run of another program would be."""
    said = json.loads(_parts()[0][0])
    try:
        rows = [json.loads(line) for line in data.decode().splitlines() if line.strip()]
        hashes = "".join(row["doc_hash"] + row["prompt_hash"] + row["target_hash"] for row in rows)
        said["task_hashes"] = {TASK: hashlib.sha256(hashes.encode()).hexdigest()}
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    _merged((json.dumps(said).encode(), data))
