"""BMLAMA-17 on its first 400 real facts."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from calm_harness.errors import CalmError
from calm_harness.questions import load, normalise
from calm_harness.questions.sets import bmlama

LANGUAGES = ["en", "ar", "ca", "el", "es", "fa", "fr", "he", "hu", "ja", "ko", "nl", "ru", "tr", "uk", "vi", "zh"]


@pytest.fixture
def copy(bmlama17: Path, tmp_path: Path) -> Path:
    """A folder of three languages that a test may damage."""
    for language in ("en", "fr", "he"):
        shutil.copyfile(bmlama17 / f"{language}.tsv", tmp_path / f"{language}.tsv")
    return tmp_path


def edit(path: Path, change) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    change(lines)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def kinds(findings) -> Counter:
    return Counter((finding.kind, finding.language) for finding in findings)


def test_gold_answers_of_one_sentence_are_aliases_of_each_other(bmlama17):
    rows = bmlama.read(languages=["en", "fr"], source=bmlama17).rows
    brunei = [row for row in rows if row.stem == "The official language of Brunei is <mask>."]
    assert {(row.options[row.answer], row.aliases) for row in brunei} == {
        ("English", ("Malay",)),
        ("Malay", ("English",)),
    }
    french = [row for row in rows if row.stem == "La langue officielle de Brunei est <mask>."]
    assert {row.aliases for row in french} == {("anglais",), ("malais",)}
    assert sum(bool(row.aliases) for row in rows if row.language == "en") == 27


def test_all_facts_are_read_in_all_languages(bmlama17):
    facts = bmlama.read(source=bmlama17)
    assert facts.languages == tuple(LANGUAGES)
    assert len(facts.rows) == 400 * 17
    assert facts.read == dict.fromkeys(LANGUAGES, 400)
    assert {len(row.options) for row in facts.rows} == {10}
    assert {row.answer for row in facts.rows} == {9}
    assert all(row.stem.count("<mask>") == 1 for row in facts.rows)


def test_quoted_hebrew_rows_are_repaired(bmlama17):
    """Taken as they stand, 19 Hebrew golds are not among their candidates; one more row has a quoted prompt."""
    facts = bmlama.read(languages=["he"], source=bmlama17)
    assert kinds(facts.findings) == {("repaired", "he"): 20}
    lesbian = facts.rows[182]
    assert lesbian.stem == "לסביות היא תת-סוג של <mask>."
    assert lesbian.options[9] == 'להט"ב'


def test_options_are_permuted_alike_in_all_languages(bmlama17):
    facts = load("bmlama", source=bmlama17, languages=["en", "he"])
    places = Counter()
    for english, hebrew in facts.questions():
        assert english.order == hebrew.order
        assert english.answer == hebrew.answer == english.order.index(9)
        places[english.answer] += 1
    assert set(places) == set(range(10))


def test_halves_share_no_prompt_in_any_language(bmlama17):
    train, test = (bmlama.read(split, source=bmlama17) for split in ("train", "test"))
    assert len(train.rows) + len(test.rows) == 400 * 17
    assert abs(len(train.rows) - len(test.rows)) / 17 < 40
    stems = [{(row.language, normalise(row.stem)) for row in half.rows} for half in (train, test)]
    assert not stems[0] & stems[1]


def test_halves_and_ids_do_not_depend_on_the_languages(bmlama17):
    all_ids = {row.question_id for row in bmlama.read("test", source=bmlama17).rows}
    assert {row.question_id for row in bmlama.read("test", ["vi", "zh"], bmlama17).rows} == all_ids


def test_a_missing_row_is_left_out_whole(copy):
    edit(copy / "fr.tsv", lambda lines: lines.pop(101))
    facts = bmlama.read(languages=["en", "fr"], source=copy)
    whole = {row.question_id: row for row in bmlama.read(languages=["en"], source=copy).rows}
    assert len(facts.rows) == 2 * 399
    assert [(f.kind, f.source) for f in facts.findings] == [("aligned", "fr.tsv"), ("unaligned", "en.tsv row 100")]
    assert facts.rows[200].stem == whole[facts.rows[201].question_id].stem


def test_a_doubled_row_is_dropped(copy):
    edit(copy / "fr.tsv", lambda lines: lines.insert(51, lines[51]))
    facts = bmlama.read(languages=["en", "fr"], source=copy)
    assert len(facts.rows) == 2 * 400
    assert [(f.kind, f.source) for f in facts.findings] == [("repaired", "fr.tsv row 51")]


def test_swapped_rows_are_not_taken_for_each_other(copy):
    before = bmlama.read(languages=["en", "fr"], source=copy)
    right = {english.stem: french.stem for english, french in before.questions()}

    def swap(lines):
        lines[7], lines[8] = lines[8], lines[7]

    edit(copy / "fr.tsv", swap)
    facts = bmlama.read(languages=["en", "fr"], source=copy)
    assert 398 <= len(facts.rows) / 2 < 400
    assert {english.stem: french.stem for english, french in facts.questions()}.items() <= right.items()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("<mask>", "___", "has 0 <mask> instead of one"),
        ("\tMadrid\tToronto", "\tMarid\tToronto", "gold 'Marid' is not among its candidates"),
    ],
)
def test_an_unreadable_fact_is_left_out_and_counted(copy, old, new, why):
    edit(copy / "fr.tsv", lambda lines: lines.__setitem__(1, lines[1].replace(old, new)))
    facts = bmlama.read(languages=["en", "fr"], source=copy)
    assert len(facts.rows) == 2 * 399
    assert [(f.kind, f.language, f.source) for f in facts.findings] == [("unparsed", "fr", "fr.tsv row 0")]
    assert facts.findings[0].message == f"{why}; the fact is left out"


def test_unequal_numbers_of_candidates_are_left_out(copy):
    edit(copy / "fr.tsv", lambda lines: lines.__setitem__(1, lines[1].replace("Toronto, ", "")))
    facts = bmlama.read(languages=["en", "fr"], source=copy)
    assert len(facts.rows) == 2 * 399
    assert facts.findings[0].kind == "aligned"
    assert facts.findings[1].message == "has [9, 10] candidates by language; the fact is left out"


def test_hidden_golds_leave_everything_else_as_it_is(copy):
    with_gold = bmlama.read(languages=["en", "fr"], source=copy)
    for language in ("en", "fr"):

        def hide(lines):
            for number, line in enumerate(lines[1:], 1):
                prompt, _, *rest = line.split("\t")
                lines[number] = "\t".join((prompt, "", *rest))

        edit(copy / f"{language}.tsv", hide)
    hidden = bmlama.read(languages=["en", "fr"], source=copy)
    assert {row.answer for row in hidden.rows} == {-1}
    assert [(r.question_id, r.stem, r.options) for r in hidden.rows] == [
        (r.question_id, r.stem, r.options) for r in with_gold.rows
    ]


def test_bad_files_say_what_to_do(copy):
    with pytest.raises(CalmError, match=r"de.* \(known: en, ar"):
        bmlama.read(languages=["de"], source=copy)
    with pytest.raises(CalmError, match=r"ja\.tsv is missing; get folder"):
        bmlama.read(languages=["ja"], source=copy)
    text = (copy / "fr.tsv").read_text(encoding="utf-8")
    (copy / "fr.tsv").write_text(text[: text.rindex("\t") - 100], encoding="utf-8")
    with pytest.raises(CalmError, match=r"fr\.tsv row \d+ has \d fields instead of 4; get folder"):
        bmlama.read(languages=["fr"], source=copy)
    (copy / "fr.tsv").write_bytes(text.encode("utf-16"))
    with pytest.raises(CalmError, match=r"fr\.tsv is not UTF-8"):
        bmlama.read(languages=["fr"], source=copy)
    (copy / "fr.tsv").write_text(text.split("\n", 1)[1], encoding="utf-8")
    with pytest.raises(CalmError, match=r"fr\.tsv does not begin with the header"):
        bmlama.read(languages=["fr"], source=copy)


def test_without_network_both_ways_are_named(monkeypatch):
    monkeypatch.delenv("BMLAMA17_DIR", raising=False)
    with pytest.raises(CalmError, match=r"JRQi/BMLAMA17.*cannot be loaded.*let BMLAMA17_DIR name it"):
        bmlama.read()


def test_the_hubs_layout_gives_the_same_facts(bmlama17, tmp_path):
    """The Hub's copy has candidates as a written-out list."""
    configs = []
    for language in ("en", "ko"):
        facts = bmlama._read_tsv(bmlama17 / f"{language}.tsv")
        rows = [
            {"Prompt": fact.stem, "Ans": fact.gold, "Candidate Ans": str(list(fact.options)), "Subject": ""}
            for fact in facts
        ]
        (tmp_path / f"{language}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        configs.append(f"- config_name: {language}\n  data_files:\n  - split: test\n    path: {language}.jsonl\n")
    (tmp_path / "README.md").write_text("---\nconfigs:\n" + "".join(configs) + "---\n", encoding="utf-8")
    assert (
        bmlama.read(languages=["en", "ko"], source=tmp_path).rows
        == bmlama.read(languages=["en", "ko"], source=bmlama17).rows
    )
