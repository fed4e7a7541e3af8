"""What is asked of a model: no more than a score needs, as it is scored, and each sample anew."""

import copy
import threading

import pytest
from lm_eval import simple_evaluate
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from calm_harness.errors import CalmError
from calm_harness.task import repeats
from calm_harness.task.option_scores import option_scores
from calm_harness.task.paths import tasks_path
from tests.odd_server import server_of


def task(name: str, **metadata):
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
    made = manager.load([name])["tasks"][name]
    made.set_config("num_fewshot", 0)
    made.set_fewshot_seed(1234)
    return made


def evaluate(lm, name, metadata, **kwargs):
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
    return simple_evaluate(lm, tasks=[name], task_manager=manager, bootstrap_iters=0, **kwargs)


@pytest.fixture(scope="module")
def lm(offline_model) -> HFLM:
    return HFLM(pretrained=str(offline_model), device="cpu", dtype="float32", batch_size=16)


def chat_template(messages, add_generation_prompt=True):
    """Gemma's own form of a turn."""
    turns = "".join(f"<start_of_turn>{m['role']}\n{m['content']}<end_of_turn>\n" for m in messages)
    return turns + "<start_of_turn>model\n" * add_generation_prompt


class ChatHFLM(HFLM):
    """The offline base model has no chat template of its own."""

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        return chat_template(chat_history, add_generation_prompt)


# Null contexts


@pytest.mark.parametrize(("score", "per_option"), [("pmi", 2), ("sum", 1), ("bytes", 1)])
def test_only_pmi_asks_for_the_null_context(score, per_option):
    made = task("calm_mini_xl_cloze", languages="en", score=score)
    made.build_all_requests(limit=1)
    assert len(made.instances) == per_option * len(made.eval_docs[0]["options"])


def test_a_run_without_null_contexts_logs_the_scores_that_there_are(lm):
    sums = evaluate(lm, "calm_mini_xl_cloze", {"languages": "en", "score": "bytes"}, limit=2)
    row = sums["samples"]["calm_mini_xl_cloze"][0]
    assert row["answers"]["score"] == "bytes"
    assert set(row["answers"]["scores"]) == {"sum", "bytes"}
    assert len(row["arguments"]) == len(row["doc"]["options"])


def test_scores_without_null_contexts():
    assert option_scores([-4.0, -6.0], [" a", " bcd"]) == {"sum": [-4.0, -6.0], "bytes": [-2.0, -1.5]}


# Bytes


def test_bytes_divides_by_what_was_scored(offline_model):
    """In a chat the choice begins without the space that stands before it in plain text."""
    chat = ChatHFLM(pretrained=str(offline_model), device="cpu", dtype="float32", batch_size=8)
    given = {"languages": "en", "score": "bytes"}
    for apply, space in ((True, ""), (False, " ")):
        run = evaluate(chat, "calm_mini_xl_cloze", given, limit=1, apply_chat_template=apply)
        row = run["samples"]["calm_mini_xl_cloze"][0]
        for i, option in enumerate(row["doc"]["options"]):
            assert row["arguments"][i][1] == f"{space}{option}"
            assert row["answers"]["scores"]["bytes"][i] == float(row["resps"][i][0][0]) / len(
                f"{space}{option}".encode()
            )


# Samples


@pytest.mark.parametrize(
    ("settings", "server", "same"),
    [
        ({"do_sample": False}, False, True),
        ({"do_sample": False, "temperature": 0.7}, False, True),  # lm-eval then takes the temperature for 0
        ({"do_sample": True, "temperature": 0.7}, False, False),
        ({"temperature": 0.7}, False, False),
        ({}, False, True),
        ({"do_sample": False, "temperature": 0.7}, True, False),  # a server is sent the temperature alone
        ({"do_sample": True}, True, True),
    ],
)
def test_greedy_settings_are_known_as_such(settings, server, same):
    assert repeats.greedy(settings, server=server) is same


@pytest.mark.parametrize(("gen_kwargs", "warned"), [({"temperature": 0.7}, True), ({"do_sample": True}, False)])
def test_samples_that_would_all_be_the_same_are_warned_of(gen_kwargs, warned, caplog):
    made = task("calm_mini_xl_cot", languages="en", repeats=3)
    made.set_config("generation_kwargs", gen_kwargs, update=True)
    made.build_all_requests(limit=1)
    assert ("all 3 samples of a question will be the same" in caplog.text) is warned


@pytest.mark.parametrize(
    ("arguments", "seeds"),
    [
        ({"base_url": "http://h/v1/completions"}, [1234, 1235, 1236]),
        ({"base_url": "http://h/v1/chat/completions", "seed": 7}, [7, 8, 9]),
        ({"base_url": "http://h/generate"}, [None]),  # of another kind: what it takes is not known
        ({"pretrained": "no/such-model"}, [None]),
    ],
)
def test_a_server_is_sent_another_seed_with_each_sample(arguments, seeds):
    made = task("calm_mini_xl_cot", languages="en", repeats=3, **arguments)
    made.set_config("generation_kwargs", {"temperature": 0.7}, update=True)
    made.build_all_requests(limit=1)
    assert [instance.args[1].get("seed") for instance in made.instances] == seeds
    assert sum(instance.repeats for instance in made.instances) == 3


def test_a_single_sample_is_asked_for_as_ever():
    made = task("calm_mini_xl_cot", languages="en", base_url="http://h/v1/completions")
    made.set_config("generation_kwargs", {"temperature": 0.7}, update=True)
    made.build_all_requests(limit=1)
    assert made.instances[0].args[1] == {"until": [], "do_sample": False, "max_gen_toks": 512, "temperature": 0.7}


@pytest.fixture
def seeded_server():
    """A server of OpenAI's chat API that samples by the seed it is sent: the same seed, the same text."""

    def answer(request):
        text = f"Answer: {'ABCD'[request['seed'] % 4]}"
        return {"choices": [{"index": 0, "message": {"content": text}}]}

    server = server_of(answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/chat/completions"
    server.shutdown()


def test_samples_from_a_server_differ_and_stand_in_one_row(seeded_server):
    pytest.importorskip("aiohttp")
    pytest.importorskip("tenacity")
    arguments = {"model": "m", "base_url": seeded_server}
    run = simple_evaluate(
        "local-chat-completions",
        model_args=arguments,
        tasks=["calm_mini_xl_cot"],
        task_manager=TaskManager(
            include_path=str(tasks_path()),
            include_defaults=False,
            metadata={**arguments, "languages": "en", "repeats": 3},
        ),
        limit=2,
        apply_chat_template=True,
        gen_kwargs="temperature=0.7",
        bootstrap_iters=0,
    )
    for row in run["samples"]["calm_mini_xl_cot"]:
        assert row["resps"] == [["Answer: C", "Answer: D", "Answer: A"]]  # 1234 and what follows, modulo 4
        assert row["filtered_resps"] == ["Answer: C"]
        assert row["answers"]["choice"] == 2


def test_responses_beyond_those_that_were_asked_for_are_dropped():
    requests = [Instance("generate_until", {}, ("q", {}), 0, ("t", number, 2)) for number in range(2)]
    requests[0].resps, requests[1].resps = ["a", "b"], ["c", "d", "c2", "d2"]
    assert [instance.resps for instance in repeats.merged(requests)] == [["a", "b"], ["c", "d"]]


def test_samples_asked_for_apart_are_put_together():
    requests = [Instance("generate_until", {}, ("q", {"seed": i}), i, ("t", 5, 1)) for i in range(3)]
    for text, request in zip("abc", requests, strict=True):
        request.resps = [text]
    (merged,) = repeats.merged(requests)
    assert merged.resps == ["a", "b", "c"]


def test_options_are_never_put_together():
    requests = [Instance("loglikelihood", {}, ("q", str(i)), i, ("t", 5, 1)) for i in range(2)]
    assert repeats.merged(requests) == requests


# Which tasks


@pytest.mark.parametrize(
    ("tag", "sets"),
    [
        ("calm", {"mini", "medqa", "xcsqa", "bmlama"}),
        ("calm_rag", {"mini", "medqa", "xcsqa"}),
        ("calm_custom", {"custom"}),
        ("calm_custom_rag", {"custom"}),
    ],
)
def test_tasks_that_need_a_source_have_a_tag_of_their_own(tag, sets):
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False)
    assert {name.split("_")[1] for name in manager.task_index[tag].tags} == sets


@pytest.mark.parametrize("name", ["calm_mini_xl", "calm_mini_xl_cloze", "calm_mini_xl_cot"])
def test_a_template_that_refuses_the_messages_ends_in_one_line(name, lm):
    """lm-eval tries without the system text; where that is refused as well, the roles and the reason are said."""
    refusing = copy.copy(lm)
    refusing.tokenizer = copy.deepcopy(lm.tokenizer)
    made = task(name, languages="en")
    told = {"apply_chat_template": True, "chat_template": refusing.apply_chat_template, "tokenizer_name": "refusing"}

    def asked(**more):
        made.build_all_requests(limit=1, **told, **more)
        return [instance.args[0] for instance in made.instances]

    users = "{% for message in messages %}<{{ message.role }}>{{ message.content }}{% endfor %}"
    refusing.tokenizer.chat_template = "{{ raise_exception('no such roles') }}"
    with pytest.raises(CalmError, match=r"chat template refuses messages of roles system, user \(no such roles\)"):
        asked(system_instruction="Teach.")
    refusing.tokenizer.chat_template = None
    with pytest.raises(CalmError, match=r"refuses messages of roles user \(.*chat_template is not set"):
        asked()
    refusal = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    refusing.tokenizer.chat_template = refusal + users
    assert asked(system_instruction="Teach.")[0].startswith("<user>")
