"""A hub on this machine: what `huggingface_hub` asks of one to make a data set and to commit files, and no more."""

import base64
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHA = "0" * 40


@dataclass
class Hub:
    """What is on it: data set -> path -> content; and which data sets are private."""

    files: dict = field(default_factory=dict)
    private: dict = field(default_factory=dict)
    address: str = ""

    def begin(self, repo, private):
        self.files[repo], self.private[repo] = {".gitattributes": b""}, private

    def info(self, repo):
        siblings = [{"rfilename": path} for path in self.files[repo]]
        return {"id": repo, "private": self.private[repo], "sha": SHA, "siblings": siblings, "tags": []}

    def commit(self, repo, lines):
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                self.files[repo][value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del self.files[repo][value["path"]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self):
        return self.server.hub

    def log_message(self, *_):
        pass

    def _send(self, body, status=200, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self):
        path = self.path.partition("?")[0]
        found = re.match(r"(?:/api)?/datasets/([^/]+/[^/]+)(.*)", path)
        if not found or found[1] not in self.hub.files:
            return self._send({"error": "Repository not found"}, 404, X_Error_Code="RepoNotFound")
        repo, rest = found.groups()
        files = self.hub.files[repo]
        if rest in ("", "/revision/main"):
            return self._send(self.hub.info(repo))
        if rest.startswith("/tree/main"):
            entries = [
                {"type": "file", "path": name, "size": len(content), "oid": sha1(content).hexdigest()}
                for name, content in files.items()
            ]
            return self._send(entries)
        name = rest.removeprefix("/resolve/main/")
        if name in files:
            return self._send(files[name], ETag=f'"{sha1(files[name]).hexdigest()}"', X_Repo_Commit=SHA)
        return self._send({"error": "Entry not found"}, 404, X_Error_Code="EntryNotFound")

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            repo = f"{asked['organization']}/{asked['name']}"
            self.hub.begin(repo, asked.get("private") or asked.get("visibility") == "private")
            return self._send({"url": f"{self.hub.address}/datasets/{repo}", "id": repo})
        if self.path == "/api/validate-yaml":
            return self._send({"errors": [], "warnings": []})
        repo = re.match(r"/api/datasets/([^/]+/[^/]+)/", self.path)[1]
        if "/preupload/" in self.path:
            asked = json.loads(body)["files"]
            return self._send(
                {"files": [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in asked]}
            )
        self.hub.commit(repo, [json.loads(line) for line in body.splitlines() if line])
        return self._send(
            {"success": True, "commitUrl": f"{self.hub.address}/datasets/{repo}/commit/{SHA}", "commitOid": SHA}
        )


@contextmanager
def serving():
    """Serve a hub on a free port of 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.hub = Hub(address=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.hub
    finally:
        server.shutdown()
        server.server_close()
