"""Success, controls and locality of answers that are written by hand."""

import numpy as np
import pytest

from calm_harness.errors import CalmError
from calm_harness.probes.editing.outcome import matrices, outcome, summary
from calm_harness.probes.editing.plan import Plan
from calm_harness.probes.editing.record import Key, Likelihoods, Line
from calm_harness.probes.editing.tables import laid_out, probe, to_csv, to_markdown
from calm_harness.questions.facts import Fact, Question
from calm_harness.report.probe import read, write

TAGS = ("en", "de")
NULL = (-5.0, -5.0, -5.0)
OLD_WINS, NEW_WINS, THIRD_WINS = (-1.0, -3.0, -4.0), (-3.0, -1.0, -4.0), (-3.0, -2.0, -1.0)
ABOUT = {"model": "m", "facts": "hand", "in": "context", "score": "pmi", "settings": None, "notes": []}


def fact(name, hops=()):
    question = Question(f"{name}?", "?", (" old", " new", " other"))
    return Fact(name, dict.fromkeys(TAGS, name), dict.fromkeys(TAGS, question), dict.fromkeys(hops, (question,)))


def line(edited, told, answers, null=NULL):
    return Line(edited, told, {Key(*key): Likelihoods(after, null) for key, after in answers.items()})


def run(hops=()):
    """Two facts a and b, each the other's control; k is kept.

    Before, the model knows a in en and prefers the new answer of b in de. English edits win in English alone, German
    ones nowhere; the English edit of a also wins for b in en. k is answered as before but after English edits, in de.
    """
    plan = Plan(TAGS, (fact("a", hops), fact("b")), (fact("k"),), {"a": "b", "b": "a"})
    before = {
        **{("a", "en", None): OLD_WINS, ("a", "de", None): THIRD_WINS, ("b", "en", None): THIRD_WINS},
        **{("b", "de", None): NEW_WINS, ("k", "en", None): OLD_WINS, ("k", "de", None): OLD_WINS},
        **{("a", tag, 0): OLD_WINS if tag == "en" else NEW_WINS for tag in hops},
    }
    # THIRD_WINS scores new above old as well: success does not ask whether another option is higher still
    before[("a", "de", None)] = (-3.0, -3.5, -1.0)
    before[("b", "en", None)] = (-3.0, -3.5, -1.0)
    lines = {(None, None): line(None, None, before)}
    for edited, other in (("a", "b"), ("b", "a")):
        for told in TAGS:
            won = NEW_WINS if told == "en" else OLD_WINS
            answers = {
                **{(edited, "en", None): won, (edited, "de", None): OLD_WINS},
                **{
                    (other, "en", None): NEW_WINS if (edited, told) == ("a", "en") else OLD_WINS,
                    (other, "de", None): OLD_WINS,
                },
                **{("k", "en", None): OLD_WINS, ("k", "de", None): THIRD_WINS if told == "en" else OLD_WINS},
                **{("a", tag, 0): OLD_WINS if edited == "a" else NEW_WINS for tag in hops},
            }
            lines[edited, told] = line(edited, told, answers, null=())
    return plan, lines


def test_figures_of_answers_written_by_hand():
    plan, lines = run()
    found = outcome(plan, "pmi", lines)
    assert found.before.tolist() == [[[0, 0]], [[0, 1]]]
    assert found.known.tolist() == [[True, False], [False, False]]
    assert found.success.tolist() == [[[1, 0], [0, 0]], [[1, 0], [0, 0]]]
    assert found.other.tolist() == [[[0, 0], [0, 0]], [[1, 0], [0, 0]]]  # of b: after the edit of a
    assert found.locality.tolist() == [[[1, 0], [1, 1]], [[1, 0], [1, 1]]]
    assert np.isnan(found.hop).all()
    assert found.chance["locality"] == pytest.approx(1 / 3)
    first = summary(found)["all"]
    assert {where: row["success"]["value"] for where, row in first.items()} == {
        "diagonal": 0.5,
        "elsewhere": 0,
        "gap": 0.5,
    }
    assert first["diagonal"]["effect"]["value"] == 0.25
    assert first["diagonal"]["gain"]["value"] == 0.5 - 0.25
    assert first["elsewhere"]["gain"]["value"] == -0.25
    assert first["diagonal"]["locality"]["value"] == 1.0
    assert first["elsewhere"]["locality"]["value"] == 0.5
    known = summary(found)["known"]
    assert (known["diagonal"]["success"]["value"], known["diagonal"]["success"]["questions"]) == (1, 1)
    assert "locality" not in known["diagonal"]


def test_matrices_have_a_cell_a_pair_of_languages_with_its_n():
    plan, lines = run()
    found = matrices(outcome(plan, "pmi", lines))
    success = found["success"]["all"]
    assert {told: {asked: cell["value"] for asked, cell in row.items()} for told, row in success.items()} == {
        "en": {"en": 1, "de": 0},
        "de": {"en": 0, "de": 0},
    }
    cell = success["en"]["en"]
    assert cell["questions"] == 2
    assert cell["interval"] == pytest.approx([0.158, 1.0], abs=1e-3)  # Clopper and Pearson's of 2 of 2
    assert found["effect"]["all"]["en"]["en"]["value"] == 0.5
    known = found["success"]["known"]
    assert list(known["en"]) == ["en"]
    assert known["en"]["en"]["questions"] == 1
    assert "known" not in found["locality"]


def test_the_null_context_of_an_edited_model_is_its_own():
    """An edit in weights that makes the new answer likelier anywhere is no success by pmi."""
    plan, lines = run()
    raised = {key: Likelihoods(each.after, (-5.0, -2.0, -5.0)) for key, each in lines["a", "en"].answers.items()}
    lines["a", "en"] = Line("a", "en", raised)
    found = outcome(plan, "pmi", lines)
    assert found.success[0, 0].tolist() == [0, 0]  # 2 above null for old, 1 above for new
    assert outcome(plan, "sum", lines).success[0, 0].tolist() == [1, 0]


def test_two_hop_questions_are_right_where_the_answer_that_follows_is_the_highest():
    plan, lines = run(hops=("en", "de"))
    found = outcome(plan, "pmi", lines)
    assert found.hop_before[0].tolist() == [[1, 0]]
    assert found.hop[0].tolist() == [[1, 1], [1, 1]]
    assert found.hop_other[0].tolist() == [[0, 0], [0, 0]]
    assert np.isnan(found.hop[1]).all()  # b has none
    assert found.chance["hop"] == pytest.approx(1 / 3)
    cell = matrices(found)["hop_effect"]["all"]["en"]["de"]
    assert (cell["value"], cell["questions"]) == (1, 1)
    assert summary(found)["all"]["elsewhere"]["hop_gain"]["value"] == 0.5


def test_a_fact_without_a_control_is_left_out_where_it_is_needed():
    plan, lines = run()
    alone = Plan(plan.languages, plan.edits, plan.kept, {"a": "b"})
    found = outcome(alone, "pmi", lines)
    assert np.isnan(found.other[1]).all()
    assert matrices(found)["effect"]["all"]["en"]["en"]["questions"] == 1
    assert matrices(found)["success"]["all"]["en"]["en"]["questions"] == 2
    text = to_markdown(laid_out(found, ABOUT))
    assert "For 1 facts no other fact's edit serves as control" in text


def test_a_run_that_was_not_finished_has_no_figures():
    plan, lines = run()
    del lines["b", "de"]
    with pytest.raises(CalmError, match=r"the edit of b in de was not asked for"):
        outcome(plan, "pmi", lines)


def test_the_tables_begin_with_the_diagonal(tmp_path):
    plan, lines = run(hops=("en",))
    table = laid_out(outcome(plan, "pmi", lines), ABOUT)
    text = to_markdown(table)
    rows = [row for row in text.splitlines() if row.startswith("|")]
    assert rows[0].startswith("| all facts, asked | success | locality | no edit | another fact's edit |")
    assert rows[2].startswith("| in the edit's language | 0.500 [")
    assert rows[3].startswith("| in another language | 0.000 [")
    assert rows[4].startswith("| the first minus the second | +0.500 [")
    assert "By chance success is 0.500" in text
    assert "2 of at least 10 questions" in text
    write(probe(table), tmp_path)
    shown = read(tmp_path / "probe.json")
    assert (shown.kind, shown.questions) == ("edit", 2)
    assert shown.lines[-2].startswith("Asked in the edit's language: success 0.500")
    assert [each.title for each in shown.tables][:2] == ["Success, all facts", "Success, facts known before"]
    assert {each.signed for each in shown.tables if "−" in each.title} == {True}
    csv = to_csv(table).splitlines()
    assert csv[0] == "figure,facts,edited_in,asked_in,n,value,stderr,low,high"
    assert any(row.startswith("success,all,diagonal,,2,0.5,") for row in csv)
    assert any(row.startswith("success,all,en,en,2,1.0,") for row in csv)


def test_one_language_has_no_other():
    question = Question("a?", "?", (" old", " new", " other"))
    facts = [Fact(name, {"en": name}, {"en": question}) for name in ("a", "b", "k")]
    plan = Plan(("en",), tuple(facts[:2]), (facts[2],), {"a": "b", "b": "a"})
    asked = {(name, "en", None): NEW_WINS for name in "abk"}
    lines = {(None, None): line(None, None, asked)}
    lines |= {(name, "en"): line(name, "en", asked) for name in "ab"}
    table = laid_out(outcome(plan, "pmi", lines), ABOUT)
    assert set(table["summary"]["all"]) == {"diagonal"}
    assert "in another language" not in to_markdown(table)
