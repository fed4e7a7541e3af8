"""`calm data`: what a user types, reads and gets as exit status."""

import json
import time
import urllib.request

import pytest

from calm_harness.cli import main


@pytest.fixture(autouse=True)
def here(calm_release, monkeypatch, tmp_path):
    monkeypatch.setenv("CALM_RELEASE_DIR", str(calm_release))
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path))


def test_audit_of_medqa_takes_less_than_ten_seconds(capsys):
    start = time.process_time()  # of this process: the machine may have other work
    assert main(["data", "audit", "medqa"]) == 0
    assert time.process_time() - start < 10
    printed = capsys.readouterr().out
    assert "all_test_en2cn.json row 298 zh: doubles row 297; dropped" in printed


def test_audit_as_json(capsys):
    assert main(["data", "audit", "xcsqa", "--languages", "en,ja", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["languages"] == ["en", "ja"]
    assert content["questions"] == 20


def test_list_says_what_is_here(capsys, calm_release):
    assert main(["data", "list"]) == 0
    printed = capsys.readouterr().out
    assert f"medqa    here ({calm_release})" in printed
    assert "splits: test, test_en, test_zh" in printed
    assert "languages: en zh fr de it ja" in printed


def test_list_says_what_is_not_here(capsys, monkeypatch):
    monkeypatch.delenv("CALM_RELEASE_DIR")
    assert main(["data", "list"]) == 0
    assert "medqa    not here; run: calm data download calm_release" in capsys.readouterr().out


def test_show_marks_the_gold_option_in_all_languages(capsys):
    assert main(["data", "show", "xcsqa", "xcsqa-506b15f78016"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("xcsqa-506b15f78016  (xcsqa test)\n\nen  Where off the eastern U.S. would you find an")
    assert "\n  * B. florida keys\n" in printed
    assert "\n  * B. フロリダ・キー\n" in printed
    assert printed.count("  * ") == 6


def test_show_finds_a_question_of_any_split(capsys):
    assert main(["data", "show", "xcsqa", "xcsqa-3de23d4876a1"]) == 0
    assert "(xcsqa train)" in capsys.readouterr().out


def failure(capsys, *arguments):
    assert main(["data", *map(str, arguments)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("calm: ")
    assert printed.err.count("\n") == 1
    return printed.err


def test_an_unknown_set(capsys):
    assert "there is no question set 'xcsq' (known: medqa, xcsqa," in failure(capsys, "audit", "xcsq")


def test_an_unknown_id(capsys):
    assert "xcsqa has no question 'xcsqa-x'" in failure(capsys, "show", "xcsqa", "xcsqa-x")


def test_an_ambiguous_id(capsys):
    assert "20 questions of xcsqa begin with 'xcsqa'" in failure(capsys, "show", "xcsqa", "xcsqa")


def test_a_folder_that_is_not_there(capsys, tmp_path):
    assert "no-such" in failure(capsys, "audit", "medqa", "--source", tmp_path / "no-such")


def test_download_without_network(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(urllib.request, "_opener", None)  # urllib reads the proxies once and keeps them
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert main(["data", "download", "calm_release"]) == 1
    errors = capsys.readouterr().err
    assert "cannot be reached" in errors.splitlines()[-1]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit):
        main(["data", "--help"])
    assert "calm data audit medqa" in capsys.readouterr().out
