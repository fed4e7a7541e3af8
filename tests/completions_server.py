"""A small server of OpenAI's completions API that answers from a real model, for the recipe that asks one.

    python tests/completions_server.py MODEL PORT_FILE

It writes the port that it listens on to PORT_FILE. Prompts are token ids; `echo` and `logprobs` as the API has them.
"""

import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


class Answering:
    """The model; it answers one request at a time."""

    def __init__(self, folder: str) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.lock = threading.Lock()

    @torch.no_grad()
    def complete(self, tokens: list[int], request: dict) -> dict:
        given = torch.tensor([tokens])
        if not request.get("echo"):
            made = self.model.generate(given, max_new_tokens=request["max_tokens"], do_sample=False)
            text = self.tokenizer.decode(made[0, len(tokens) :], skip_special_tokens=True)
            for stop in request.get("stop") or []:
                text = text.split(stop)[0]
            return {"text": text}
        logits = self.model(given).logits[0].float().log_softmax(-1)
        whole = [*tokens, int(logits[-1].argmax())]
        best, which = logits.max(-1)
        chosen = [None, *logits[range(len(tokens)), whole[1:]].tolist()]
        top = [
            None,
            *({self.tokenizer.decode(token): value} for token, value in zip(which, best.tolist(), strict=True)),
        ]
        return {"text": self.tokenizer.decode(whole), "logprobs": {"token_logprobs": chosen, "top_logprobs": top}}

    def answer(self, request: dict) -> dict:
        prompts = request["prompt"]
        prompts = prompts if isinstance(prompts[0], list) else [prompts]
        with self.lock:
            choices = [{"index": i, **self.complete(tokens, request)} for i, tokens in enumerate(prompts)]
        return {"object": "text_completion", "model": request["model"], "choices": choices}


def server_of(answer: Callable[[dict], dict]) -> ThreadingHTTPServer:
    """Bind a server to a free port that answers each request's JSON with a function's."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answer(request)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def main(folder: str, port_file: str) -> None:
    server = server_of(Answering(folder).answer)
    Path(port_file).write_text(str(server.server_port))
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
