"""How the rules are written: patterns over the kinds of tokens, by their names.

    pattern("(?<! not ) answer good*+ [^ newline . letter ]{0,10}? is (?= letter )")    # the answer is most likely B

A response is cut into tokens, each token has a kind, each kind a character, and a rule is a regular expression over
these: its time grows with the length of the response, and no rule knows a language. Names stand for kinds, blanks mean
nothing, and marks stand for themselves: ( ) for brackets, quotation marks that open and close, and tags, " for the
other ones, : for arrows too, J for / & + too, ! for ? and ; too, - for dashes and whatever else is a mark.
"""

import re

KINDS = {
    "letter": "L",  # of an option, in whatever alphabet
    "text": "T",  # of an option
    "answer": "N",  # and "solution"
    "option": "O",  # and "choice"
    "good": "G",  # "correct", "best"
    "is": "I",
    "choose": "V",  # "I choose"
    "not": "X",
    "refusal": "R",  # "none of the above"
    "other": "E",  # and "wrong", "the rest"
    "and": "J",  # and "or"
    "because": "B",  # and "but", "if": what follows is a remark
    "question": "Q",
    "filler": "F",  # words without weight: "the", "therefore"
    "word": "w",  # any other
    "maybe_text": "t",  # a word of another kind that is also an option's text
    "maybe_letter": "n",  # one that is also a letter of another alphabet
    "number": "d",
    "maybe_word": "l",  # a Latin letter that is also a word: "A"
    "newline": r"\n",
}
_NAME = re.compile(rf"(?<![\w<\\])(?:{'|'.join(sorted(KINDS, key=len, reverse=True))})(?![\w>])")


def pattern(text: str) -> re.Pattern[str]:
    """Compiles a rule's pattern; blanks in it mean nothing."""
    return re.compile(re.sub(r"\s+", "", _NAME.sub(lambda name: KINDS[name[0]], text)))
