"""Serve a leaderboard on this machine alone."""

from __future__ import annotations

import functools
import re
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from calm_harness.errors import CalmError
from calm_harness.report.page.render import FOLDER, PAGE


def serve(folder: Path, port: int) -> None:
    """Serve the leaderboard in a folder on this machine alone, until Ctrl-C.

    Raises:
        CalmError: the port is taken, or is none.
    """

    class Handler(SimpleHTTPRequestHandler):
        def send_head(self) -> Any:
            """Give out the page and its data, and nothing else, to who asks for this machine by its name."""
            local = self.headers.get("Host", "").rpartition(":")[0] in ("127.0.0.1", "localhost")
            path = self.path.partition("?")[0].lstrip("/")
            if local and (path == PAGE or re.fullmatch(rf"{FOLDER}/[\w-]+\.js", path)):
                return super().send_head()
            self.send_error(404)
            return None

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing about requests."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Handler, directory=str(folder)))
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "there is no such port"
        raise CalmError(f"--port {port}: {why}; give another, or 0 for any that is free") from None
    with server:
        print(f"http://127.0.0.1:{server.server_port}/{PAGE} (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()
