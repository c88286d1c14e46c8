"""Which training is tried next, where it must not run, and when it has failed. Free of Ray.

A failure counts only where the training may be the cause: not on a lost node, and not on a node on
which everything fails. A training that has made progress since its last failure starts counting
again. So a sweep on nodes that come and go always ends."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sweeper.engine.jobs import Job

MAX_FAILED_TRAININGS = 3  # that fail on a node in a row, before the node is excluded
MAX_NODE_LOSSES = 50  # nodes lost in a row under one training without progress of it


@dataclass
class _State:
    job: Job
    order: int
    resumed_at: int = 0
    failures: int = 0
    losses: int = 0
    excluded: set[str] = field(default_factory=set)


class Attempts:
    """The queue of jobs, and the excluded nodes, by id.

    jobs: taken one by one, each when there is capacity for it, so that they may be made late."""

    def __init__(self, jobs: Iterable[Job], max_failures: int) -> None:
        self._jobs: Iterator[Job] | None = iter(jobs)
        self._states: dict[str, _State] = {}
        self._waiting: list[tuple[int, str]] = []
        self._running: set[str] = set()
        self._max_failures = max_failures
        self._failed_on: dict[str, set[str]] = {}
        self.excluded_nodes: set[str] = set()

    @property
    def is_done(self) -> bool:
        """Whether nothing is queued, nothing runs and no job is left to take."""
        return self._jobs is None and not self._waiting and not self._running

    @property
    def running(self) -> int:
        """How many jobs are running."""
        return len(self._running)

    def next(
        self, nodes: Iterable[str], draining: Iterable[str] = ()
    ) -> tuple[Job, tuple[str, ...]] | None:
        """The next job in the order given, and the nodes it must not run on. nodes: those alive.
        draining: those alive that are about to leave."""
        if not self._waiting:
            self._fetch_job()
        if not self._waiting:
            return None
        _, name = heapq.heappop(self._waiting)
        self._running.add(name)
        state, alive = self._states[name], set(nodes)
        for unwanted in (self.excluded_nodes | state.excluded, self.excluded_nodes):
            if alive - unwanted:
                return state.job, tuple(sorted((unwanted & alive).union(draining)))
        return state.job, tuple(sorted(draining))

    def _fetch_job(self) -> None:
        job = next(self._jobs, None) if self._jobs is not None else None
        if job is None:
            self._jobs = None
            return
        state = self._states[job.training_id] = _State(job, len(self._states))
        heapq.heappush(self._waiting, (state.order, job.training_id))

    def record_start(self, name: str, iteration: int) -> None:
        """A training continues from `iteration`."""
        state = self._states[name]
        if iteration > state.resumed_at:
            state.resumed_at, state.failures, state.losses = iteration, 0, 0

    def record_milestone(self, node: str) -> None:
        """A milestone was reached on this node: it was not the cause of earlier failures."""
        self._failed_on.pop(node, None)

    def ended(self, name: str) -> None:
        """A training has ended and is not tried again."""
        self._running.discard(name)

    def requeue(self, name: str) -> None:
        """Puts a training back into the queue without counting a failure."""
        if name in self._running:
            self._running.discard(name)
            heapq.heappush(self._waiting, (self._states[name].order, name))

    def record_failure(
        self, name: str, node: str, nodes: Iterable[str], *, retry_here: bool = True
    ) -> bool:
        """A training failed on `node` ('' when unknown). Returns whether it is tried again.
        nodes: those alive now.  retry_here: whether a retry on the same node can succeed."""
        state, alive = self._states[name], set(nodes)
        if node and node not in alive:
            state.losses += 1
            again = state.losses < MAX_NODE_LOSSES
        else:
            again = self._failed(state, name, node, alive)
            again = again and (retry_here or bool(alive - self.excluded_nodes - state.excluded))
        self.requeue(name) if again else self.ended(name)
        return again

    def _failed(self, state: _State, name: str, node: str, alive: set[str]) -> bool:
        if node:
            state.excluded.add(node)
            failed_there = self._failed_on.setdefault(node, set())
            failed_there.add(name)
            others = alive - self.excluded_nodes - {node}
            if len(failed_there) >= MAX_FAILED_TRAININGS and others:
                self._exclude_node(node)
        if node not in self.excluded_nodes:
            state.failures += 1
        return state.failures <= self._max_failures

    def _exclude_node(self, node: str) -> None:
        """Excludes a node; failures of trainings there no longer count."""
        self.excluded_nodes.add(node)
        for name in self._failed_on.pop(node, set()):
            self._states[name].failures = 0
