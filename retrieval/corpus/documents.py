"""What a corpus consists of, before it is split."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """A row of a corpus, before it is split.

    Attributes:
        identity: its id in the corpus, or file and row.
        language: BCP 47 tag, `und` where nothing says it.
        title: may be empty; like the text in Unicode's composed form (NFC).
        text: never blank; the title, where the row has no other text.
        source: the file or data set.
    """

    identity: str
    language: str
    title: str
    text: str
    source: str


@dataclass(frozen=True)
class Columns:
    """The names of a corpus's columns, where they are not the usual ones."""

    text: str | None = None
    title: str | None = None
    language: str | None = None
    identity: str | None = None


@dataclass
class Tally:
    """What was not as usual in the rows that were read.

    Attributes:
        empty: rows and files that were left out, since they have neither text nor title.
        first_empty: file and row of the first of them.
        titles: rows whose title was taken as their text, since they have no other.
    """

    empty: int = 0
    first_empty: str = ""
    titles: int = 0

    def leave_out(self, where: str) -> None:
        """Count a row without text and title."""
        self.empty += 1
        self.first_empty = self.first_empty or where
