"""Needles in lm-eval: where they stand in the prompts that a model reads, in its tokens, and that nothing is cut."""

import pytest
from lm_eval.tasks import TaskManager

from calm_harness import prompts
from calm_harness.errors import CalmError
from calm_harness.passages.budget import RESERVE
from calm_harness.task.paths import tasks_path
from tests import answering_passages, tiny_model

ROWS = 8 * len(answering_passages.LANGUAGES)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALM_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return answering_passages.index(tmp_path_factory)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_model.write(tmp_path_factory.mktemp("tiny") / "model", seed=0)


def task(name, folder, **metadata):
    told = {"languages": "en,zh", "index": str(folder), "needle": True, "haystack": "random", **metadata}
    told = {name: value for name, value in told.items() if value is not None}
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=told)
    return manager.load([name])["tasks"][name]


def asked(name, folder, **metadata):
    """The task with its requests built, for its first eight questions."""
    made = task(name, folder, **metadata)
    made.set_config("num_fewshot", 0)
    made.build_all_requests(limit=ROWS)
    return made


def offsets(text):
    """The tokens of a text, each as where it begins and ends."""
    found = tiny_model.tokenizer()(text, return_offsets_mapping=True, add_special_tokens=False)["offset_mapping"]
    return [place for place in found if place[0] < place[1]]


@pytest.mark.parametrize("place", ["start", 0.3, "middle", "end"])
@pytest.mark.parametrize("name", ["calm_mini_xl_cloze_rag", "calm_mini_xl_rag"])
def test_the_needle_stands_in_the_prompt_where_the_document_says_in_tokens(name, place, index, model):
    """Counted in the prompt that is sent, by where its tokens begin; not by what was counted when it was laid out."""
    made = asked(name, index, needle_position=place, needle_language="en", haystack_tokens=400, pretrained=str(model))
    share = {"start": 0, "middle": 0.5, "end": 1}.get(place, place)
    prompts_sent = dict.fromkeys(instance.args[0] for instance in made.instances if instance.args[0].count("\n") > 4)
    assert len(prompts_sent) == ROWS
    for doc, prompt in zip(made.eval_docs.select(range(ROWS)), prompts_sent, strict=True):
        where = doc["needle"]
        (needle,) = [each for each in doc["passages"] if each["passage_id"] == f"{doc['question_id']}-gold"]
        assert (needle["language"], where["language"]) == ("en", "en")
        head = prompt.index("\n") + 1
        line = prompts.passage_text(needle, prompts.languages.words_of(doc)) + "\n"
        start = prompt.index(line)
        end = prompt.index("\n\n") + 1  # of the last passage's line
        tokens = [begin for begin, _ in offsets(prompt)]
        before = sum(head <= begin < start for begin in tokens)
        own = sum(start <= begin < start + len(line) for begin in tokens)
        around = sum(head <= begin < end for begin in tokens) - own
        longest = max(
            len(offsets(prompts.passage_text(each, prompts.languages.words_of(doc)))) for each in doc["passages"]
        )
        assert (where["before"], where["tokens"], where["haystack_tokens"]) == (before, own, around)
        assert 400 - 2 * longest < around <= 400
        assert where["at"] == pytest.approx(before / around)
        assert abs(before - share * around) <= longest / 2 + 1  # the nearest boundary of whole passages
        assert doc["stem"] in prompt
        assert all(each["text"] in prompt and not each["cut"] for each in doc["passages"])


def test_without_the_needle_the_same_haystack_is_shown(index, model):
    told = {"haystack_tokens": 300, "pretrained": str(model)}
    with_needle = task("calm_mini_xl_rag", index, needle_language="zh", **told).eval_docs
    without = task("calm_mini_xl_rag", index, needle=False, **told).eval_docs
    for shown, bare in zip(with_needle, without, strict=True):
        gold = f"{shown['question_id']}-gold"
        assert [each for each in shown["passages"] if each["passage_id"] != gold] == bare["passages"]
        assert not any(each["passage_id"] == gold for each in bare["passages"])
        assert (bare["needle"]["shown"], bare["needle"]["before"]) == (False, None)


def test_two_processes_lay_out_the_same(index, model):
    told = {"haystack_tokens": 300, "haystack": "near", "pretrained": str(model)}
    one, other = (list(task("calm_mini_xl_rag", index, **told).eval_docs) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("name", ["calm_mini_xl_cloze_rag", "calm_mini_xl_rag", "calm_mini_xl_cot_rag"])
def test_what_does_not_fit_is_refused_and_not_cut(name, index, model):
    made = asked(name, index, haystack_tokens=400, pretrained=str(model), max_length=4096)
    longest = max(made._tokens_needed(doc) for doc in made.eval_docs.select(range(ROWS)))
    told = {"haystack_tokens": 400, "pretrained": str(model)}
    asked(name, index, max_length=longest + RESERVE, **told)
    with pytest.raises(
        CalmError, match=rf"{name}: question mini-1\d\d in (en|zh) takes {longest} tokens .* of a context"
    ):
        asked(name, index, max_length=longest + RESERVE - 1, **told)


def test_rows_that_are_not_asked_refuse_nothing(index, model):
    made = task("calm_mini_xl_rag", index, haystack_tokens=400, pretrained=str(model), max_length=4096)
    sizes = [made._tokens_needed(doc) for doc in made.eval_docs]
    made.set_config("num_fewshot", 0)
    context = sizes[0] + RESERVE
    assert max(sizes) + RESERVE > context
    short = task("calm_mini_xl_rag", index, haystack_tokens=400, pretrained=str(model), max_length=context)
    short.set_config("num_fewshot", 0)
    short.build_all_requests(samples=[0])
    assert len(short.instances) == len(short.eval_docs[0]["options"])


@pytest.mark.parametrize(
    ("name", "metadata", "said"),
    [
        ("calm_mini_xl", {}, "--metadata: needle is for the _rag tasks, which show passages; calm_mini_xl shows none"),
        ("calm_mini_xl_rag", {"pretrained": None}, "counted in the model's tokens, and whether all fits; give"),
        ("calm_mini_xl_rag", {"k": 5}, "--metadata: k is of passages that a search finds; leave it or needle out"),
        ("calm_mini_xl_rag", {"passage_language": "en"}, "passage_language is of passages that a search finds"),
        ("calm_mini_xl_rag", {"passage_budget": 300}, "passage_budget is of passages that a search finds"),
        ("calm_mini_xl_rag", {"keep_leaks": True}, "keep_leaks is of passages that a search finds"),
        ("calm_mini_xl_rag", {"index": None}, "calm_mini_xl_rag needs an index of passages"),
        ("calm_mini_xl_rag", {"needle_language": "de"}, "has no passages in 'de'"),
        ("calm_mini_xl_rag", {"needle_positon": 0.5}, "did you mean 'needle_position'?"),
        ("calm_mini_xl_rag", {"haystack_tokens": 100_000}, "other passages for mini-101 in en; give fewer"),
    ],
)
def test_bad_options_are_said_in_one_line(name, metadata, said, index, model):
    told = {"haystack_tokens": 300, "pretrained": str(model), **metadata}
    with pytest.raises(CalmError) as caught:
        task(name, index, **told)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sets_that_name_no_passages_are_refused(index, model, calm_release):
    with pytest.raises(CalmError, match=r"needle needs a set that names the passages .* as mini does; xcsqa does not"):
        task("calm_xcsqa_xl_rag", index, haystack_tokens=300, pretrained=str(model), source=str(calm_release))
