"""A web server of published files that can fail in every way that real ones do."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Server:
    """files: content by path.  break_after: {path: bytes of the next answers before the connection
    is closed}.  requests: method, path and Range of each request."""

    def __init__(self):
        self.files, self.break_after, self.types, self.requests = {}, {}, {}, []
        self.versions, self.ranges = {}, True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def answer(self, handler):
        path = handler.path.removeprefix(f"http://127.0.0.1:{self.port}").split("//")[-1]
        path = path.rpartition("/")[2]
        asked = handler.headers.get("Range")
        self.requests.append((handler.path, asked))
        if path not in self.files:
            handler.send_error(404)
            return
        content, version = self.files[path], self.versions.get(path, '"1"')
        start = 0
        same = handler.headers.get("If-Range", version) == version
        if asked and self.ranges and same:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                handler.send_error(416)
                return
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.send_header("Content-Type", self.types.get(path, "application/octet-stream"))
        if version:
            handler.send_header("ETag", version)
        handler.end_headers()
        body = content[start:]
        limits = self.break_after.get(path)
        handler.wfile.write(body[: limits.pop(0)] if limits else body)

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    for variable in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.upper(), raising=False)
    monkeypatch.setattr("trainers.datasets.fetching.download.PAUSE_S", 0)
    made = Server()
    yield made
    made.stop()
