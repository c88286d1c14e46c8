"""What a launch reports, to whom, and how often."""

import json

import pytest

from sweeper.engine.jobs import TrainingEvent
from sweeper.errors import UsageError
from sweeper.grid import Grid, load_grid
from sweeper.launching.launch import launch
from sweeper.notify.notifier import Notifier, open_notifier
from sweeper.notify.user_file import user_notify
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import default_settings
from tests.sweeper.launching.conftest import engine, launched  # noqa: F401

CONTENT = {
    "name": "s",
    "datasets": "dsprites",
    "models": ["vae"],
    "axes": {"batch_size": 4, "learning_rate": [1e-3, 1e-4], "iterations": [2, 4]},
}


@pytest.fixture(autouse=True)
def no_user_file(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def sent(tmp_path):
    """The command that records notifications, and a function that reads them."""
    out = tmp_path / "sent"

    def read():
        return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []

    return f"cat >> {out}; echo >> {out}", read


def grid(**more):
    return Grid(**CONTENT, **more)


def test_the_end_of_a_launch_is_reported_once(engine, launched, sent):  # noqa: F811
    command, read = sent
    launched(grid(notify={"command": command}))
    [found] = read()
    assert found["event"] == "end" and found["exit_code"] == 0 and found["done"] == 4
    assert "grid s on " in found["text"] and "exit code 0; runs: 4 done" in found["text"]


def test_the_first_failure_and_the_end_are_reported(engine, launched, sent):  # noqa: F811
    command, read = sent
    engine.fails = True
    launched(grid(notify={"command": command, "events": ["failure", "end"]}))
    found = {entry["event"]: entry for entry in read()}
    assert set(found) == {"failure", "end"} and len(read()) == 2
    assert "no memory" in found["failure"]["text"]
    assert found["end"]["failed"] == 4 and found["end"]["exit_code"] == 1


def test_the_first_divergence_is_reported(engine, launched, sent):  # noqa: F811
    command, read = sent
    engine.diverges = {"vae"}
    launched(grid(notify={"command": command, "events": "divergence"}))
    assert [entry["event"] for entry in read()] == ["divergence"]


def test_the_budget_is_reported(engine, launched, sent):  # noqa: F811
    command, read = sent
    launched(grid(notify={"command": command, "events": "budget"}, budget={"hours": 1e-9}))
    assert read() == []  # nothing was trained at all: no event
    launched(grid(notify={"command": command, "events": "budget"}, budget={"hours": 100}))
    assert read() == []


def test_an_exhausted_budget_is_reported(sent, monkeypatch):
    command, read = sent
    notifier = Notifier("s", grid(notify={"command": command}).notify, print)
    for _ in range(3):
        notifier.send("budget", "the budget of 2 hours is used up")
    notifier.wait()
    assert [entry["event"] for entry in read()] == ["budget"]


def test_a_launch_that_ends_with_an_error_is_reported(engine, sent, monkeypatch):  # noqa: F811
    command, read = sent
    monkeypatch.setattr(engine, "run", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        launch(grid(notify={"command": command}), default_settings())
    [found] = read()
    assert found["event"] == "end" and "division by zero" in found["text"]


def test_a_notification_that_fails_is_a_line_and_no_more(engine, launched):  # noqa: F811
    outcome, text = launched(grid(notify={"webhook": "http://127.0.0.1:9/secret"}))
    assert outcome.exit_code == 0
    assert "notification: webhook 127.0.0.1: " in text and "secret" not in text


def test_events_that_are_not_asked_for_are_not_sent(sent):
    command, read = sent
    notifier = Notifier("s", grid(notify={"command": command, "events": ["budget"]}).notify, print)
    notifier.add_event(TrainingEvent("0" * 16, "failed", reason="x"))
    notifier.wait()
    assert read() == []


def test_a_grids_own_settings_come_before_the_users(monkeypatch, tmp_path, sent):
    (tmp_path / "config").mkdir()
    file = tmp_path / "config/sweeper.yaml"
    file.write_text('notify: {webhook: "${HOOK}", events: end}\n')
    assert user_notify().webhook == "${HOOK}"
    assert open_notifier(grid(), print)._notify == user_notify()
    own = grid(notify={"command": "true"})
    assert open_notifier(own, print)._notify == own.notify


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("notify: {events: end}", "reaches nobody"),
        ("notify: {webhok: x}", "webhok"),
        ("notify: [", "cannot be read"),
        ("- a", "sweeper.yaml"),
    ],
)
def test_a_user_file_with_mistakes_is_refused(tmp_path, text, says):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/sweeper.yaml").write_text(text)
    with pytest.raises(UsageError, match=says):
        user_notify()


@pytest.mark.parametrize(
    ("notify", "says"),
    [
        ("{webhook: ftp://x}", "must be an address"),
        ("{webhook: 'https://me:pass@host/x'}", "holds a secret"),
        ("{webhook: 'https://host/x?token=abc'}", "holds a secret"),
        ("{events: end}", "reaches nobody"),
        ("{command: x, events: [ende]}", "ende"),
    ],
)
def test_mistakes_in_a_grid(tmp_path, notify, says):
    file = tmp_path / "g.yaml"
    file.write_text(
        "datasets: dsprites\nmodels: vae\nnotify: " + notify + "\n"
        "axes: {batch_size: 4, learning_rate: 1e-3, iterations: 2}\n"
    )
    with pytest.raises(UsageError, match=says):
        load_grid(file)


def test_a_secret_from_the_environment_is_accepted():
    assert grid(notify={"webhook": "https://host/x?token=${T}"}).notify.webhook.endswith("${T}")


def test_notifications_do_not_change_ids():
    one, other = (make_plan(g) for g in (grid(), grid(notify={"command": "true"})))
    assert one.grid_id == other.grid_id and one.run_ids == other.run_ids
