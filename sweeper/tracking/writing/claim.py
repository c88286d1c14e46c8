"""The claim of a launch to the runs that it trains, where launches with other stores see it.

A claim is a tag of the launch's MLflow run; the runs are those of its plan.json. It is written as
'pending', then all others are read: of two that start at once, one at least sees the other. A held
claim has precedence, then the smaller token. The tag is written again every `HEARTBEAT_S`, and a
claim that has not changed for `STALE_S`, by the reader's clock, is of a dead launch."""

import contextlib
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from sweeper.errors import UsageError
from sweeper.messages import mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.connection import open_client
from sweeper.tracking.reading.reader import Launch, read_store

HEARTBEAT_S = 20.0
STALE_S = 90.0
_POLL_S = 1.0


class ClaimedError(UsageError):
    """Runs that another launch trains. mlflow_run_id: of that launch."""

    def __init__(self, message: str, mlflow_run_id: str) -> None:
        super().__init__(message)
        self.mlflow_run_id = mlflow_run_id


@dataclass(frozen=True)
class _Rival:
    """The claim of another launch: of its MLflow run, and the tag's key and text."""

    grid: str
    mlflow_run_id: str
    key: str
    text: str

    @property
    def about(self) -> dict[str, Any]:
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def is_of_ended_process(self, store: str) -> bool:
        """Whether it is known without waiting that the launch has ended: this launch holds the
        lock of its store, or its process on this machine is gone."""
        about = self.about
        if about.get("store") == store:
            return True
        if about.get("host") != socket.gethostname():
            return False
        return _started(int(about.get("pid", 0))) != about.get("started")


class Claim:
    """Held from `acquire` to `release`. For one launch, which holds the lock of its store."""

    def __init__(self, uri: str, mlflow_run_id: str, store: str) -> None:
        """mlflow_run_id: of the launch.  store: the sweep store."""
        self._uri, self._parent = uri, mlflow_run_id
        self._store = _place(store)
        self._key = f"{layout.CLAIM_PREFIX}{uuid.uuid4().hex[:12]}"
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._client = open_client(uri)

    def acquire(self, run_ids: Collection[str]) -> None:
        """Claims these runs. Raises ClaimedError where another launch trains one of them, or the
        same grid."""
        self._write("pending", 0)
        try:
            self._wait_for_rivals(frozenset(run_ids))
            self._write("held", 0)
        except BaseException:
            self.release()
            raise
        self._thread = threading.Thread(target=self._refresh, name="claim", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the heartbeat, so that the claim expires even if `release` fails."""
        self._stopped.set()

    def release(self) -> None:
        """Removes the claim. Where MLflow is unreachable it expires."""
        self.stop()
        with contextlib.suppress(Exception):
            self._client.delete_tag(self._parent, self._key)

    def _wait_for_rivals(self, run_ids: frozenset[str]) -> None:
        first_seen: dict[str, tuple[str, float]] = {}
        while rivals := list(self._rivals(run_ids)):
            for rival in rivals:
                text, since_s = first_seen.setdefault(rival.key, (rival.text, time.monotonic()))
                is_stale = rival.text == text and time.monotonic() - since_s > STALE_S
                if rival.is_of_ended_process(self._store) or is_stale:
                    with contextlib.suppress(Exception):  # removed by another launch
                        self._client.delete_tag(rival.mlflow_run_id, rival.key)
                elif self._has_precedence(rival, text):
                    raise _refusal(rival, self._uri)
            time.sleep(_POLL_S)

    def _has_precedence(self, rival: _Rival, first_text: str) -> bool:
        about = rival.about
        is_alive = rival.text != first_text or about.get("host") == socket.gethostname()
        return is_alive and (about.get("state") == "held" or rival.key < self._key)

    def _rivals(self, run_ids: frozenset[str]) -> Iterator[_Rival]:
        own = self._client.get_run(self._parent)
        found = [(own.data.tags[layout.GRID], self._parent, own.data.tags)]
        for launch in read_store(self._uri).launches:
            if run_ids & {cell.get("run_id") for cell in launch.cells}:
                found.append((launch.grid, launch.stored.mlflow_run_id, launch.stored.tags))
        for grid, mlflow_run_id, tags in found:
            for rival in _claims_of(grid, mlflow_run_id, tags):
                if rival.key != self._key:
                    yield rival

    def _refresh(self) -> None:
        count = 0
        while not self._stopped.wait(HEARTBEAT_S):
            count += 1
            with contextlib.suppress(Exception):  # an outage: the next heartbeat may succeed
                self._write("held", count)
        with contextlib.suppress(Exception):  # a heartbeat that was under way during `release`
            if count:
                self._client.delete_tag(self._parent, self._key)

    def _write(self, state: str, count: int) -> None:
        about = {"state": state, "host": socket.gethostname(), "pid": os.getpid()}
        about |= {"started": _started(os.getpid()), "store": self._store, "beat": count}
        self._client.set_tag(self._parent, self._key, json.dumps(about))


def is_running(launch: Launch, store: str) -> bool:
    """Whether a launch may still run: MLflow says so, and no claim shows that its process ended.
    store: the sweep store whose lock the caller holds."""
    stored = launch.stored
    claims = list(_claims_of(launch.grid, stored.mlflow_run_id, stored.tags))
    have_ended = claims and all(claim.is_of_ended_process(_place(store)) for claim in claims)
    return stored.state == "RUNNING" and not have_ended


def _claims_of(grid: str, mlflow_run_id: str, tags: Mapping[str, str]) -> Iterator[_Rival]:
    for key, text in tags.items():
        if key.startswith(layout.CLAIM_PREFIX):
            yield _Rival(grid, mlflow_run_id, key, text)


def _place(store: str) -> str:
    return store if "://" in store else f"{socket.gethostname()}:{store}"


def _started(pid: int) -> float | None:
    """When a process of this machine started; None where there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _refusal(rival: _Rival, uri: str) -> ClaimedError:
    about = rival.about
    where = f"process {about.get('pid', '?')} on {about.get('host', 'another machine')}"
    return ClaimedError(
        f"the launch of {rival.grid} ({where}) is training runs of this grid, with another "
        f"sweep store and the same MLflow store {mask_credentials(uri)}. Wait for it or stop it, "
        "then run the same command: what it finished is not trained again",
        rival.mlflow_run_id,
    )
