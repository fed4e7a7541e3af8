"""A `vllm serve` that answers, with a chat template and adapters that can be loaded while it runs."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

TEMPLATE = """{{ bos_token }}{% for message in messages %}
<start_of_turn>{{ 'model' if message.role == 'assistant' else 'user' }}
{{ message.content | trim }}<end_of_turn>{% endfor %}
{% if add_generation_prompt %}<start_of_turn>model
{% endif %}"""
FLAGS = ("--dtype", "float32", "--max-model-len", "512", "--enforce-eager", "--max-num-batched-tokens", "1024")
PATIENCE = 600  # seconds until it answers


@contextmanager
def serve(model: Path, folder: Path, *flags: str) -> Iterator[str]:
    """Serve a model from a port of its own, and yield where."""
    template = folder / "template.jinja"
    template.write_text(TEMPLATE)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).parent / "vllm", "serve", model, *FLAGS, "--chat-template", template]
    command += ["--host", "127.0.0.1", "--port", str(port), *flags]
    environment = os.environ | {"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True", "VLLM_CPU_KVCACHE_SPACE": "1"}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    root = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(root):
            assert process.poll() is None, (folder / "server.log").read_text()[-3000:]
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.5)
        yield root
    finally:
        process.terminate()
        process.wait()


def _answers(root: str) -> bool:
    try:
        return requests.get(f"{root}/health", timeout=5).ok
    except requests.RequestException:
        return False
