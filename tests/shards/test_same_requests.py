"""A shard asks what the whole run asks: passages, examples, options and the seeds of samples are the questions' own."""

import hashlib
import threading

import pytest

from calm_harness.evaluation import evaluate
from calm_harness.shards.join import merge
from tests.odd_server import server_of
from tests.shards.conftest import logs_of, results_of, rows_of


@pytest.fixture
def seeded_server():
    """A server of OpenAI's chat API whose samples depend on the messages and the seed that it is sent."""

    def answer(request):
        said = f"{request['messages']} {request['seed']}"
        letter = "ABCDE"[hashlib.sha256(said.encode()).digest()[0] % 5]
        return {"choices": [{"index": 0, "message": {"content": f"Answer: {letter} (seed {request['seed']})"}}]}

    server = server_of(answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/chat/completions"
    server.shutdown()


def test_each_sample_of_a_server_has_the_seed_that_it_has_in_a_whole_run(seeded_server, tmp_path):
    words = ["--model", "local-chat-completions", "--model_args", f"model=m,base_url={seeded_server}"]
    words += ["--tasks", "calm_mini_xl_cot", "--metadata", '{"languages": "en,fr", "repeats": 3}', "--limit", "12"]
    words += ["--apply_chat_template", "--gen_kwargs", "temperature=0.7", "--log_samples"]
    evaluate([*words, "--output_path", str(tmp_path / "whole")])
    for number in (1, 2):
        evaluate([*words, "--output_path", str(tmp_path / "shards" / str(number)), "--shard", f"{number}/2"])
    merge([tmp_path / "shards"], tmp_path / "merged")
    assert logs_of(tmp_path / "merged") == logs_of(tmp_path / "whole")
    assert results_of(tmp_path / "merged") == results_of(tmp_path / "whole")
    seeds = [response.split()[-1] for row in rows_of(tmp_path / "merged") for response in row["resps"][0]]
    assert len(set(seeds)) == len(seeds) == 12 * 3


@pytest.mark.slow
def test_passages_and_the_report_of_them_are_the_whole_runs(runner, passages, tmp_path):
    asked = {
        "tasks": "calm_mini_xl_cloze_rag",
        "metadata": {"languages": "en,fr", "index": str(passages), "k": 2},
        "flags": ("--limit", "12", "--num_fewshot", "1"),
    }
    whole = runner(tmp_path / "whole", **asked)
    runner.shards(tmp_path / "shards", of=2, **asked)
    merge([tmp_path / "shards"], tmp_path / "merged")
    assert logs_of(tmp_path / "merged") == logs_of(whole)
    assert results_of(tmp_path / "merged") == results_of(whole)
    assert {len(row["doc"]["passages"]) for row in rows_of(whole)} == {2}
