"""Corpora: read row by row, whatever they lie in, and split into passages; repeats are found.

for document in read(["passages.jsonl"]):
    print(document.title)
"""

from retrieval.corpus.documents import Columns, Document, Tally
from retrieval.corpus.reading import read

__all__ = ["Columns", "Document", "Tally", "read"]
