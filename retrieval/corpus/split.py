"""Split documents into passages at the ends of paragraphs and sentences, in any script (`semantic-text-splitter`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from retrieval.corpus.documents import Document

LENGTH = 1000  # characters of a passage: about 200 tokens of the default encoder, which reads 512
DENSE_LENGTH = 350  # where a character is about a syllable or a word: Chinese, Japanese, Korean
SAMPLE = 2000
WHOLE = 32  # passages' lengths up to which a text is split in one go; the time that takes grows with its square
WINDOW = 5  # passages' lengths that are looked at together in a longer one
BORDER = 2  # passages' lengths at the end of a window, in which what follows it may decide where a passage ends
SHORTEST = 250  # characters: with shorter passages, windows are as long as with these


@dataclass(frozen=True)
class Passage:
    """A piece of a document that is found and read as a whole.

    Attributes:
        passage_id: the document's id, with `#2` and so on for its second passage.
        language: BCP 47 tag.
        title: the document's, may be empty.
        text: one or more sentences.
        source: the file or data set.
        document: the document's id; None where it is not known, in an index of an earlier version.
        piece: which piece of the document it is, from 1; None likewise.
    """

    passage_id: str
    language: str
    title: str
    text: str
    source: str
    document: str | None = None
    piece: int | None = None


def split(documents: Iterable[Document], length: int = LENGTH) -> Iterator[Passage]:
    """Split documents, in their order.

    Args:
        documents: what `retrieval.corpus.read` yields.
        length: the most characters of a passage; of one in a dense script, about a third of it.
    """
    for document in documents:
        whole = Passage(
            passage_id=document.identity,
            language=document.language,
            title=document.title,
            text=document.text.strip(),
            source=document.source,
            document=document.identity,
            piece=1,
        )
        limit = max(1, length * DENSE_LENGTH // LENGTH) if dense(document.text) else length
        if len(whole.text) <= limit:
            yield whole
            continue
        for number, text in enumerate(_pieces(whole.text, limit), start=1):
            passage_id = whole.passage_id + (f"#{number}" if number > 1 else "")
            yield replace(whole, text=text, passage_id=passage_id, piece=number)


def dense(text: str) -> bool:
    """Whether most letters of a text are wide (Chinese, Japanese, Korean): it takes fewer characters to say a thing."""
    letters = [character for character in text[:SAMPLE] if character.isalpha()]
    return 2 * sum(unicodedata.east_asian_width(letter) in "WF" for letter in letters) > len(letters)


def _pieces(text: str, length: int) -> Iterator[str]:
    """Split a text, in time that grows with its length alone.

    The library makes one piece after the other, each as long as it may be, and to make one it looks at all of the
    sentence that it begins in: in a text without ends of sentences or without spaces, at all that is left. So a long
    text is split window by window, and each window begins where the first piece began that the last one left undone.
    """
    splitter = _splitter(length)
    unit = max(length, SHORTEST)
    start, width = 0, WINDOW * unit
    while len(text) - start > max(width, WHOLE * unit):
        pieces = splitter.chunk_indices(text[start : start + width])
        sure = next((number for number, (place, _) in enumerate(pieces) if place >= width - BORDER * unit), 0)
        if not sure:  # white space, for the most part
            width *= 2
            continue
        yield from (piece for _, piece in pieces[:sure])
        start, width = start + pieces[sure][0], WINDOW * unit
    yield from splitter.chunks(text[start:])


@cache
def _splitter(length: int):  # type: ignore[no-untyped-def]
    from semantic_text_splitter import TextSplitter

    return TextSplitter(length)
