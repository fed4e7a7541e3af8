"""What a language says around an answer: a row of words, by which `calm_harness.answers` recognises it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one language says around an answer.

    Attributes:
        code: BCP 47 tag.
        answer: "answer" and what else announces one.
        option: "option", "choice", in the singular: the plural announces a list, not an answer.
        good: What the answer is said to be: right, best, most plausible.
        copula: Verbs and particles between "the answer" and what it is.
        negation: Words that turn a commitment into its opposite.
        filler: Words that may stand in between without changing the meaning: articles, "therefore", "most likely".
        join: "and", "or".
        clause: Words that begin a reason or a remark, and so end the answer before them.
        choose: "I choose" and its like, for the first person: a commitment without "the answer is".
        refusal: "none of the above", "cannot be determined".
        aside: "other", "wrong": what sets an option aside, as in "none of the other options", "the wrong answer is".
        would: Words by which something is said of what is not so: "A would be right for the hungry".
        condition: Words that begin a condition: "option A is when one is hungry".
        single: Words of one letter that a sentence can begin with: "A hospital" names no option A.
        articles: Articles, which an option's text may have or lack.
        outer: What else may stand before a short answer's noun or not: prepositions, and what is written onto a noun,
            with an apostrophe or a tatweel in the noun's place.
    """

    code: str
    answer: str
    option: str = ""
    good: str = ""
    copula: str = ""
    negation: str = ""
    filler: str = ""
    join: str = ""
    clause: str = ""
    choose: str = ""
    refusal: str = ""
    aside: str = ""
    would: str = ""
    condition: str = ""
    single: str = ""
    articles: str = ""
    outer: str = ""
