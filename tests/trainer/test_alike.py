"""Logs of a question's languages that were not asked alike: another order of options, another score, another task."""

import copy
import json

import pytest

from calm_harness.errors import CalmError
from calm_harness.predictions.rows.log import TaskLog
from calm_harness.predictions.scoring import score
from tests.trainer.test_pairs import arguments
from trainer.preferences.make import make
from trainer.preferences.samples import load, named_questions

ORDER = "in en and in zh: its options stand in another order; take runs of one option_seed"
LETTERS = "in en and in zh: options' texts were scored, and letters; take runs of one task"
SCORE = "in en and in zh: its options were scored by pmi and by sum; take runs of one score"


def turned(row):
    """The same row as a run with another option_seed logs it: the last option stands first."""
    doc, answers = row["doc"], row["answers"]
    size = len(doc["options"])
    places = [size - 1, *range(size - 1)]
    doc["options"] = [doc["options"][place] for place in places]
    doc["order"] = [doc["order"][place] for place in places]
    doc["answer"] = places.index(doc["answer"])
    answers["choice"] = places.index(answers["choice"])
    answers["scores"] = {name: [values[place] for place in places] for name, values in answers["scores"].items()}
    asked = {f"gen_args_{number}": row["arguments"][f"gen_args_{place}"] for number, place in enumerate(places)}
    row["arguments"] = {**row["arguments"], **asked}


def by_letters(row):
    for place, letter in zip(range(len(row["doc"]["options"])), "ABCDE", strict=False):
        row["arguments"][f"gen_args_{place}"]["arg_1"] = f" {letter}"


def by_sum(row):
    row["answers"]["score"] = "sum"


@pytest.fixture(scope="module")
def rows(cloze_log):
    return [json.loads(line) for line in cloze_log.read_text("utf-8").splitlines()]


@pytest.fixture
def logs(rows, tmp_path):
    """Writes the English rows, and the Chinese ones as `change` makes them, as two logs."""

    def write(change):
        paths = []
        for language in ("en", "zh"):
            picked = [copy.deepcopy(row) for row in rows if row["doc"]["language"] == language]
            for row in picked if language == "zh" else []:
                change(row)
            paths.append(tmp_path / f"{language}.jsonl")
            paths[-1].write_text("".join(json.dumps(row) + "\n" for row in picked), "utf-8")
        return paths

    return write


@pytest.mark.parametrize(("change", "said"), [(turned, ORDER), (by_letters, LETTERS), (by_sum, SCORE)])
def test_what_was_not_asked_alike_is_not_put_together(change, said, logs):
    paths = logs(change)
    with pytest.raises(CalmError, match=said):
        score([TaskLog(path) for path in paths])
    with pytest.raises(CalmError, match=said):
        make(load([*map(str, paths)]), arguments())


def test_other_questions_under_the_same_ids_are_seen_by_their_labels(rows, logs):
    sizes = {row["doc"]["question_id"]: len(row["doc"]["options"]) for row in rows}
    of_size = {size: [name for name in sizes if sizes[name] == size] for size in sizes.values()}
    following = {names[place - 1]: name for names in of_size.values() for place, name in enumerate(names)}

    def other(row):
        row["doc"]["question_id"] = following[row["doc"]["question_id"]]

    paths = logs(other)
    said = r"have another right option in zh than in en, more than translations show: one id is of several questions"
    with pytest.raises(CalmError, match=said):
        score([TaskLog(path) for path in paths])
    with pytest.raises(CalmError, match=said):
        load([*map(str, paths)])


def test_a_label_that_a_translation_changed_is_none_the_less_the_first(logs):
    once = []

    def changed(row):
        if not once:
            once.append(row)
            row["doc"]["answer"] = (row["doc"]["answer"] + 1) % len(row["doc"]["options"])

    assert score([TaskLog(path) for path in logs(changed)])["questions"] == 20


def test_a_score_that_both_logged_can_be_named(logs):
    made = []
    for change in (by_sum, lambda row: None):
        samples = load([*map(str, logs(change))])
        made.append([make(samples, arguments(**settings))[0] for settings in ({"score": "pmi"}, {"objective": "dco"})])
    assert made[0] == made[1]


def test_another_order_is_one_where_all_languages_have_it(rows, cloze_log, tmp_path):
    changed, log = copy.deepcopy(rows), tmp_path / "turned.jsonl"
    for row in changed:
        turned(row)
    log.write_text("".join(json.dumps(row) + "\n" for row in changed), "utf-8")
    one, other = (score([TaskLog(path)])["metrics"] for path in (log, cloze_log))
    assert (one["acc"], one["consistency"]) == (other["acc"], other["consistency"])


def test_ids_of_questions_may_have_spaces(tmp_path):
    (tmp_path / "ids").write_bytes(b"capital of Kenya\r\n\n  q2 \n")
    assert named_questions(str(tmp_path / "ids")) == ["capital of Kenya", "q2"]
