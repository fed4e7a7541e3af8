"""What servers do wrong, done by a real one: in one line, with what was answered kept."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from lm_eval.api.instance import Instance
from lm_eval.models.openai_completions import LocalChatCompletion, LocalCompletionsAPI

from calm_harness.errors import CalmError
from calm_harness.sampling.journal import Journal
from calm_harness.sampling.resume import responses
from calm_harness.sampling.server import scored


@contextmanager
def serving(*answers):
    """Serve answers in turn, the last for ever: (status, body) or (status, body, headers); keeps what was asked."""
    asked, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, body, *headers = left.pop(0) if len(left) > 1 else left[0]
            if status is None:  # hangs up
                return
            content = (body(asked[-1]) if callable(body) else body).encode()
            self.send_response(status)
            for name, value in (headers[0] if headers else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/completions", asked
        server.shutdown()


def text(said):
    return json.dumps({"choices": [{"index": 0, "text": said, "finish_reason": "stop"}]})


def echo(request):
    return text(f"{request['prompt']} by {request['seed']}")


def model_of(url, **settings):
    return LocalCompletionsAPI(
        base_url=url, model="some", tokenizer_backend=None, tokenized_requests=False, max_retries=2, **settings
    )


def asked_for(count, **settings):
    settings = {"temperature": 0.7, "max_gen_toks": 9, **settings}
    return [Instance("generate_until", {}, (f"Q{n}", settings), 0, ("task", n, 1)) for n in range(count)]


def ask(url, journal, count=6, **settings):
    model = model_of(url, **settings)
    return responses(model, model.generate_until, asked_for(count), journal, seed=0, seeded=True, hidden=True)


@pytest.mark.parametrize("concurrent", [1, 4])
def test_responses_come_in_their_order_each_by_a_seed_of_its_own(concurrent):
    with serving((200, echo)) as (url, asked):
        made = ask(url, Journal(None), num_concurrent=concurrent)
    assert [each.split(" by ")[0] for each in made] == [f"Q{n}" for n in range(6)]
    assert len({each.split(" by ")[1] for each in made}) == 6
    assert {request["max_tokens"] for request in asked} == {9}


def test_as_many_are_asked_at_a_time_as_was_told():
    """Three requests meet at the server, which answers none before the third is there."""
    meeting = threading.Barrier(3, timeout=20)

    def body(request):
        meeting.wait()
        return echo(request)

    with serving((200, body)) as (url, _):
        assert len(ask(url, Journal(None), num_concurrent=3)) == 6


def test_a_busy_server_is_asked_again_when_it_says():
    busy = (429, "slow down", {"Retry-After": "0"})
    with serving(busy, busy, (200, echo)) as (url, asked):
        model = model_of(url)
        model.max_retries = 3
        made = responses(model, model.generate_until, asked_for(1), Journal(None), seed=0, seeded=True, hidden=True)
    assert made[0].startswith("Q0 by ")
    assert len(asked) == 3


WRONG = {
    "busy": ((429, "too many requests", {"Retry-After": "0"}), "answers 429: too many requests"),
    "broken": ((500, "out of\nmemory"), "answers 500: out of memory"),
    "no json": ((200, "<html>"), "answers without what was asked for"),
    "no completion": ((200, '{"error": "overloaded"}'), "something that is no completion: .*overloaded"),
    "hangs up": ((None, ""), "does not answer"),
}


@pytest.mark.parametrize(("answer", "said"), WRONG.values(), ids=WRONG)
def test_a_server_that_fails_in_the_middle_costs_nothing_that_was_answered(answer, said, tmp_path):
    path = tmp_path / "unfinished.jsonl"
    journal = Journal(path)
    with serving(*[(200, echo)] * 3, answer) as (url, _), pytest.raises(CalmError, match=said) as error:
        ask(url, journal)
    assert "\n" not in str(error.value)
    journal.close()
    kept = Journal(path)
    assert len(kept.responses) == 3
    before = dict(kept.responses)
    with serving((200, echo)) as (url, asked):
        made = ask(url, kept)
    assert len(asked) == 3
    assert set(before.values()) <= set(made)
    assert len(set(made)) == 6


def test_a_request_that_is_wrong_is_not_sent_again():
    with (
        serving((400, "maximum context length is 128")) as (url, asked),
        pytest.raises(CalmError, match="answers 400: maximum context length"),
    ):
        ask(url, Journal(None), count=1)
    assert len(asked) == 1


def test_a_server_that_is_away_is_named():
    with serving((200, echo)) as (url, _):
        pass
    with pytest.raises(CalmError, match="does not answer"):
        ask(url, Journal(None), count=1)


@pytest.mark.parametrize("body", ['{"choices": []}', text("")])
def test_a_response_without_text_is_empty_and_said(body, caplog):
    with serving((200, body)) as (url, _):
        assert ask(url, Journal(None), count=2) == ["", ""]
    assert "without text" in caplog.text


def test_a_chat_whose_message_has_no_content_is_empty_and_said(caplog):
    body = json.dumps({"choices": [{"index": 0, "message": {"content": None}, "finish_reason": "length"}]})
    with serving((200, body)) as (url, _):
        model = LocalChatCompletion(base_url=url, model="some", max_retries=1)
        history = model.apply_chat_template([{"role": "user", "content": "Which?"}])
        request = Instance("generate_until", {}, (history, {"temperature": 0}), 0)
        made = responses(model, model.generate_until, [request], Journal(None), seed=0, seeded=True, hidden=True)
    assert made == [""]
    assert "(length)" in caplog.text


def test_a_server_without_log_probabilities_is_told_so(offline_model):
    model_args = {"model": "some", "tokenizer": str(offline_model), "max_retries": 1}
    with serving((200, text("x"))) as (url, _):
        model = LocalCompletionsAPI(base_url=url, **model_args)
        with pytest.raises(CalmError, match="log-probabilities"):
            scored(model)([Instance("loglikelihood", {}, ("Which?", " A"), 0)])
