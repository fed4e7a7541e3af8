"""What `calm score` prints of pairs of languages."""

from calm_harness.cli.score import render
from calm_harness.predictions import Prediction
from calm_harness.predictions.scoring import score

RIGHT = {"en": "1110", "de": "1000", "zh": "0000", "xx": "1111"}


def printed(right):
    rows = [
        Prediction(language, "", ("a", "b", "c"), 0, (0 if told == "1" else 1,), str(number))
        for language, line in right.items()
        for number, told in enumerate(line)
    ]
    result = score([rows])
    return result, render(result).splitlines()


def after(lines, start, count):
    place = next(number for number, line in enumerate(lines) if line.startswith(start))
    return lines[place + 1 : place + 1 + count]


def test_a_table_goes_from_line_to_column():
    result, lines = printed(RIGHT)
    assert after(lines, "transfer by pair of languages: right in the column's language, of questions", 5) == [
        "         en     de     zh     xx",
        "en        -  0.333  0.000  1.000",
        "de    1.000      -  0.000  1.000",
        "zh        -      -      -      -",  # nothing is right in Chinese: no transfer to speak of, and not none
        "xx    0.750  0.250  0.000      -",
    ]
    assert result["pairwise"]["transfer"]["en"]["de"]["questions"] == 3


def test_a_long_tag_stands_apart_from_its_neighbours():
    _, lines = printed({"zh-Hant": "1110", "sr-Latn": "1000", "en": "1100"})
    assert after(lines, "overlap by pair of languages", 4) == [
        "          zh-Hant  sr-Latn       en",
        "zh-Hant         -    0.333    0.667",
        "sr-Latn     0.333        -    0.500",
        "en          0.667    0.500        -",
    ]


def test_languages_have_a_script_and_a_family_or_are_said_to_have_none():
    result, lines = printed(RIGHT)
    assert after(lines, "language  script  family", 5) == [
        "en        Latn    Indo-European",
        "de        Latn    Indo-European",
        "zh        Hans    Sino-Tibetan",
        "xx        -       -",
        "script or family is not known of xx, whose pairs are not counted with it",
    ]
    assert result["kinds"]["zh"] == {"script": "Hans", "family": "Sino-Tibetan"}


def test_pairs_are_counted():
    _, lines = printed(RIGHT)
    cells = {line[:36].strip(): line[36:].split()[:2] for line in after(lines, "mean over pairs of languages", 18)}
    assert cells["transfer, same script"] == ["2", "0.667"]  # (1/3 + 1) / 2
    assert cells["transfer, other script"] == ["2", "0.000"]  # to Chinese; from it there is nothing to be seen
    assert cells["transfer, same minus other script"][0] == "0.667"
    assert cells["consistency, same family"] == ["1", "0.500"]


def test_one_language_has_no_pairs():
    _, lines = printed({"en": "1010"})
    assert not any("pair" in line for line in lines)
