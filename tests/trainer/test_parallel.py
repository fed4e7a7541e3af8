"""Translations and mixed texts: what is written, of which questions, within which budget, and without labels."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from calm_harness.errors import CalmError
from calm_harness.prompts.languages import LANGUAGES
from calm_harness.questions import load
from trainer import mixed, translations
from trainer.parallel import budget, make
from trainer.parallel import mixed as mixing
from trainer.parallel.arguments import MixedArguments, TranslationArguments
from trainer.parallel.instructions import INSTRUCTIONS
from trainer.parallel.sentences import joined, sentences
from trainer.parallel.texts import Parallel, of_set, read
from trainer.parallel.translations import demonstration, directions

SKY = Parallel(
    "stem",
    "q1",
    "q1",
    {"en": "What colour is the sky?", "fr": "De quelle couleur est le ciel ?", "zh": "天空是什么颜色？"},
    {"en": "What colour is the sky?", "fr": "De quelle couleur est le ciel ?", "zh": "天空是什么颜色？"},
)
BLUE = Parallel("option", "q1", "q1", {"en": "blue", "fr": "bleu", "zh": "蓝色"}, SKY.stems)
PASSAGE = Parallel(
    "passage",
    "q1",
    "q1-gold",
    {
        "en": "Air scatters light. Blue is scattered most.",
        "fr": "L’air diffuse la lumière. Le bleu est le plus diffusé.",
        "zh": "空气会散射光。蓝光散射得最多。",
    },
)


def rows_of(folder):
    return [json.loads(line) for line in (folder / "pairs.jsonl").read_text("utf-8").splitlines()]


# Translations ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "source", "target", "prompt", "completion"),
    [
        (
            SKY,
            "en",
            "fr",
            "Traduisez le texte suivant en français\u00a0:\n\nWhat colour is the sky?\n\n",
            "De quelle couleur est le ciel ?",
        ),
        (SKY, "en", "zh", "请将以下文本翻译成中文：\n\nWhat colour is the sky?\n\n", "天空是什么颜色？"),
        (BLUE, "zh", "en", "Translate the following text into English:\n\n蓝色\n\n", "blue"),
    ],
)
def test_the_instruction_is_in_the_language_of_the_completion(text, source, target, prompt, completion):
    row = demonstration(text, source, target, chat=False)
    assert (row["prompt"], row["completion"]) == (prompt, completion)
    assert (row["source_language"], row["language"], row["kind"]) == (source, target, text.kind)
    assert (row["question_id"], row["stem"], row["source_stem"]) == ("q1", SKY.texts[target], SKY.texts[source])


def test_a_translation_as_messages():
    row = demonstration(BLUE, "en", "fr", chat=True)
    asked = "Traduisez le texte suivant en français\u00a0:\n\nblue"
    assert row["prompt"] == [{"role": "user", "content": asked}]
    assert row["completion"] == [{"role": "assistant", "content": "bleu"}]


def test_english_is_one_side_of_every_translation():
    languages = ["fr", "en", "zh"]
    assert directions(languages, "en-xx") == [("en", "fr"), ("en", "zh")]
    assert directions(languages, "xx-en") == [("fr", "en"), ("zh", "en")]
    assert directions(languages, "both") == [("en", "fr"), ("en", "zh"), ("fr", "en"), ("zh", "en")]
    for missing in (["fr", "zh"], ["en"]):
        with pytest.raises(CalmError, match="translations are from or into English"):
            directions(missing, "both")


def test_every_language_of_the_prompts_asks_for_a_translation():
    assert INSTRUCTIONS.keys() == LANGUAGES.keys()
    for code, text in INSTRUCTIONS.items():
        assert text.endswith(LANGUAGES[code].colon), code
    assert len(set(INSTRUCTIONS.values())) == len(INSTRUCTIONS)


def test_what_is_the_same_in_both_languages_or_stands_twice_is_left_out():
    same = Parallel("option", "q2", "q2", {"en": "Berlin", "fr": "Berlin", "zh": "柏林"})
    twice = Parallel("option", "q3", "q3", {"en": "Berlin", "fr": "Berlin", "zh": "柏林"})
    left_out = Counter()
    arguments = TranslationArguments(parallel=[], output="")
    rows = list(make.translations.make([same, twice], arguments, left_out))
    assert [(row["question_id"], row["completion"]) for row in rows] == [("q2", "柏林")]
    assert left_out == {"the same in both languages": 2, "stands in another question too": 1}


def test_a_set_gives_its_training_questions_with_options_and_passages(tmp_path, capsys):
    argv = ["--parallel", "mini:train", "--languages", "en", "fr", "--output", str(tmp_path)]
    assert translations.main(argv) == 0
    rows = rows_of(tmp_path)
    assert {row["question_id"] for row in rows} == {f"mini-{number:03}" for number in range(1, 101)}
    assert Counter(row["kind"] for row in rows)["stem"] == 100
    assert Counter(row["kind"] for row in rows)["passage"] == 200
    first = next(
        row for row in rows if row["question_id"] == "mini-001" and row["completion"].startswith("Paris s’est")
    )
    assert first["prompt"].startswith("Traduisez le texte suivant en français\u00a0:\n\nParis grew ")
    said = capsys.readouterr().out
    assert "of 100 questions" in said
    assert "held out: mini:test (60 questions)" in said


def test_a_cloze_sentence_shows_a_gap():
    asked = load("mini", split="train", languages=["en", "fr"])
    cloze = replace(asked, rows=[replace(row, stem=f"<mask> {row.stem}") for row in asked.rows[:2]])
    (stem, *_) = of_set(cloze)
    assert stem.texts["en"] == f"____ {asked.rows[0].stem}"
    assert stem.stems["en"] == f"<mask> {asked.rows[0].stem}"


# Mixed texts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        ["It rains.", "Take a coat!", "Why?"],
        ["J. R. R. Tolkien wrote it.", "He said “no.”", "Then he left"],
        ["Am 3. Oktober war es 2.5 Grad, z.B. in Ulm.", "Dann nicht."],
        ["هل تمطر؟", "نعم.", "خذ معطفا."],
        ["वर्षा होती है।", "कोट लें।"],
        ["ฝนตก เอาเสื้อไป"],
    ],
)
def test_sentences_end_in_scripts_with_spaces(wanted):
    assert sentences(" \n".join(wanted)) == wanted


@pytest.mark.parametrize(
    "wanted", [["空气会散射光。", "“蓝光最多。”", "真的吗？"], ["しゃっくりは縮むと起こる。", "止まる。"]]
)
def test_sentences_end_in_scripts_without_spaces(wanted):
    assert sentences("".join(wanted)) == wanted


def test_a_space_parts_sentences_but_for_two_wide_characters():
    assert joined(["蓝光。", "天空。", "It rains.", "天空。", "Yes."]) == "蓝光。天空。 It rains. 天空。 Yes."


def test_sentences_change_language_and_stay_in_their_order():
    by_sentence = {language: sentences(text) for language, text in PASSAGE.texts.items()}
    arguments = MixedArguments(parallel=[], output="", max_tokens=1)  # which asks for all that there are
    rows = list(mixing.make([SKY, BLUE, PASSAGE], arguments, Counter()))
    for row in rows:
        first, second = row["languages"]
        assert first != second
        apart = "" if (first, second) == ("zh", "zh") else " "
        assert row["text"] == by_sentence[first][0] + apart + by_sentence[second][1]
    assert (rows[0]["question_id"], rows[0]["passage_id"], rows[0]["kind"]) == ("q1", "q1-gold", "passage")
    assert len(rows) == len({row["text"] for row in rows}) <= 6  # three languages and two sentences, never one language
    assert len(rows) > 2
    once = replace(arguments, max_tokens=None)
    assert list(mixing.make([PASSAGE], once, Counter())) == rows[:1]
    drawn = {
        str(row["languages"])
        for seed in range(40)
        for row in mixing.make([PASSAGE], replace(once, seed=seed), Counter())
    }
    assert len(drawn) == 6


def test_a_passage_in_which_languages_differ_in_sentences_is_left_out_and_counted():
    other = replace(PASSAGE, text_id="q2-gold", texts={**PASSAGE.texts, "fr": "L’air diffuse le bleu."})
    one = replace(PASSAGE, text_id="q3-gold", texts=dict.fromkeys(PASSAGE.texts, "Blue."))
    left_out = Counter()
    arguments = MixedArguments(parallel=[], output="")
    (row,) = mixing.make([PASSAGE, other, one], arguments, left_out)
    assert row["passage_id"] == "q1-gold"
    assert left_out == {
        "languages differ in their number of sentences": 1,
        "(otherwise than most: fr)": 1,
        "one sentence": 1,
    }
    with pytest.raises(CalmError, match=r"no passage is left \(languages differ in their number of sentences 1"):
        list(mixing.make([other], arguments, Counter()))
    whole = list(mixing.make([other, one], replace(arguments, unit="passage"), Counter()))
    found = {row["passage_id"]: (row["languages"], row["text"]) for row in whole}
    assert found.keys() == {"q2-gold", "q3-gold"}
    (language,), text = found["q2-gold"]
    assert text == other.texts[language]


def test_xquad_has_the_same_240_passages_in_every_language(xquad):
    found = read([f"{tag}={xquad / f'xquad.{tag}.json'}" for tag in ("en", "de", "zh")])
    assert len(found) == 240
    first = found[0]
    assert (first.kind, first.question_id, list(first.texts)) == (
        "passage",
        "56beb4343aeaaa14008c925b",
        ["en", "de", "zh"],
    )
    assert first.texts["en"].startswith("The Panthers defense gave up just 308 points, ranking sixth")
    assert first.texts["de"].startswith("Die Verteidigung der Panthers")


def squad(context, *question_ids):
    return {"data": [{"paragraphs": [{"context": context, "qas": [{"id": name} for name in question_ids]}]}]}


@pytest.mark.parametrize(
    ("german", "said"),
    [
        (squad("Es regnet.", "b"), "have not the same passages (a"),
        (squad("Es regnet."), "de.json paragraph 0 is not of SQuAD's form"),
        (squad(7, "a"), "de.json paragraph 0 is not of SQuAD's form"),
        ({"data": squad("Es regnet.", "a")["data"] * 2}, "de.json paragraph 1: question a stands twice"),
        ([], "de.json paragraph 0 is not of SQuAD's form"),
    ],
)
def test_files_that_are_no_parallel_passages_are_one_line(german, said, tmp_path, capsys):
    for tag, document in (("en", squad("It rains.", "a")), ("de", german)):
        (tmp_path / f"{tag}.json").write_text(json.dumps(document), "utf-8")
    named = [f"{tag}={tmp_path / tag}.json" for tag in ("en", "de")]
    assert mixed.main(["--parallel", *named, "--output", str(tmp_path / "out")]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line
    assert not (tmp_path / "out/pairs.jsonl").exists()


# The budget -----------------------------------------------------------------------------------------------------------


def test_a_budget_is_filled_in_order_and_never_passed():
    rows = [({"text": name}, count) for name, count in (("a", 4), ("b", 3), ("c", 5), ("d", 1))]
    assert budget.within(rows, 7) == ([{"text": "a"}, {"text": "b"}], 7)
    assert budget.within(rows, 11) == ([{"text": "a"}, {"text": "b"}], 7)
    assert [row["text"] for row in budget.within(rows, 13)[0]] == ["a", "b", "c", "d"]
    with pytest.raises(CalmError, match="max_tokens is 14, and all texts have 13; take 13 or less for all arms"):
        budget.within(rows, 14)
    with pytest.raises(CalmError, match="max_tokens is 3, and the first text alone has more"):
        budget.within(rows, 3)


@pytest.mark.parametrize("command", [translations, mixed])
def test_a_budget_counts_the_tokens_that_are_learned(command, offline_model, tmp_path, capsys):
    from transformers import AutoTokenizer

    argv = ["--parallel", "mini:train", "--output", str(tmp_path), "--max_tokens", "2000", "--seed", "1"]
    argv += ["--tokenizer", str(offline_model)]
    assert command.main(argv) == 0
    tokenizer = AutoTokenizer.from_pretrained(offline_model)
    side = "completion" if command is translations else "text"
    lengths = [len(tokenizer.encode(row[side], add_special_tokens=False)) + 1 for row in rows_of(tmp_path)]
    told = json.loads((tmp_path / "summary.json").read_text("utf-8"))["tokens"]
    assert told == sum(lengths)
    assert 1800 < told <= 2000
    assert f"{told} tokens to learn" in capsys.readouterr().out
    before = (tmp_path / "pairs.jsonl").read_bytes()
    assert command.main(argv) == 0
    assert (tmp_path / "pairs.jsonl").read_bytes() == before
    assert command.main([*argv, "--seed", "2"]) == 0
    assert (tmp_path / "pairs.jsonl").read_bytes() != before


def test_mixed_texts_are_drawn_anew_until_the_budget_is_full(offline_model, tmp_path):
    argv = ["--parallel", "mini:train", "--output", str(tmp_path), "--max_tokens", "15000"]
    assert mixed.main([*argv, "--tokenizer", str(offline_model)]) == 0
    rows = rows_of(tmp_path)
    by_passage = Counter(row["passage_id"] for row in rows)
    assert max(by_passage.values()) > 1
    assert len(by_passage) == 187  # of 200, in all eight languages
    assert len({row["text"] for row in rows}) == len(rows)


# Labels, and what is evaluated ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [TranslationArguments, MixedArguments])
def test_labels_decide_nothing(kind, tmp_path):
    asked = load("mini", split="train")
    unlabelled = replace(asked, rows=[replace(row, answer=-1, gold_passages=(), rationale=None) for row in asked.rows])
    written = []
    for name, question_set in (("with", asked), ("without", unlabelled)):
        arguments = kind(parallel=["mini:train"], output=str(tmp_path / name))
        (tmp_path / name).mkdir()
        make.make_folder(arguments, list(of_set(question_set)))
        files = {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        files["summary.json"] = files["summary.json"].replace(str(tmp_path / name).encode(), b"")
        written.append(files)
    assert written[0].keys() == {"pairs.jsonl", "pairs.parquet", "summary.json"}
    assert written[0] == written[1]


@pytest.mark.parametrize("command", [translations, mixed])
def test_questions_of_a_test_are_refused(command, tmp_path, capsys):
    assert command.main(["--parallel", "mini:test", "--output", str(tmp_path / "out")]) == 1
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer."))
    assert " questions of these pairs are in mini:test: mini-1" in line
    assert line.endswith("take them out (--questions names those to keep)")
    assert not (tmp_path / "out/pairs.jsonl").exists()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--parallel", "mini"], "--parallel mini: which split is trained on? write mini:train"),
        (["--parallel", "mini:train", "--languages", "fr", "de"], "translations are from or into English"),
        (["--parallel", "mini:train", "--max_tokens", "9"], "max_tokens counts a model's tokens; name it"),
        (["--parallel", "mini:train", "--max_tokens", "9", "--tokenizer", "./no"], "tokenizer ./no cannot be loaded"),
        (["--parallel", "en=a.json", "en=b.json"], "en is named twice"),
        (["--parallel", "en=nowhere.json"], "nowhere.json is missing; get data/ of github.com/google-deepmind/xquad"),
        (["--parallel", "mini:train", "--questions", "ids"], "no text is left"),
        (
            ["--parallel", "mini:train", "--questions", "more"],
            "--questions: 1 are in none of mini:train, the first is m",
        ),
    ],
)
def test_bad_input_is_one_line(argv, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ids").write_text("mini-101\n", "utf-8")
    (tmp_path / "more").write_text("mini-001\nmini-101\n", "utf-8")
    assert translations.main([*argv, "--output", "out"]) == 1
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("trainer."))
    assert said in line


def test_a_folder_of_pairs_is_not_written_over(tmp_path, capsys):
    (tmp_path / "llama_factory").mkdir()
    assert translations.main(["--parallel", "mini:train", "--output", str(tmp_path)]) == 1
    assert "holds pairs of trainer.pairs, under the same names; name another --output" in capsys.readouterr().err


def test_a_set_without_passages_cannot_be_mixed():
    with pytest.raises(CalmError, match="these sets have no passages; name XQuAD's files"):
        list(mixing.make([SKY, BLUE], MixedArguments(parallel=[], output=""), Counter()))
