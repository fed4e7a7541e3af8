"""Which facts are edited, which are kept, and which other fact's edit is the control."""

from dataclasses import replace

import pytest

from calm_harness.errors import CalmError
from calm_harness.probes.editing.plan import KEPT, plan
from calm_harness.questions.facts import Fact, FactSet, Question, load


def fact(name, old, new, hops=0):
    question = Question(f"{name}?", "?", (old, new, " z"))
    return Fact(name, {"en": f"{name}:{new}"}, {"en": question}, {"en": (question,) * hops} if hops else {})


def of(*facts):
    return FactSet("hand", ("en",), facts, "pmi")


def test_the_draw_is_of_the_facts_and_not_of_their_order():
    facts = load("mini", languages=["en", "de"])
    turned = FactSet(facts.name, facts.languages, facts.facts[::-1], facts.score)
    one, other = plan(facts, 20, 0), plan(turned, 20, 0)
    assert (one.edits, one.kept) == (other.edits, other.kept)
    assert (len(one.edits), len(one.kept)) == (20, KEPT)
    assert not {each.fact_id for each in one.edits} & {each.fact_id for each in one.kept}
    assert plan(facts, 10, 0).edits == one.edits[:10]
    assert plan(facts, 20, 1).edits != one.edits


def test_a_control_tells_nothing_that_the_question_could_be_answered_by():
    facts = [
        fact("a", " x", " y"),
        fact("b", " q", " y"),
        fact("c", " q", " x"),
        *(fact(f"k{n}", " q", " r") for n in range(KEPT)),
    ]
    found = plan(of(*facts), len(facts) - KEPT, 0)
    by_name = {each.fact_id: each for each in (*found.edits, *found.kept)}
    for name, other in found.control.items():
        assert by_name[other].questions["en"].options[1] not in by_name[name].questions["en"].options[:2]
        assert other != name
    same = plan(of(*(fact(f"s{n}", " x", " y") for n in range(KEPT + 3))), 3, 0)
    assert same.control == {}


@pytest.mark.parametrize("seed", range(4))
def test_of_facts_with_one_question_one_takes_part(seed):
    """Neither is another fact's edit a control of its own question, nor is an edited question among the others."""
    facts = [fact(f"f{n}", f" o{n}", f" n{n}") for n in range(KEPT + 4)]
    again = [replace(each, fact_id=f"{each.fact_id} again") for each in facts[:6]]
    found = plan(of(*facts, *again), 4, seed)
    prompts = [each.questions["en"].prompt for each in (*found.edits, *found.kept)]
    assert len(set(prompts)) == len(prompts) == KEPT + 4
    with pytest.raises(CalmError, match=f"hand has {KEPT + 4} facts"):
        plan(of(*facts, *again), 5, seed)


def test_of_bmlama_no_sentence_is_edited_and_kept(bmlama17):
    facts = load(f"bmlama@{bmlama17}", languages=["en", "ar"])
    found = plan(facts, 300, 0)
    for tag in facts.languages:
        prompts = [each.questions[tag].prompt for each in (*found.edits, *found.kept)]
        assert len(set(prompts)) == len(prompts)


def test_after_an_edit_are_asked_the_fact_those_it_controls_and_those_that_are_kept():
    found = plan(of(*(fact(f"f{n}", f" o{n}", f" n{n}", hops=2) for n in range(KEPT + 3))), 3, 0)
    edited = found.edits[0]
    controlled = [name for name, other in found.control.items() if other == edited.fact_id]
    asked = [(each.fact_id, each.hop) for each in found.after(edited)]
    names = [edited.fact_id, *controlled]
    wanted = [(name, hop) for name in names for hop in (None, 0, 1)] + [(each.fact_id, None) for each in found.kept]
    assert asked == wanted
    assert sorted(found.control) == sorted(each.fact_id for each in found.edits)


def test_too_few_facts_are_said():
    facts = load("mini", languages=["en"])
    with pytest.raises(
        CalmError, match="--edits 56: mini test has 60 facts, of which 5 are never edited; give 55 or fewer"
    ):
        plan(facts, 56, 0)
    with pytest.raises(CalmError, match=r"--edits 1: .* give 2 or more"):
        plan(facts, 1, 0)
