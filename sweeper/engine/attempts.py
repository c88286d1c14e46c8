"""Which training is tried next, where it must not run, and when it is given up. No Ray in here.

A failure counts against the training only where the training may be at fault: a lost machine does
not count, nor does a machine on which everything fails, and a training that has got further since
its last failure starts counting anew. So a sweep on machines that come and go always ends."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sweeper.engine.jobs import Job

MAX_FAILED_TRAININGS = (
    3  # trainings that fail on a machine, none of them going well there in between
)
MAX_NODE_LOSSES = 50  # of machines in a row, under one training that gets no further


@dataclass
class _State:
    job: Job
    order: int
    resumed_at: int = 0
    failures: int = 0
    losses: int = 0
    excluded: set[str] = field(default_factory=set)


class Attempts:
    """The jobs that wait, and the machines ("nodes", by id) that are set aside.

    jobs: read one by one, each when a worker asks for it, so that they may be made on the way."""

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
        """Whether nothing waits, nothing runs and nothing is to come."""
        return self._jobs is None and not self._waiting and not self._running

    @property
    def running(self) -> int:
        """How many jobs were handed out and are not back."""
        return len(self._running)

    def next(
        self, nodes: Iterable[str], draining: Iterable[str] = ()
    ) -> tuple[Job, tuple[str, ...]] | None:
        """The next job in the order given, and which nodes it must not run on: some of the live
        `nodes`, and all that are `leaving`."""
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
        """A training goes on from `iteration`."""
        state = self._states[name]
        if iteration > state.resumed_at:
            state.resumed_at, state.failures, state.losses = iteration, 0, 0

    def record_milestone(self, node: str) -> None:
        """A milestone was reached on this node: what failed there before was not its fault."""
        self._failed_on.pop(node, None)

    def ended(self, name: str) -> None:
        """A training is over and is not tried again."""
        self._running.discard(name)

    def requeue(self, name: str) -> None:
        """A training comes back as it was: nothing is counted."""
        if name in self._running:
            self._running.discard(name)
            heapq.heappush(self._waiting, (self._states[name].order, name))

    def record_failure(
        self, name: str, node: str, nodes: Iterable[str], *, retry_here: bool = True
    ) -> bool:
        """A training failed on `node` ('' when unknown); `nodes`: those alive now. Whether it is
        tried again.  here: whether another try on the same node can help."""
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
        """What failed on this node was the node's fault."""
        self.excluded_nodes.add(node)
        for name in self._failed_on.pop(node, set()):
            self._states[name].failures = 0
