"""A study of adaptation: which questions are used for what, what is refused, and a whole one of a small model."""

import importlib
import json
from dataclasses import replace

import pytest
import yaml

from calm_harness import questions
from calm_harness.errors import CalmError
from calm_harness.report.outcome import StudyOutcome, read
from calm_harness.report.outcome import to_json as written
from tests import chat_models
from tests.small_loop import settings
from tests.trainer.test_report import table
from trainer import study
from trainer.rounds import evaluate, outcome
from trainer.rounds.adapting import study as adapt
from trainer.rounds.adapting.report import markdown
from trainer.rounds.adapting.settings import check_questions, touching
from trainer.rounds.adapting.study import drawn
from trainer.rounds.outcome import ArmAnswers

LANGUAGES = ["en", "fr", "zh"]


def test_a_seed_draws_questions_and_more_of_them_include_fewer():
    ids = [f"q{number}" for number in range(40)]
    eight, more = drawn(ids, 8, "0 zh"), drawn(reversed(ids), 32, "0 zh")
    assert (len(eight), len(more)) == (8, 32)
    assert eight < more
    assert drawn(ids, 8, "1 zh") != eight
    assert drawn(ids, 0, "0 zh") == set()
    assert drawn(["q1", "q1", "q2"], 2, "0") == {"q1", "q2"}  # a question has several pairs


@pytest.mark.parametrize(
    ("train", "support", "test", "said"),
    [
        ("ab", "bc", "d", "b and 0 more questions are in two of training, adaptation and test"),
        ("ab", "cd", "ad", "a and 1 more questions are in two of training, adaptation and test"),
        ("ab", "cd", "", "test_questions is 0"),
        ("ab", "c", "d", "2 questions are to be adapted with, and dev_questions are 1"),
    ],
)
def test_questions_of_two_kinds_are_refused(train, support, test, said):
    with pytest.raises(CalmError, match=said):
        check_questions(train, support, test, [0, 2])
    check_questions("ab", "cd", "e", [0, 2])


def test_a_question_that_is_asked_again_under_another_id_is_not_trained_on():
    first, second, third = [row for row in questions.load("mini", split="train").rows if row.language == "en"][:3]
    again = replace(first, question_id="other", stem=f"{first.stem.upper()}!")
    assert touching([first, second, third, again], {first.question_id}) == {"other"}


def small(base, **changes):
    """A study of one target: 12 questions to train on, 6 to adapt with, 8 to test on."""
    loop = settings(base, metadata={"split": "train", "languages": LANGUAGES}, dev_questions=6, test_questions=8)
    loop["training"] |= {"per_device_train_batch_size": 2, "learning_rate": 0.01}
    told = {"targets": ["zh"], "questions": [0, 2], "meta": {"inner_steps": 2}}
    return {"title": "Small", "seeds": [0, 1], "loop": loop, "adapt": {**told, **changes}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"adapt": {"targets": ["en"]}}, "targets: en has to be another language than English, of en, zh, fr"),
        ({"adapt": {"targets": ["ja"]}}, "targets: ja has to be another language than English, of en, zh, fr"),
        ({"adapt": {"targets": []}}, "name targets, and questions in ascending order"),
        ({"adapt": {"questions": [8, 0]}}, "questions in ascending order, each once ([8, 0])"),
        ({"adapt": {"questions": [0, 7]}}, "7 questions are to be adapted with, and dev_questions are 6"),
        ({"adapt": {"shots": 2}}, "adapt: there is no setting shots (known: meta, questions, targets, training)"),
        ({"adapt": {"training": {"seed": 3}}}, "adapt: training: seed is not to be changed here"),
        ({"loop": {"pairs": {"vote": "gold"}}}, "adapt: vote gold uses labels"),
        ({"loop": {"transductive": True}}, "adapt: transductive trains on the test"),
        ({"loop": {"method": "sft"}}, "adapt: method is dpo, rounds 1"),
        ({"loop": {"test_questions": 0}}, "adapt: test_questions is 0"),
        ({"arms": {"own": {}}}, "adapt: its arms are base, english, meta"),
        ({"seeds": [1, 1]}, "seeds: [1, 1] must be one or more, each of them once"),
    ],
)
def test_what_is_no_study_of_adaptation_ends_in_one_line(changes, said, tmp_path, capsys):
    told = small("org/none")
    for name, change in changes.items():
        told[name] = {**told.get(name, {}), **change} if isinstance(change, dict) else change
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({**told, "output": str(tmp_path / "out")}), encoding="utf-8")
    assert study.main(["--config", str(path)]) == 1
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer.study: "))
    assert said in line
    assert not (tmp_path / "out").exists()


def test_a_start_is_compared_with_the_base_model_at_the_same_number_of_questions():
    """Of four questions base gets 1, and 2 after k = 2; english 2, and 4: +.25 and +.50, not +.75."""

    def right(count):
        return table([(number < count,) for number in range(4)], languages=("zh",))

    def cell(count):
        return ArmAnswers("M", "base", ["zh"] * 3, [[right(1), right(count)]] * 3, [1] * 3)

    evaluations = {
        "zh, 0 questions": {"base": cell(1), "english": cell(2)},
        "zh, 2 questions": {"base": cell(2), "english": cell(4)},
    }
    found = StudyOutcome(
        "T", [0, 1, 2], False, "base", outcome.study(evaluations, [0, 1, 2], "base"),
        {"base": [1] * 3, "english": [1] * 3}, {"base": {}, "english": {}},
    )  # fmt: skip
    text = markdown(found, {"zh": {0: "zh, 0 questions", 2: "zh, 2 questions"}})
    assert "| k | base | english | english − base |" in text
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith(("| 0", "| 2"))]
    assert [[cell[:6].rstrip(" [") for cell in row[1:]] for row in rows] == [
        ["0.250", "0.500", "+0.250"],
        ["0.500", "1.000", "+0.500"],
    ]
    assert all("σ 0.0" in cell for row in rows for cell in row[1:])
    few = markdown(replace(found, seeds=[0, 1]), {"zh": {0: "zh, 0 questions"}})
    assert "Intervals are over questions alone, and of these runs (from 3 seeds on over seeds as well)" in few


def here(words, launcher):
    """Run a command's own main, in this process: some twenty of them in their own would take minutes to begin."""
    module = importlib.import_module("calm_harness.cli" if words[0] == "calm_harness" else words[0])
    assert module.main(list(words[1:])) == 0


def stamps(folder):
    return {
        path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name.startswith(("adapter_m", "samples"))
    }


@pytest.mark.slow
def test_a_whole_study_and_once_more(tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "start", here)
    monkeypatch.setattr(adapt, "start", here)
    base = chat_models.write(
        tmp_path / "model", "llama3", chat_models.tokenizer_of("llama3", ["Is fire hot or cold? Où est le chat ?"])
    )
    told, out = {**small(base), "output": str(tmp_path / "out")}, tmp_path / "out"
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    assert study.main(["--config", str(tmp_path / "config.yaml")]) == 0
    found = read(out / "report.json")
    assert written(found) == (out / "report.json").read_text("utf-8")
    assert list(found.evaluations) == ["zh, 0 questions", "zh, 2 questions"]
    assert all(list(each.arms) == ["base", "english", "meta"] for each in found.evaluations.values())
    assert found.evaluations["zh, 0 questions"].bases[0].questions == 8
    # Nothing is trained on that is tested, and pairs are what they are said to be.
    asked = {
        json.loads(line)["doc"]["question_id"]
        for line in next((out / "base/zh").rglob("samples_*")).read_text("utf-8").splitlines()
    }
    assert len(asked) == 8
    for seed in ("seed0", "seed1"):
        pairs = {
            path.relative_to(out / seed).as_posix(): [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            for path in (out / seed).rglob("pairs.jsonl")
        }
        languages = {name: {row["language"] for row in rows} for name, rows in pairs.items()}
        assert languages["english/pairs/pairs.jsonl"] == {"en"}
        assert languages["zh/meta/pairs/pairs.jsonl"] == {"en", "fr"}
        assert languages["zh/k2/pairs/pairs.jsonl"] == {"zh"}
        questions = {name: {row["question_id"] for row in rows} for name, rows in pairs.items()}
        assert len(questions["zh/k2/pairs/pairs.jsonl"]) == 2
        assert not asked & set().union(*questions.values())
        assert not questions["zh/k2/pairs/pairs.jsonl"] & questions["zh/meta/pairs/pairs.jsonl"]
        start = json.loads((out / seed / "zh/k2/meta/dpo/training.json").read_text())["arguments"]["adapter"]
        assert start == str(out / seed / "zh/meta/dpo")
    draws = [
        {
            json.loads(line)["question_id"]
            for line in (out / seed / "zh/k2/pairs/pairs.jsonl").read_text("utf-8").splitlines()
        }
        for seed in ("seed0", "seed1")
    ]
    assert draws[0] != draws[1]
    before = stamps(out)
    assert len([path for path in before if path.match("dpo/adapter_model.*")]) == 2 * 5
    assert study.main(["--config", str(tmp_path / "config.yaml")]) == 0
    assert stamps(out) == before
