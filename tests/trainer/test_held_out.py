"""What is evaluated is not trained on: in another language, in other words, from files that say little."""

import json

import pytest

from calm_harness.errors import CalmError
from calm_harness.questions import load
from tests.questions import test_hub
from trainer import pairs
from trainer.preferences import held_out
from trainer.preferences.same_question import Asked, HeldOut

TEST = "mini:test"


def pair(row, **changes):
    """A pair of a question's first two options."""
    sides = {"prompt": f"{row.stem}\nAnswer:", "chosen": row.options[0], "rejected": row.options[1]}
    whole = {**sides, "question_id": row.question_id, "language": row.language, "stem": row.stem}
    return {**whole, "options": list(row.options), **changes}


def shared(rows, name=TEST):
    return held_out.check(rows, [name], transductive=True)[name]


@pytest.fixture(scope="module")
def english():
    """The test's questions in English."""
    return load("mini", split="test", languages=["en"]).rows


LONG = "Which planet is known for its large, bright rings?"


# One question in many guises ------------------------------------------------------------------------------------------


def test_questions_of_the_training_split_are_let_in():
    rows = [pair(row) for row in load("mini", split="train").rows]
    assert shared(rows) == {
        "questions": 60,
        "languages": ["en", "zh", "fr", "de", "it", "ja", "es", "ar"],
        "shared": 0,
        "by": {},
    }


def test_the_id_tells_in_a_language_that_the_test_lacks(calm_release, tmp_path):
    """The release's test through the Hub's layout, in languages of which the release knows nothing."""
    asked = load("xcsqa", split="test", source=calm_release, languages=["en", "zh", "ja"])
    copy = test_hub.write(tmp_path / "xcsr", {code: test_hub.as_on_hub(asked, code) for code in ("en", "zh", "ja")})
    rows = load("xcsqa", source=copy, languages=["zh", "ja"]).rows
    foreign = [pair(row, language="nl", stem=f"vraag {number}", prompt="?") for number, row in enumerate(rows)]
    found = shared(foreign, f"xcsqa:test@{calm_release}")
    count = len(asked.rows) // 3
    assert (found["shared"], found["by"]) == (count, {"id": count})


@pytest.mark.parametrize(
    ("guise", "rule"),
    [
        (lambda stem: stem.upper().replace("?", " ?!"), "stem"),
        (lambda stem: f"Question: {stem}", "stem"),
        (lambda stem: f"Saturn is far away. Little is known of it.\n{stem}", "stem"),
        (lambda stem: f"Saturn is far away. Little is known of it. {stem}", "words"),
        (lambda stem: f"{stem} (A) Mars (B) Saturn (C) Venus", "words"),
        (lambda stem: f"{stem}\nA. Mars\nB. Saturn", "stem"),
    ],
)
@pytest.mark.parametrize("known", [("question_id", "language", "stem"), ("stem",), ()])
def test_a_stem_is_known_again_in_other_clothes(english, guise, rule, known):
    (row,) = (row for row in english if row.stem == LONG)
    whole = pair(row, stem=guise(row.stem), prompt=guise(row.stem), question_id="mine")
    kept = {name: whole[name] for name in ("prompt", "chosen", "rejected", *known)}
    assert shared([kept])["by"] == {rule: 1}


def test_one_word_of_ten_makes_no_other_question_and_one_of_six_does(tmp_path):
    long = "Where would you most likely put a plate after you have finished washing it?"
    options = ["cupboard", "floor", "table", "mouth", "restaurant"]
    questions = [{"id": "1", "stem": long, "options": options}, {"id": "2", "stem": "What is the capital of Italy?"}]
    held = HeldOut(
        held_out.Question(row["id"], "en", row["stem"], tuple(row.get("options", options))) for row in questions
    )

    def by(stem, *beside):
        hit = held.hit(Asked("x", None, "en", stem, "\n".join([stem, *beside])))
        return hit and (hit.held_out.question_id, hit.rule)

    assert by(long.replace("plate", "glass"), *options) == ("1", "words")
    assert by(long.replace("plate", "glass"), "prison", "moon") is None  # other options: another question
    assert by("What is the capital of China?", *options) is None


def test_the_same_options_and_nearly_the_same_stem_are_the_same_question():
    options = ("cupboard", "floor", "table", "mouth", "restaurant")
    held = HeldOut([held_out.Question("1", "en", "Where would you put a plate?", options)])

    def by(stem, asked_options, question_id="x"):
        hit = held.hit(Asked(question_id, question_id, "en", stem, stem, asked_options))
        return hit and hit.rule

    assert by("Where would you put a dish?", options) == "options"
    assert by("Where would you put a dish?", tuple(reversed(options))) == "options"
    assert by("Where would you now put a plate?", options) == "options"
    assert by("Where would you put a dish?", ("Cupboard", "floor.", *options[2:])) == "options"
    assert by("Where would you put a dish?", (*options[:4], "prison")) is None
    assert by("Where does one eat?", options) is None


def test_the_built_in_questions_are_told_apart_by_their_ids():
    """Questions of one kind ("the capital of Italy", "of France") share their options there."""
    options = ("Rome", "Madrid", "Paris")
    held = HeldOut([held_out.Question("mini-101", "en", "What is the capital of Italy?", options)])
    stem = "What is the capital of France?"
    assert held.hit(Asked("mini-001", "mini-001", "en", stem, stem, options)) is None
    assert held.hit(Asked("row 1", None, "en", stem, stem, options)).rule == "options"


def test_messages_are_read_and_nothing_of_them_is_asked_twice(english):
    (row,) = (row for row in english if row.stem == LONG)
    system = {"role": "system", "content": "Be brief."}
    user = {"role": "user", "content": f"Answer the question.\n\n{row.stem}\nA. Mars\nB. Saturn"}
    sides = {side: [{"role": "assistant", "content": text}] for side, text in (("chosen", "B"), ("rejected", "A"))}
    found = shared([{"prompt": [system, user], **sides}, {"prompt": [user], **sides}])
    assert found["shared"] == 2
    assert found["by"] == {"stem": 2}


def test_a_refusal_names_question_language_and_rule(english):
    rows = [pair(row, language="es", stem="¿?", prompt="¿?") for row in english[:5]]
    with pytest.raises(CalmError) as refusal:
        held_out.check(rows, [])
    said = str(refusal.value)
    assert said.startswith(
        "5 questions of these pairs are in mini:test: mini-101 in es (by id), mini-102 in es (by id)"
    )
    assert "and 2 more; take them out (--questions names those to keep)" in said
    assert "\n" not in said


def test_a_log_of_another_task_is_held_out_row_by_row(english, tmp_path):
    """Rows of somebody else's log have no ids of ours."""
    log = tmp_path / "samples_other.jsonl"
    rows = [
        {
            "doc_id": number,
            "doc": {"question": row.stem, "choices": list(row.options), "answer": 0},
            "target": "0",
            "arguments": {f"gen_args_{i}": {"arg_0": row.stem, "arg_1": text} for i, text in enumerate(row.options)},
            "resps": [[["-1.0", "False"]] for _ in row.options],
            "filtered_resps": [["-1.0", "False"] for _ in row.options],
        }
        for number, row in enumerate(english[:6])
    ]  # fmt: skip
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    rows = [pair(row, question_id=f"mine {number}") for number, row in enumerate(english[3:9])]
    assert shared(rows, f"en={log}")["shared"] == 3
    with pytest.raises(CalmError, match="does not say its language"):
        shared(rows, str(log))


# What cannot be read --------------------------------------------------------------------------------------------------


def test_what_is_not_held_out_is_said(monkeypatch, tmp_path, english):
    monkeypatch.setenv("CALM_RELEASE_DIR", str(tmp_path))
    report = held_out.check([pair(load("mini", split="train").rows[0])], [])
    assert report[TEST]["questions"] == len(english)
    lines = held_out.render(report)
    assert lines[0] == "held out: mini:test (60 questions)"
    assert [line.split(",")[0] for line in lines[1:]] == ["NOT held out: xcsqa:test", "NOT held out: medqa:test"]
    with pytest.raises(CalmError):
        held_out.check([pair(english[0])], ["xcsqa:test"])  # named, and not here


def test_pairs_say_what_was_held_out(cloze_log, tmp_path, capsys):
    argv = ["--samples", str(cloze_log), "--output", str(tmp_path / "out"), "--vote", "own"]
    assert pairs.main(argv) == 0
    assert "held out: mini:test (60 questions)" in capsys.readouterr().out
    assert json.loads((tmp_path / "out/summary.json").read_text("utf-8"))["held_out"][TEST]["shared"] == 0


# Labels ---------------------------------------------------------------------------------------------------------------


def test_labels_of_evaluated_questions_are_never_trained_on(cloze_log, tmp_path, capsys):
    argv = ["--samples", str(cloze_log), "--output", str(tmp_path / "out"), "--vote", "gold"]
    assert pairs.main([*argv, "--transductive", "true"]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "vote=gold would train on the labels of questions that are evaluated" in line
    assert not (tmp_path / "out").exists()
    assert pairs.main(argv) == 0
