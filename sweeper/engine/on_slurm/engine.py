"""The engine on the nodes of the Slurm allocation that this process runs in."""

import contextlib
from collections.abc import Iterator

from sweeper.engine.on_ray.engine import RayEngine
from sweeper.engine.on_ray.session import ray_session
from sweeper.engine.on_slurm.ray_nodes import ray_on_nodes
from sweeper.slurm.allocation import Allocation


class SlurmEngine(RayEngine):
    """Starts a Ray of its own over the nodes, and ends it with the session."""

    def __init__(self, allocation: Allocation) -> None:
        super().__init__(None)
        self.on_this_machine = False
        self._allocation = allocation
        self._started = ""  # the address of the Ray, inside a session

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        if self._started:
            with ray_session(self._started):
                yield
            return
        with ray_on_nodes(self._allocation) as self._started:
            try:
                with ray_session(self._started):
                    yield
            finally:
                self._started = ""
