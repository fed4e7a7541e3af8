"""How each engine is told of an adapter, and what is said where it cannot take one."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from calm_harness.errors import CalmError
from calm_harness.models import engines

URL = {"base_url": "http://127.0.0.1:1/v1/completions"}


@pytest.fixture
def adapter(tmp_path):
    return made(tmp_path / "adapter, with a comma")


def made(folder, **config):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 12, **config}))
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    return folder


@pytest.mark.parametrize("name", ["hf", "hf-prefix", "huggingface", "hf-auto"])
def test_transformers_takes_its_folder(name, adapter):
    told = engines.model_arguments(name, "base", {"dtype": "float32"}, adapter)
    assert told == {"pretrained": "base", "dtype": "float32", "peft": str(adapter)}


@pytest.mark.parametrize("name", ["vllm", "vllm-prefix"])
def test_vllm_takes_its_folder_and_a_rank_that_is_enough(name, adapter):
    told = engines.model_arguments(name, "base", {}, adapter)
    assert told == {"pretrained": "base", "lora_local_path": str(adapter), "max_lora_rank": 16}


@pytest.mark.parametrize("name", ["local-completions", "local-chat-completions"])
def test_a_server_has_it_under_a_name_of_its_content(name, adapter, tmp_path):
    told = engines.model_arguments(name, "base", URL, adapter)
    assert told["model"] == engines.served_name(adapter) != "base"
    assert told["tokenizer"] == "base"
    same = made(tmp_path / "elsewhere")
    assert engines.served_name(same) == told["model"]
    (same / "adapter_model.safetensors").write_bytes(b"others!")
    assert engines.served_name(same) != told["model"]


@pytest.mark.parametrize("name", engines.ENGINES)
def test_the_base_has_no_adapter(name):
    told = engines.model_arguments(name, "base", URL, None)
    assert "base" in (told.get("pretrained"), told.get("model"))
    assert not {"peft", "lora_local_path"} & told.keys()


@pytest.mark.parametrize(
    ("config", "rank"), [({"r": 1}, 1), ({"r": 8}, 8), ({"r": 9}, 16), ({"r": 4, "rank_pattern": {"q": 200}}, 256)]
)
def test_the_rank_is_one_that_vllm_knows(tmp_path, config, rank):
    assert engines.max_rank(made(tmp_path / "a", **config)) == rank


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"r": 513}, "rank 513"),
        ({"use_dora": True}, "use_dora"),
        ({"peft_type": "IA3"}, "type IA3"),
        ({"modules_to_save": ["head"]}, "modules_to_save"),
    ],
)
def test_adapters_that_vllm_does_not_load_are_refused(tmp_path, config, why):
    with pytest.raises(CalmError, match=f"{why}; use hf-prefix"):
        engines.max_rank(made(tmp_path / "a", **config))


@pytest.mark.parametrize("text", ["", "[]", '{"peft_type": "LORA"}'])
def test_what_is_no_lora_adapter_is_refused(tmp_path, text):
    (tmp_path / "adapter_config.json").write_text(text)
    with pytest.raises(CalmError, match="is no LoRA adapter's configuration"):
        engines.max_rank(tmp_path)


def test_an_engine_that_is_not_known_is_refused():
    with pytest.raises(CalmError, match="backend gguf: it is not known"):
        engines.engine("gguf")


def test_a_server_without_address_is_refused():
    with pytest.raises(CalmError, match="where is the server"):
        engines.model_arguments("local-completions", "base", {}, None)


def test_who_takes_a_seed_with_each_request():
    seeded = {"hf-prefix", "vllm", "vllm-prefix", "local-completions", "local-chat-completions", "openai-completions"}
    assert all(map(engines.takes_seeds, seeded))
    assert not any(map(engines.takes_seeds, ["hf", "gguf", "anthropic-chat-completions"]))


@contextmanager
def server(names, status):
    """Serve models of some names, and answer orders to load another with a status."""
    ordered = []

    class Handler(BaseHTTPRequestHandler):
        def say(self, code, body):
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.say(200, json.dumps({"data": [{"id": name} for name in names]}).encode())

        def do_POST(self):
            ordered.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.say(status, b"two\nlines")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield {"base_url": f"http://127.0.0.1:{running.server_port}/v1/completions"}, ordered
        running.shutdown()


def test_a_server_is_told_to_load_what_it_does_not_have(adapter):
    with server(["base"], 200) as (arguments, ordered):
        engines.serve("local-completions", arguments, adapter)
    assert ordered == [{"lora_name": engines.served_name(adapter), "lora_path": str(adapter.resolve())}]


def test_a_server_that_has_it_is_left_alone(adapter):
    with server([engines.served_name(adapter)], 500) as (arguments, ordered):
        engines.serve("local-completions", arguments, adapter)
    assert ordered == []


@pytest.mark.parametrize(("status", "said"), [(404, "loads no adapters while it runs"), (400, "did not load")])
def test_a_server_that_cannot_is_said_with_what_to_do(adapter, status, said):
    with server(["base"], status) as (arguments, _), pytest.raises(CalmError, match=said) as error:
        engines.serve("local-completions", arguments, adapter)
    assert f"--lora-modules {engines.served_name(adapter)}={adapter.resolve()}" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_server_that_is_away_is_said(adapter):
    with pytest.raises(CalmError, match="does not answer"):
        engines.serve("local-chat-completions", URL, adapter)


def test_engines_that_load_it_themselves_are_not_asked(adapter):
    engines.serve("hf-prefix", {}, adapter)
