"""What each metric is, in a line: on the page, wherever its name stands."""

from __future__ import annotations

MEANINGS = {
    "acc": "share of right answers over all languages; no answer counts as wrong",
    "em": "share of free answers that are right and in the language asked for",
    "other_language": "share of free answers that are right, but in another language than was asked for",
    "consistency": "equal pairs of languages among a question's valid answers; mean over questions",
    "consistency_strict": "equal pairs among all pairs of a question's languages, where no answer equals nothing",
    "consistency_all": "share of questions with one and the same valid answer in all languages",
    "correct_all": "share of questions that are right in all languages",
    "correct_any": "share of questions right in at least one language; each language adds some by chance alone",
    "potential": "share of questions that are right in any language minus the accuracy of the best language",
    "potential_chance": "the potential if the languages were right independently of each other",
    "alpha": "Krippendorff's alpha: agreement beyond chance",
    "kappa_strict": "Fleiss' kappa where an answer that cannot be read agrees with none: agreement beyond chance",
    "rankc": "RankC: how alike the languages rank the options",
    "rankc_chance": "the RankC of rankings that are drawn at random",
    "margin": "lead of the best option over the next ÷ lead over the last: how sure a model is, without labels",
    "majority_acc": "accuracy of the vote over languages; a tie counts as wrong",
    "tied": "share of questions whose vote over languages is a tie",
    "pivot_gap": "English accuracy minus the mean of the other languages",
    "position_entropy": "how evenly answers are spread over the positions of options: 0 is one place, 1 an even spread",
    "invalid": "share of answers that cannot be read as any option; of free answers, that name none",
    "truncated": "share of responses that were cut at the token limit",
    "unfinished": "share of responses whose thoughts never end; they are invalid, too",
    "transfer": "of questions right in one language the share right in another as well",
    "lift": "how far transfer is above independence: 0 where languages are independent, 1 where all is carried over",
    "overlap": "of questions right in either of two languages the share right in both",
}
"""Metrics in the order of `calm_harness.metrics.METRICS`, then what pairs of languages have."""
