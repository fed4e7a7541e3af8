"""`medqa` and `xcsqa` from the real release, and what happens when its files are damaged."""

import dataclasses
import json
import shutil

import pytest

from calm_harness.errors import CalmError
from calm_harness.questions import few_shot_pool, load
from calm_harness.questions.sets.release import find_folder, read_samples

EN2CN = "data/medqa/test/test_sft_en_q_1000/all_test_en2cn.json"
X_EN = "data/xcsqa/test/x_csqa_en_test.json"
X_JA = "data/xcsqa/test/x_csqa_ja_test.json"


def kinds(question_set):
    return [finding.kind for finding in question_set.findings]


def test_english_medqa_aligns_whole(medqa_en):
    found = medqa_en
    assert found.languages == ("en", "zh", "fr")
    assert found.read == {"en": 1000, "zh": 1001, "fr": 1000}
    assert len(found.rows) == 3000
    assert all(len({row.answer for row in question}) == 1 for question in found.questions())
    repaired = [(finding.source, finding.message) for finding in found.findings if finding.kind == "repaired"]
    assert ("all_test_en2cn.json row 298", "doubles row 297; dropped") in repaired
    assert {"unparsed", "unaligned"}.isdisjoint(kinds(found))


def test_zipped_by_position_it_would_be_476(calm_release):
    folder = calm_release / "data/medqa/test/test_sft_en_q_1000"
    letters = [
        [row["output"][1] for row in json.loads((folder / f"all_test_{name}.json").read_text("utf-8"))]
        for name in ("native_en", "en2cn", "en2fr")
    ]
    assert sum(len(set(golds)) == 1 for golds in zip(*letters, strict=False)) == 476


@pytest.mark.parametrize("name", ["medqa", "xcsqa"])
def test_without_its_labels_a_set_is_the_same_but_hidden(name, calm_release, tmp_path):
    """Alignment, repairs, ids and options read no label."""
    for path in calm_release.glob(f"data/{name}/test/**/*.json"):
        rows = json.loads(path.read_text("utf-8"))
        for row in rows:
            del row["output"]
        target = tmp_path / path.relative_to(calm_release)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    labelled, hidden = load(name, source=calm_release), load(name, source=tmp_path)
    assert {row.answer for row in hidden.rows} == {-1}
    assert [dataclasses.replace(row, answer=-1) for row in labelled.rows] == hidden.rows


def test_medqa_has_english_questions_first_then_chinese(calm_release):
    found = load("medqa", source=calm_release, languages=["en", "zh"])
    assert found.split == "test"
    assert found.rows[0].stem.startswith("A junior orthopaedic surgery resident")
    assert found.rows[2000].stem.startswith("When it is confirmed through investigation")
    chinese = load("medqa", split="test_zh", source=calm_release)
    assert chinese.rows[0].question_id == found.rows[2000].question_id
    assert (
        chinese.rows[0].stem == "When it is confirmed through investigation that there is an epidemic of nosocomial "
        "infection, the time when the hospital should report it to the local health administration department is ( )."
    )


def test_xcsqa_train_is_whole(xcsqa_train):
    found = xcsqa_train
    assert found.languages == ("en", "zh", "fr", "de", "it", "ja")
    assert len(found.rows) == 899 * 6
    assert {len(row.options) for row in found.rows} == {5}
    assert [(f.kind, f.language) for f in found.findings] == [
        ("aligned", tag) for tag in ("zh", "fr", "de", "it", "ja")
    ]
    assert all("by order: 899 pairs, evidence " in f.message for f in found.findings)
    assert all(len({row.answer for row in question}) == 1 for question in found.questions())
    german = next(row for row in found.rows if row.language == "de")
    assert german.stem == (
        "Die Zahnarztpraxis hatte viele Patienten mit traumatischen Verletzungen im Mund, woher kamen diese Patienten?"
    )
    assert german.options == ("Stadt", "michigan", "Krankenhaus", "Schulen", "Bürogebäude")
    assert german.prompt.startswith("Beantworten Sie die Multiple-Choice-Frage.")
    assert german.prompt.endswith("E. Bürogebäude\nAnswer:\nAntwort:")


def test_an_id_does_not_depend_on_the_languages_asked_for(calm_release):
    whole = load("xcsqa", source=calm_release)
    japanese = load("xcsqa", source=calm_release, languages=["ja"])
    assert [row.question_id for row in japanese.rows] == [row.question_id for row in whole.rows if row.language == "ja"]


def test_options_are_permuted_alike_in_all_languages(calm_release):
    plain = load("xcsqa", source=calm_release)
    permuted = load("xcsqa", source=calm_release, option_seed=3)
    assert [row.options for row in permuted.rows] != [row.options for row in plain.rows]
    for question in permuted.questions():
        assert len({row.order for row in question}) == 1
    for before, after in zip(plain.rows, permuted.rows, strict=True):
        assert after.options == tuple(before.options[place] for place in after.order)
        assert after.order[after.answer] == before.answer
        assert after.prompt is None


def test_the_few_shot_pool_is_train_where_there_is_one(calm_release):
    assert few_shot_pool("xcsqa", source=calm_release, languages=["en"]).split == "train"
    given = {"split": "test_zh", "source": calm_release, "languages": ["en"]}
    assert few_shot_pool("medqa", leave_one_out=True, **given).split == "test_zh"
    with pytest.raises(CalmError, match="few-shot examples would come from the evaluated split 'test_zh' itself"):
        few_shot_pool("medqa", **given)


def test_samples(calm_release):
    samples = read_samples(calm_release / "data/xcsqa/samples/x_csqa_zh_train_sampled.json".replace("zh", "cn"))
    assert len(samples) == 899
    assert samples[0].options == ("镇", "密歇根州", "医院", "学生", "办公大楼")
    assert samples[0].answer == 2
    assert [len(sample.preds) for sample in samples] == [3] * 899


@pytest.fixture
def release(calm_release, tmp_path):
    """A copy of the small part of the release, to be damaged."""
    for name in ("data/xcsqa/test", "data/medqa/test/test_sft_cn_q_1000"):
        shutil.copytree(calm_release / name, tmp_path / name)
    for path in tmp_path.rglob("*.json"):
        path.chmod(0o644)
    return tmp_path


def change(path, number, **fields):
    rows = json.loads(path.read_text("utf-8"))
    rows[number] |= fields
    path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")


def failure(**arguments):
    with pytest.raises(CalmError) as caught:
        load(arguments.pop("name", "xcsqa"), **arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_an_unreadable_row_leaves_its_question_out_whole(release):
    change(release / X_JA, 4, input="質問: 何ですか？\nA. 一\nB. 二")
    found = load("xcsqa", source=release)
    assert len(found.rows) == 19 * 6
    trouble = [(f.kind, f.source, f.language) for f in found.findings if f.kind != "aligned"]
    assert trouble == [("unparsed", "x_csqa_ja_test.json row 4", "ja")]
    assert len(load("xcsqa", source=release, languages=["en", "zh"]).rows) == 20 * 2  # it is not asked for there


def test_a_file_that_is_not_the_release_s_is_told(calm_release, release, caplog):
    load("xcsqa", split="train", source=calm_release, languages=["en"])
    assert caplog.messages == []
    path = release / X_JA
    path.write_text(path.read_text("utf-8").replace("\n", "\n\n", 1), "utf-8")
    load("xcsqa", source=release, languages=["ja"])
    assert f"{path} is not the release's (SHA-256 differs): figures are of another set" in caplog.messages


def test_a_missing_file(release):
    (release / X_JA).unlink()
    assert f"{release / X_JA} is missing; run: calm data download calm_release" in failure(source=release)


def test_an_empty_file(release):
    (release / X_JA).write_text("")
    assert f"{release / X_JA} is empty; run: calm data download" in failure(source=release)


def test_a_cut_off_file(release):
    content = (release / X_JA).read_text("utf-8")
    (release / X_JA).write_text(content[: len(content) // 2], "utf-8")
    message = failure(source=release)
    assert f"{release / X_JA} is cut off or is not JSON (line" in message
    assert "run: calm data download" in message


def test_another_encoding(release):
    (release / X_JA).write_text((release / X_JA).read_text("utf-8"), "shift_jis", errors="replace")
    assert f"{release / X_JA} is not UTF-8 (byte " in failure(source=release)


def test_a_language_that_is_not_there(release):
    message = failure(source=release, languages=["en", "es"])
    assert message == "there is no language of xcsqa 'es' (known: en, zh, fr, de, it, ja)"


def test_a_split_that_is_not_there(release):
    assert failure(source=release, split="tset").endswith("did you mean test?")


def test_no_options_at_all(release):
    for number in range(20):
        change(release / X_JA, number, input=f"質問 {number}")
    assert "no question of" in failure(source=release)


def test_unequal_numbers_of_options(release):
    for number in range(20):
        change(release / X_JA, number, input=f"質問 {number}\nA. 一\nB. 二\nC. 三\nD. 四", output="A")
    message = failure(source=release)
    assert message.startswith("the questions of x_csqa_ja_test.json have 4 options, those of x_csqa_en_test.json 5; ")


def test_gold_out_of_range(release):
    change(release / X_JA, 7, output="F")
    message = failure(source=release)
    assert message == (
        f"{release / X_JA} row 7: the gold answer 'F' is none of the 5 options; correct the row or take it out"
    )


def test_a_missing_field(release):
    rows = json.loads((release / X_JA).read_text("utf-8"))
    del rows[3]["output"]
    (release / X_JA).write_text(json.dumps(rows), "utf-8")
    assert f"{release / X_JA} row 3: output is missing or no text" in failure(source=release)


def test_a_question_that_stands_twice_is_dropped(release):
    for path in (release / "data/xcsqa/test").glob("*.json"):
        rows = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps([*rows, rows[0]]), "utf-8")
    found = load("xcsqa", source=release)
    assert len(found.rows) == 20 * 6
    assert "x_csqa_en_test.json row 20 en: is the same question as x_csqa_en_test.json row 0; dropped" in [
        f"{finding.source} en: {finding.message}" for finding in found.findings
    ]


def test_an_unknown_set():
    assert failure(name="medqaa").endswith("did you mean medqa?")


def test_where_the_release_is_looked_for(release, tmp_path_factory, monkeypatch):
    monkeypatch.delenv("CALM_RELEASE_DIR", raising=False)
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    assert failure().startswith("the CALM release is not here; run: calm data download calm_release")
    monkeypatch.setenv("CALM_RELEASE_DIR", str(release))
    assert find_folder() == release
    assert "does not hold the CALM release" in failure(name="medqa", source=release / "data")
