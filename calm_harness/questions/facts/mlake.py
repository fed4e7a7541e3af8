"""MLaKE (https://arxiv.org/abs/2404.04990): edits in five languages, and two-hop questions, in a user's own copy.

As https://github.com/Hi-archers/MLaKE has them: `single_hop/qa/{language}_qa.json`, a list of rows with `question`,
`o_answer`, `o_answer_aliases`, `e_prompt`, `e_answer` and `e_answer_aliases`, parallel but without ids, so they are
aligned by content; and `multi_hop/qa/new_{language}_qa.json`, rows with `question`, `e_prompt`, `e_answer` and
`e_answer_aliases`. There `e_prompt` is English in all languages: it says which row of the English single hop is edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calm_harness.errors import CalmError
from calm_harness.files import read_json_rows
from calm_harness.questions.align import align
from calm_harness.questions.align.evidence import Item
from calm_harness.questions.facts.copies import folder_of, text, texts
from calm_harness.questions.facts.fact import Fact, FactSet, Question, others, question
from calm_harness.questions.schema import Source, digest, normalise
from calm_harness.questions.selection import choose_languages

LANGUAGES = ("en", "zh", "ja", "fr", "de")
REMEDY = "clone https://github.com/Hi-archers/MLaKE and name the clone, or its folder dataset"


@dataclass(frozen=True)
class _Row:
    """A row of a file; of a two-hop question nothing is `old`.

    Attributes:
        olds: what else the old answer is called.
        news: what else the new one is.
    """

    stem: str
    statement: str
    old: str
    new: str
    olds: tuple[str, ...]
    news: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Tell whether nothing is missing, and something is new: neither answer is a name of the other."""
        return all((self.stem, self.statement, self.old, self.new)) and not _same(
            (self.old, *self.olds), (self.new, *self.news)
        )

    def is_further(self, edited: _Row) -> bool:
        """Tell whether this two-hop question asks for something else than what an edit says."""
        return not _same((self.new, *self.news), (edited.new, *edited.news))


def _same(names: Sequence[str], others: Sequence[str]) -> bool:
    """Tell whether one of two answers, each with its other names behind it, is called what the other is."""
    own, beside = ([normalise(name) for name in each] for each in (names, others))
    return own[0] in beside or beside[0] in own


def read(split: str | None, languages: Sequence[str] | None, source: Source, seed: int) -> FactSet:
    """Read a copy.

    Options are the old answer, the new one, and old answers of three other facts. A two-hop question's are its own
    answer, and those of three other two-hop questions: which answer it had before the edit, the files do not say. One
    that is answered by what the edit says takes no second step, and is left out.

    Raises:
        CalmError: files are missing or damaged, or are no translations of each other.
    """
    if split is not None:
        raise CalmError(f"mlake has no splits; leave {split!r} out")
    folder = folder_of(source, "mlake", REMEDY)
    tags = choose_languages("mlake", languages, LANGUAGES)
    english = _rows(folder, "en")
    aligned = {tag: _aligned(folder, english, tag) for tag in tags}
    facts: list[Fact] = []
    ids: dict[str, int] = {}  # of equal rows the first
    for number, row in enumerate(english):
        if all(number in rows and rows[number].whole for rows in aligned.values()):
            ids.setdefault(digest(row.stem, row.statement)[:12], number)
    kept = list(ids.values())
    hops, lost = _hops(folder, aligned, english, seed)
    for name, number in ids.items():
        rows = {tag: aligned[tag][number] for tag in tags}
        taken = [[row.old, row.new, *row.olds, *row.news] for row in rows.values()]
        drawn = others(
            f"{seed}/{name}/others", len(kept), lambda at: [aligned[tag][kept[at]].old for tag in tags], taken
        )
        asked = {
            tag: question(tag, row.stem, [row.old, row.new, *(aligned[tag][kept[at]].old for at in drawn)])
            for tag, row in rows.items()
        }
        statements = {tag: row.statement for tag, row in rows.items()}
        own = {tag: tuple(found[number]) for tag, found in hops.items() if number in found}
        facts.append(Fact(f"mlake-{name}", statements, asked, own))
    out = len(english) - len(facts)
    notes = (
        [f"{out} of {len(english)} facts are not whole in all these languages, or twice there; left out"] if out else []
    )
    notes += [
        f"{count} two-hop questions in {tag} are of no such fact, or answered by what it says; left out"
        for tag, count in lost.items()
        if count
    ]
    return FactSet("mlake", tags, tuple(facts), "pmi", tuple(notes))


def _rows(folder: Path, tag: str) -> list[_Row]:
    path = _file(folder, "single_hop", f"{tag}_qa.json")
    if path is None:
        raise CalmError(f"{folder} has no single_hop/qa/{tag}_qa.json; {REMEDY}")
    rows = []
    for number, row in enumerate(read_json_rows(path, REMEDY)):
        where = f"{path} row {number}"
        stem, statement, old, new = (
            text(row, name, where) for name in ("question", "e_prompt", "o_answer", "e_answer")
        )
        olds, news = (tuple(texts(row, name)) for name in ("o_answer_aliases", "e_answer_aliases"))
        rows.append(_Row(stem, statement, old, new, olds, news))
    return rows


def _file(folder: Path, hops: str, name: str) -> Path | None:
    places = [base / hops / inner / name for base in (folder, folder / "dataset") for inner in ("qa", "")]
    return next((path for path in places if path.is_file()), None)


def _aligned(folder: Path, english: Sequence[_Row], tag: str) -> dict[int, _Row]:
    """Numbers of the English rows -> the same facts in another language."""
    if tag == "en":
        return dict(enumerate(english))
    rows = _rows(folder, tag)
    left, right = ([Item(row.stem, (row.old, row.new)) for row in side] for side in (english, rows))
    pairs = align(left, right, ("single_hop/qa/en_qa.json", f"single_hop/qa/{tag}_qa.json"))
    return {number: rows[place] for number, place in pairs.items()}


def _hops(
    folder: Path, aligned: Mapping[str, Mapping[int, _Row]], english: Sequence[_Row], seed: int
) -> tuple[dict[str, dict[int, list[Question]]], dict[str, int]]:
    """By language: numbers of the English rows -> two-hop questions; and how many are of none, or no step further."""
    number_of = {row.statement: number for number, row in reversed(list(enumerate(english)))}
    found: dict[str, dict[int, list[Question]]] = {}
    lost: dict[str, int] = {}
    for tag, facts in aligned.items():
        path = _file(folder, "multi_hop", f"new_{tag}_qa.json")
        if path is None:
            continue
        rows = [_hop(row, f"{path} row {number}") for number, row in enumerate(read_json_rows(path, REMEDY))]
        answers = sorted({row.new for row in rows})
        texts_of = [[answer] for answer in answers].__getitem__
        found[tag], lost[tag] = {}, 0
        for row in rows:
            number = number_of.get(row.statement)
            edited = None if number is None else facts.get(number)
            draw = f"{seed}/{row.statement}/{row.stem}/hop"
            drawn = others(draw, len(answers), texts_of, [[row.new, *row.news]])
            is_asked = row.stem and row.new and drawn
            if number is None or edited is None or not is_asked or not row.is_further(edited):
                lost[tag] += 1
            else:
                options = [row.new, *(answers[at] for at in drawn)]
                found[tag].setdefault(number, []).append(question(tag, row.stem, options))
    return found, lost


def _hop(row: dict[str, object], where: str) -> _Row:
    stem, statement, new = (text(row, name, where) for name in ("question", "e_prompt", "e_answer"))
    return _Row(stem, statement, "", new, (), tuple(texts(row, "e_answer_aliases")))
