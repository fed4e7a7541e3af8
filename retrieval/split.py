"""Split documents into passages at the ends of paragraphs and sentences, in any script (`semantic-text-splitter`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from retrieval.corpus import Document

LENGTH = 1000  # characters of a passage: about 200 tokens of the default encoder, which reads 512
DENSE_LENGTH = 350  # where a character is about a syllable or a word: Chinese, Japanese, Korean
SAMPLE = 2000


@dataclass(frozen=True)
class Passage:
    """A piece of a document that is found and read as a whole.

    Attributes:
        passage_id: the document's id, with `#2` and so on for its second passage.
        language: BCP 47 tag.
        title: the document's, may be empty.
        text: one or more sentences.
        source: the file or data set.
    """

    passage_id: str
    language: str
    title: str
    text: str
    source: str


def split(documents: Iterable[Document], length: int = LENGTH) -> Iterator[Passage]:
    """Split documents, in their order.

    Args:
        documents: what `retrieval.corpus.read` yields.
        length: the most characters of a passage; of one in a dense script, about a third of it.
    """
    for document in documents:
        whole = Passage(document.identity, document.language, document.title, document.text.strip(), document.source)
        limit = max(1, length * DENSE_LENGTH // LENGTH) if dense(document.text) else length
        if len(whole.text) <= limit:
            yield whole
            continue
        for number, text in enumerate(_splitter(limit).chunks(whole.text), start=1):
            yield replace(whole, text=text, passage_id=whole.passage_id + (f"#{number}" if number > 1 else ""))


def dense(text: str) -> bool:
    """Whether most letters of a text are wide (Chinese, Japanese, Korean): it takes fewer characters to say a thing."""
    letters = [character for character in text[:SAMPLE] if character.isalpha()]
    return 2 * sum(unicodedata.east_asian_width(letter) in "WF" for letter in letters) > len(letters)


@cache
def _splitter(length: int):  # type: ignore[no-untyped-def]
    from semantic_text_splitter import TextSplitter

    return TextSplitter(length)
