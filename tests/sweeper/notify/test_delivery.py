"""Webhooks and commands: delivered once, and never waited for longer than agreed."""

import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sweeper.notify import delivery
from sweeper.notify.delivery import to_command, to_webhook

CONTENT = {"event": "end", "text": "it ended"}


@contextlib.contextmanager
def answering(status=200):
    """A server that answers POSTs: its address, and the bodies so far."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", bodies
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def silent():
    """A server that accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/secret-path"


def outcome_of(start, *arguments, seconds=20.0):
    """The failures that a delivery reports."""
    failures = []
    start(*arguments, CONTENT, failures.append).wait(time.monotonic() + seconds)
    return failures


def test_a_webhook_gets_json(monkeypatch):
    with answering() as (address, bodies):
        assert outcome_of(to_webhook, address) == []
        monkeypatch.setenv("MY_HOOK", address)
        assert outcome_of(to_webhook, "${MY_HOOK}") == []
    assert bodies == [CONTENT, CONTENT]


def test_a_part_of_an_address_can_come_from_the_environment(monkeypatch):
    with answering() as (address, bodies):
        monkeypatch.setenv("TOKEN", "hook")
        assert outcome_of(to_webhook, address.replace("hook", "${TOKEN}")) == []
    assert len(bodies) == 1


def test_a_webhook_that_never_answers_does_not_hold_the_caller():
    """The wait is given up while the request still hangs."""
    with silent() as address:
        [failure] = outcome_of(to_webhook, address, seconds=0.2)
    assert failure == "webhook 127.0.0.1 has not answered in time"


def test_a_webhook_that_never_answers_ends_by_its_own_timeout(monkeypatch):
    monkeypatch.setattr(delivery, "_REQUEST_TIMEOUT_S", 0.2)
    with silent() as address:
        [failure] = outcome_of(to_webhook, address)
    assert "timed out" in failure and "secret-path" not in failure


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("http://127.0.0.1:9/secret", "refused"),
        ("${NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE is not set"),
        ("${A_FILE}", "must begin with http"),
    ],
)
def test_what_cannot_be_delivered_is_one_line(monkeypatch, address, text):
    monkeypatch.setenv("A_FILE", "file:///etc/passwd")
    [failure] = outcome_of(to_webhook, address)
    assert text in failure and "secret" not in failure and "passwd" not in failure


def test_an_error_of_the_server_is_reported():
    with answering(500) as (address, _):
        [failure] = outcome_of(to_webhook, address)
    assert "500" in failure


def test_a_command_gets_json_and_variables(tmp_path):
    out = tmp_path / "out"
    assert outcome_of(to_command, f'cat > {out}; echo "$SWEEPER_EVENT" >> {out}') == []
    assert out.read_text() == json.dumps(CONTENT) + "end\n"


def test_a_command_that_fails_is_reported():
    [failure] = outcome_of(to_command, "echo no such user >&2; exit 3")
    assert failure == "command: exit code 3: no such user"


def test_a_command_that_hangs_is_ended_with_all_that_it_started(monkeypatch, tmp_path):
    monkeypatch.setattr(delivery, "_COMMAND_TIMEOUT_S", 0.5)
    pid = tmp_path / "pid"
    [failure] = outcome_of(to_command, f"sleep 600 & echo $! > {pid}; wait")
    assert "timed out" in failure
    end = time.monotonic() + 10
    while _is_running(int(pid.read_text())) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _is_running(int(pid.read_text()))


def _is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False
