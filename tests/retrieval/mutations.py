"""Open and use an index folder again and again, each time with other bytes in one of its files.

python -m tests.retrieval.mutations FOLDER FILE COUNT SEED

What comes of it is printed as JSON: how often the file was refused, was found the same, or another. Whatever else
happens ends the process, which a test sees.
"""

import json
import random
import struct
import sys
from collections import Counter
from pathlib import Path

from retrieval.errors import RetrievalError
from retrieval.index import Index
from tests.retrieval.small import drawn, put

NUMBERS = (0, 1, -1, -2, 16, 17, 299, 300, 2**31 - 1, -(2**31), 2**33, 2**61, 2**63 - 1, -(2**63))


def mutated(data, draw):
    """Flip bits, write numbers, cut, move: a few of these, half of them near the ends, where a file's structure is."""
    found = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        near = draw.random() < 0.5
        place = draw.choice((draw.randrange(700), -1 - draw.randrange(700))) if near else draw.randrange(len(data))
        place %= max(1, len(found) - 8)
        number = struct.pack("<q", draw.choice(NUMBERS))
        how = draw.randrange(6)
        if how <= 1:
            found[place] ^= 1 << draw.randrange(8)
        elif how == 2:
            found[place : place + 4] = number[:4]
        elif how == 3:
            found[place : place + 8] = number
        elif how == 4:
            start = draw.randrange(len(found) - 8)
            found[place : place + 8] = found[start : start + 8]
        else:
            del found[place : place + draw.choice((1, 4, 8, len(found)))]
        found = found.ljust(16, b"\0")
    return bytes(found)


def used(folder):
    """Do with an index what a search, a task and the guard do."""
    index, queries = Index.open(folder), drawn(3, seed=1)
    found = [[each.tolist() for each in index.nearest(queries, 5, tag)] for tag in (None, "en")]
    return [found, index.search_vectors(queries, 3), list(index), index.passages(["p3"], "fr"), index.holds_any(["p3"])]


def main(folder, name, count, seed):
    """Mutate, open, use, count."""
    draw, outcomes = random.Random(seed), Counter()
    data, expected = (folder / name).read_bytes(), used(folder)
    for _ in range(count):
        other = mutated(data, draw)
        put(folder, name, other)
        try:
            outcomes["same" if used(folder) == expected else "other"] += 1
        except RetrievalError as error:
            outcomes["refused" if str(error).isprintable() else "refused in several lines"] += 1
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
