"""The files of pairs, which are written as pairs come."""

import json

import pyarrow
import pyarrow.parquet
import pytest

from benchmarks.scale import write_log
from calm_harness.errors import CalmError
from calm_harness.predictions import read
from trainer import pairs
from trainer.preferences import write as writer
from trainer.preferences.write import write, writing


def row(number, language="en", **more):
    return {
        "prompt": f"Question {number}?\n", "chosen": "So.\nAnswer: A", "rejected": f"»No«\nAnswer: B {number}",
        "question_id": f"q{number}", "language": language, "vote_share": 1 / 3, "options": ["a", "b"], **more,
    }  # fmt: skip


def chat(number, **more):
    said = {"chosen": [{"role": "assistant", "content": "A"}], "rejected": [{"role": "assistant", "content": "B"}]}
    return row(number, prompt=[{"role": "user", "content": "?"}], **said, **more)


@pytest.mark.parametrize(
    "rows",
    [
        [row(number) for number in range(5)],
        [chat(0, rendered=None), chat(1, rendered=None), chat(2, rendered="<s>?"), chat(3, rendered=None)],
        [row(0, options=[]), row(1, options=[]), row(2)],
    ],
    ids=["text", "messages, of which later ones were rendered", "options later on"],
)
def test_a_parquet_file_is_that_of_all_rows_at_once(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "GROUP", 2)
    write(tmp_path, rows, {})
    written = pyarrow.parquet.read_table(tmp_path / "pairs.parquet")
    assert written.equals(pyarrow.Table.from_pylist(rows))
    assert pyarrow.parquet.ParquetFile(tmp_path / "pairs.parquet").num_row_groups == (len(rows) + 1) // 2


def test_llama_factory_gets_a_list_a_language(tmp_path):
    rows = [row(0), row(1, "zh"), row(2), row(3, "zh-TW")]
    write(tmp_path, rows, {})
    for name, places in (("en", [0, 2]), ("zh", [1]), ("zh-tw", [3])):
        entries = [
            {
                "instruction": rows[i]["prompt"],
                "input": "",
                "chosen": rows[i]["chosen"],
                "rejected": rows[i]["rejected"],
            }
            for i in places
        ]
        text = (tmp_path / f"llama_factory/calm_{name}.json").read_text("utf-8")
        assert text == json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    assert list(json.loads((tmp_path / "llama_factory/dataset_info.json").read_text())) == [
        "calm_en", "calm_zh", "calm_zh-tw",
    ]  # fmt: skip


def test_messages_are_llama_factorys_sharegpt(tmp_path):
    rows = [chat(0), chat(1)]
    write(tmp_path, rows, {})
    entries = [
        {"messages": each["prompt"], "chosen": each["chosen"][0], "rejected": each["rejected"][0]} for each in rows
    ]
    text = (tmp_path / "llama_factory/calm_en.json").read_text("utf-8")
    assert text == json.dumps(entries, indent=1, ensure_ascii=False) + "\n"


def test_what_was_there_stays_until_the_last_pair_is_written(tmp_path):
    write(tmp_path, [row(0)], {"pairs": 1})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def broken_off():
        with writing(tmp_path) as folder:
            folder.add(row(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_pairs_that_are_refused_leave_no_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CALM_RELEASE_DIR", str(tmp_path / "nowhere"))  # so that no more is read than is held out here
    log = write_log(tmp_path, "cot", 60)
    out = tmp_path / "out"
    assert pairs.main(["--samples", str(log), "--output", str(out), "--held_out", str(log)]) == 1
    assert "questions of these pairs are in" in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CalmError, match=r"file/out cannot be written \(Not a directory\); name another folder"):
        write(tmp_path / "file" / "out", [row(0)], {})


def test_the_made_up_logs_are_read_as_logs_of_ours(tmp_path):
    for kind, responses in (("cot", 10), ("cloze", 0)):
        predictions = read(write_log(tmp_path, kind, 12))
        assert {len(prediction.responses) for prediction in predictions} == {responses}
        assert [prediction.language for prediction in predictions[:6]] == ["en", "zh", "fr", "de", "it", "ja"]
