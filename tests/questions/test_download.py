"""Downloading from a real HTTP server: what is whole stays, what is not whole never appears."""

import functools
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from calm_harness.errors import CalmError
from calm_harness.questions.sets.download import cache_folder, download, read_checksums, release_checksums

FILES = {"data/xcsqa/en.json": b'[{"input": "Where?"}]', "data/medqa/fr.json": "Où ?".encode()}
CHECKSUMS = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder and remembers what was asked for."""

    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(tmp_path):
    served = tmp_path / "served"
    for path, content in FILES.items():
        (served / path).parent.mkdir(parents=True)
        (served / path).write_bytes(content)
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(served)))
    httpd.folder, httpd.asked = served, []
    httpd.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_all_files_come_whole(server, tmp_path):
    target = download(tmp_path / "cache", server.url, CHECKSUMS)
    assert {path: (target / path).read_bytes() for path in files_below(target)} == FILES


def test_what_is_whole_is_not_asked_for_again(server, tmp_path):
    target = download(tmp_path / "cache", server.url, CHECKSUMS)
    (target / "data/medqa/fr.json").write_bytes(b"O")  # cut off
    server.asked.clear()
    download(target, server.url, CHECKSUMS)
    assert server.asked == ["/data/medqa/fr.json"]
    assert (target / "data/medqa/fr.json").read_bytes() == FILES["data/medqa/fr.json"]


def failure(folder, url):
    with pytest.raises(CalmError) as caught:
        download(folder, url, CHECKSUMS)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_corrupted_file_does_not_appear(server, tmp_path):
    (server.folder / "data/medqa/fr.json").write_bytes(b"something else")
    message = failure(tmp_path / "cache", server.url)
    assert message.startswith(f"{server.url}/data/medqa/fr.json is cut off or not the file it was")
    assert files_below(tmp_path / "cache") == {"data/xcsqa/en.json"}  # the whole one is kept for the next time


def test_a_file_that_the_server_lacks(server, tmp_path):
    (server.folder / "data/xcsqa/en.json").unlink()
    assert f"{server.url}/data/xcsqa/en.json answers 404" in failure(tmp_path / "cache", server.url)
    assert files_below(tmp_path / "cache") == set()


def test_no_network(tmp_path):
    message = failure(tmp_path / "cache", "http://127.0.0.1:9")
    assert message.startswith("http://127.0.0.1:9/data/xcsqa/en.json cannot be reached (")
    assert "check the network" in message
    assert "CALM_RELEASE_DIR" in message


def test_a_folder_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").write_text("")
    assert "let CALM_CACHE_DIR name another folder" in failure(tmp_path / "file", server.url)


def test_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("CALM_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("CALM_CACHE_DIR")
    assert cache_folder().parts[-2:] == (".cache", "calm-harness")


def test_checksums_are_those_of_the_release(calm_release):
    checksums = release_checksums()
    assert read_checksums((calm_release / "SHA256SUMS").read_text("utf-8")) == checksums
    path = "data/medqa/test/test_sft_en_q_1000/all_test_en2cn.json"
    assert hashlib.sha256((calm_release / path).read_bytes()).hexdigest() == checksums[path]
