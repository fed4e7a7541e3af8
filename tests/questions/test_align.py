"""Rows are found by content, wherever another file lacks one or has one too many. The files are real."""

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest

from calm_harness.errors import CalmError
from calm_harness.questions import load
from calm_harness.questions.align import align, check_gold, doubled_rows, order, similarity
from calm_harness.questions.align.assignment import candidates
from calm_harness.questions.align.decoys import grade
from calm_harness.questions.align.evidence import Evidence, Item
from calm_harness.questions.align.lexicon import Lexicon
from calm_harness.questions.align.trial import trial
from calm_harness.questions.assemble import Entry, content_ids
from calm_harness.questions.option_marks import split_all

MEDQA = "medqa/test/test_sft_en_q_1000/all_test_{}.json"
XCSQA = "xcsqa/samples/x_csqa_{}_train_sampled.json"
SHORT = 400  # rows of a file that are used: enough, and quick
FILES = {"medqa zh": (MEDQA, "native_en", "en2cn"), "medqa fr": (MEDQA, "native_en", "en2fr")} | {
    f"xcsqa {code}": (XCSQA, "en", code) for code in ("cn", "fr", "ja")
}


def items(path):
    return [Item(question.stem, question.options) for question in split_all(inputs(path))]


def inputs(path):
    return [row["input"] for row in json.loads(path.read_text("utf-8"))[:SHORT]]


@pytest.fixture(scope="module", params=FILES)
def files(request, calm_release):
    pattern, left, right = FILES[request.param]
    english, other = (items(calm_release / "data" / pattern.format(code)) for code in (left, right))
    doubled = doubled_rows(other)
    other = [item for place, item in enumerate(other) if place not in doubled]
    return english[: len(other)], other


def test_parallel_files_are_aligned_whole(files):
    english, other = files
    assert align(english, other) == {place: place for place in range(len(other))}


@pytest.mark.parametrize("seed", range(3))
def test_a_missing_row_costs_no_other(files, seed):
    english, other = files
    gone = random.Random(seed).randrange(len(other))
    pairs = align(english, other[:gone] + other[gone + 1 :])
    right = {place: place - (place > gone) for place in range(len(english)) if place != gone}
    assert pairs.items() <= right.items()  # never a wrong pair
    assert len(pairs) >= len(right) - 2  # and only a row beside the gap may be left out as unsure


@pytest.mark.parametrize("seed", range(3))
def test_a_foreign_row_costs_no_other(files, seed):
    english, other = files
    place = random.Random(seed).randrange(len(other))
    foreign = other[(place + len(other) // 2) % len(other)]
    pairs = align(english, [*other[:place], foreign, *other[place:]])
    right = {row: row + (row >= place) for row in range(len(english))}
    assert pairs.items() <= right.items()
    assert len(pairs) >= len(right) - 2


def test_several_slips_in_one_file(files):
    english, other = files
    changed = [*other[:50], *other[52:200], other[10], *other[200:350], *other[351:]]
    pairs = align(english, changed)
    assert {place: other.index(changed[found]) for place, found in pairs.items()} == {place: place for place in pairs}
    assert len(pairs) >= len(english) - 3 - 4


def test_a_replaced_case_history_is_noticed(calm_release):
    pattern, left, right = FILES["medqa fr"]
    english, other = (items(calm_release / "data" / pattern.format(code)) for code in (left, right))
    changed = [*other[:100], other[300], *other[101:]]
    assert 100 not in align(english, changed)


def test_a_doubled_row_is_found_though_its_words_differ(calm_release):
    chinese = items(calm_release / "data" / MEDQA.format("en2cn"))
    assert doubled_rows(chinese) == {298: 297}
    assert chinese[298].stem != chinese[297].stem


def test_questions_that_share_their_options_are_not_doubled():
    options = ("necrosis", "gangrene", "edema", "abscess")
    assert doubled_rows([Item("1. Which follows an infarct?", options), Item("2. Which holds pus?", options)]) == {}
    assert doubled_rows([Item("A man takes 10 mg daily.", options), Item("A man takes 20 mg daily.", options)]) == {}


LONG = "as the authors of the study on sleep, memory and reading in older adults of three countries held it to be"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is 12 - 4?", "What is 12 + 4?"),
        (f"Is it so if p < 0.05, {LONG}?", f"Is it so if p > 0.05, {LONG}?"),
        (f"Is it written in C, {LONG}?", f"Is it written in C++, {LONG}?"),
        (f"Does it hold that x - y is even, {LONG}?", f"Does it hold that x / y is even, {LONG}?"),
    ],
)
def test_a_sign_makes_another_question(first, second):
    assert doubled_rows([Item(first, ("yes", "no")), Item(second, ("yes", "no"))]) == {}
    assert doubled_rows([Item(first, ("yes", "no")), Item(first, ("yes", "no"))]) == {1: 0}


def test_rows_with_different_gold_options_are_no_doubles():
    twice = [Item("Which is it?", ("a", "b"))] * 2
    assert doubled_rows(twice, [0, 0]) == {1: 0}
    assert doubled_rows(twice, [-1, -1]) == {1: 0}
    assert doubled_rows(twice, [0, 1]) == {}


def test_content_that_differs_in_a_sign_has_another_id_whatever_the_order_of_rows():
    minus, plus = (Entry(f"What is 12 {sign} 4?", ("8", "16"), place, "f") for place, sign in enumerate("-+"))
    ids = content_ids("set", {0: minus, 1: plus, 2: minus})
    assert ids[0] == ids[2] != ids[1]
    assert content_ids("set", {0: plus, 1: minus}) == {0: ids[1], 1: ids[0]}
    plain = content_ids("set", {0: minus})[0]
    assert plain in ids.values()  # and one of the two has the id that it would have alone


# Whatever the order --------------------------------------------------------------------------------------------------


def shuffled(rows, seed=0):
    """Rows in another order, and where each of them went."""
    order = random.Random(seed).sample(range(len(rows)), len(rows))
    return [rows[place] for place in order], {place: went for went, place in enumerate(order)}


@pytest.fixture
def without_encoder(monkeypatch):
    monkeypatch.setattr(similarity, "available", lambda: False)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALM_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.mark.parametrize("code", ["cn", "fr"])
def test_shuffled_rows_are_found_by_meaning(code, calm_release, cache):
    pattern = calm_release / "data" / XCSQA.format("{}")
    english, other = (items(Path(str(pattern).format(name)))[:60] for name in ("en", code))
    mixed, went = shuffled(other)
    found = align(english, mixed[:54])  # a tenth of the rows is not there
    assert found.how == "meaning"
    assert found.items() <= went.items()
    assert len(found) >= 52


def test_without_an_encoder_what_is_found_is_right_and_the_rest_left_out(calm_release, without_encoder):
    pattern, left, right = FILES["xcsqa fr"]
    english, other = (items(calm_release / "data" / pattern.format(code)) for code in (left, right))
    mixed, went = shuffled(other)
    found = align(english, mixed)
    assert found.how == "content"
    assert found.items() <= went.items()
    assert len(found) > 250  # of 400


def test_one_row_is_told_by_meaning(cache):
    english = [Item("What is frozen water?", ("ice", "steam", "sand"))]
    assert align(english, [Item("Qu'est-ce que l'eau gelée ?", ("glace", "vapeur", "sable"))]) == {0: 0}
    with pytest.raises(CalmError, match="no sign of being translations"):
        align(english, [Item("Wer schrieb den Faust?", ("Goethe", "Schiller", "Heine"))])


SPANISH = [
    Item("¿En qué año cayó Granada?", ("1492", "1453", "1512", "1482")),
    Item("¿Cuántas comunidades autónomas hay?", ("15", "17", "19", "16")),
    Item("¿Quién escribió el Quijote?", ("Lope de Vega", "Cervantes", "Góngora", "Quevedo")),
    Item("¿Cómo se llama el parlamento?", ("Las Cortes", "El Senado", "La Junta", "El Consejo")),
]
GERMAN = [
    Item("Wann fiel die Berliner Mauer?", ("1987", "1989", "1990", "1961")),
    Item("Wie viele Bundesländer gibt es?", ("14", "16", "12", "18")),
    Item("Wer schrieb den Faust?", ("Schiller", "Goethe", "Heine", "Lessing")),
    Item("Wer malte den Hasen?", ("Dürer", "Cranach", "Holbein", "Marc")),
]


@pytest.mark.parametrize("encoded", [True, False])
def test_files_that_are_no_translations_are_refused(encoded, cache, monkeypatch, calm_release):
    if not encoded:
        monkeypatch.setattr(similarity, "available", lambda: False)
    with pytest.raises(
        CalmError, match=r"^de.csv and es.csv have no ids, and no sign of being translations"
    ) as refused:
        align(SPANISH, GERMAN, ("es.csv", "de.csv"))
    assert ("pip install 'calm-harness[offline]'" in str(refused.value)) is not encoded
    pattern, left, right = FILES["xcsqa cn"]
    english, other = (items(calm_release / "data" / pattern.format(code)) for code in (left, right))
    with pytest.raises(CalmError, match="no sign of being translations"):
        align(english[:60], other[200:260])


def test_options_that_say_the_question_again_do_not_make_wrong_pairs_look_right(without_encoder):
    """As in XNLI's log: a word that three options of one row share is no sign that it goes with another."""

    def rows(language, words):
        questions = list(load("mini", languages=[language]).questions())[:24]
        return [Item(row.stem, tuple(f"{row.stem} {word} {row.options[0]}" for word in words)) for (row,) in questions]

    english, chinese = rows("en", ("Yes,", "Also,", "No,")), rows("zh", ("是的，", "所以，", "不是的，"))
    with pytest.raises(CalmError, match="no sign of being translations"):
        align(english, chinese[7:] + chinese[:7])


def test_gold_options_that_differ_too_often_are_refused():
    pairs = {place: place for place in range(200)}
    left = [place % 4 for place in range(200)]
    few = [*((gold + 1) % 4 for gold in left[:8]), *left[8:]]  # 4%
    check_gold(left, few, pairs, ("en", "zh"))
    check_gold(left, [-1] * 200, pairs, ("en", "zh"))
    many = [*((gold + 1) % 4 for gold in left[:30]), *left[30:]]
    with pytest.raises(CalmError, match=r"^zh and en: the gold options of 30 of 200 aligned questions differ"):
        check_gold(left, many, pairs, ("en", "zh"))


def test_scores_of_some_rows_are_those_among_all(files):
    english, other = (side[:60] for side in files)
    pairs = [(place, place) for place in range(0, 60, 2)]
    for scores in (
        Evidence(english, other, pairs),
        Lexicon([item.texts for item in english], [item.texts for item in other], pairs),
    ):
        assert scores.matrix()[7:31, 20:50] == pytest.approx(scores.matrix(slice(7, 31), slice(20, 50)), abs=1e-9)


def test_words_that_go_together_are_scored_pair_by_pair_as_all_at_once(files):
    english, other = ([item.texts for item in side[:60]] for side in files)
    lexicon = Lexicon(english, other, [(place, place) for place in range(0, 60, 2)])
    every = [[lexicon.score(i, j) for j in range(len(other))] for i in range(len(english))]
    assert lexicon.matrix() == pytest.approx(np.array(every), abs=1e-9)


def monotone(rows, columns, row=0, column=0):
    """All ways through some rows and columns, a pair or a gap at a time: the pairs of each, and how many gaps."""
    if row == rows or column == columns:
        yield (), rows - row + columns - column
        return
    for pairs, gaps in monotone(rows, columns, row + 1, column + 1):
        yield ((row, column), *pairs), gaps
    for next_row, next_column in ((row + 1, column), (row, column + 1)):
        for pairs, gaps in monotone(rows, columns, next_row, next_column):
            yield pairs, gaps + 1


@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (2, 4), (4, 2), (1, 1), (4, 4)])
def test_shares_are_those_of_all_ways_through_both_files(rows, columns, monkeypatch):
    monkeypatch.setattr(order, "GAP", -0.7)
    monkeypatch.setattr(order, "BLOCK", 2)
    scores = np.random.default_rng(rows).normal(size=(rows, columns))
    total, by_pair = 0.0, np.zeros((rows, columns))
    for pairs, gaps in monotone(rows, columns):
        weight = np.exp(sum(scores[pair] for pair in pairs) - 0.7 * gaps)
        total += weight
        for pair in pairs:
            by_pair[pair] += weight
    shares, band = order.posteriors(rows, columns, lambda some, others: scores[some, others])
    for i, j in itertools.product(range(rows), range(columns)):
        assert shares[i, j - i + band] == pytest.approx(by_pair[i, j] / total)


def test_a_row_without_counterpart_stays_alone_and_of_two_equal_ones_neither_is_sure():
    evidence = np.array([[9.0, -9.0, -9.0], [-9.0, 9.0, 9.0], [-9.0, -9.0, -9.0]])
    assert candidates(evidence).surer(np.log(9)).pairs() == {0: 0}
    assert grade(evidence).within(0.01).pairs == {0: 0}


@pytest.mark.parametrize("strength", [12.0, 60.0, 550.0])
def test_no_row_is_the_counterpart_of_two(strength):
    evidence = np.random.default_rng(0).normal(-8, 3, size=(120, 100))
    evidence[np.arange(100), np.arange(100)] = strength
    evidence[100:, :20] = strength - 1 + np.eye(20)  # rows that are as near to some as their own
    found = candidates(evidence)
    assert len(set(found.right)) == len(found.right)
    pairs = grade(evidence).within(0.005).pairs
    assert pairs.items() <= {(place, place) for place in range(100)}
    assert pairs.keys() >= set(range(20, 100))


def test_evidence_beyond_all_numbers_makes_no_wrong_pair():
    evidence = np.full((4, 4), -2000.0) + 4000 * np.eye(4)
    assert grade(evidence).within(0.005).pairs == {place: place for place in range(4)}
    evidence[0, 1] = 3000.0
    assert grade(evidence).within(0.005).pairs.items() <= {(place, place) for place in range(4)}


def test_so_many_pairs_as_expected_are_wrong():
    """Rows with and without counterpart, of which evidence makes too much: twice what it should be."""
    rng = np.random.default_rng(3)
    wrong = expected = few_wrong = few = 0.0
    for _ in range(20):
        evidence = 2 * rng.normal(-8, 4, size=(300, 300))  # of a normal likelihood ratio the mean is half the variance
        evidence[np.arange(150), np.arange(150)] = 2 * rng.normal(8, 4, size=150)
        chosen, sure = grade(evidence).within(1.0), grade(evidence).within(0.02)
        wrong += sum(i != j or i >= 150 for i, j in chosen.pairs.items())
        expected += chosen.wrong
        few_wrong += sum(i != j or i >= 150 for i, j in sure.pairs.items())
        few += len(sure.pairs)
    assert wrong > 100
    assert wrong <= expected <= 2 * wrong  # rather too many: the true counterparts are missing from the halves, too
    assert few_wrong <= 2 * 0.02 * few
    assert few > 500


@pytest.mark.parametrize(
    ("name", "split", "language"), [("medqa", "test_en", "zh"), ("medqa", "test_en", "fr"), ("xcsqa", "train", "fr")]
)
def test_other_questions_of_a_set_are_refused_and_a_tenth_that_is_missing_does_no_harm(
    name, split, language, calm_release, without_encoder
):
    rows = load(name, split=split, source=calm_release, languages=["en", language]).rows
    english, other = ([Item(row.stem, row.options) for row in rows if row.language == tag] for tag in ("en", language))
    half = len(english) // 2
    with pytest.raises(CalmError, match="no sign of being translations"):
        align(english[:half], other[half:])
    mixed, went = shuffled(other)
    found = align(english, mixed[: len(mixed) * 9 // 10])
    assert sum(went[i] != j for i, j in found.items()) <= 0.005 * len(found)
    assert len(found) > 0.7 * len(mixed)


def test_random_pairings_of_unrelated_rows_do_as_well_as_the_pairs():
    noise = np.random.default_rng(1).normal(size=(50, 50))
    diagonal = {place: place for place in range(50)}
    assert trial(noise, diagonal).p > 0.01
    found = trial(noise + 2 * np.eye(50), diagonal)
    assert found.p == 0.001
    assert found.evidence - found.chance == pytest.approx(2, abs=0.3)
