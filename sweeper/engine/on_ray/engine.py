"""The engine on a Ray of this machine, or on a cluster that is joined."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator

from sweeper.engine.jobs import Job, TrainingEvent
from sweeper.engine.on_ray.run_jobs import run_jobs
from sweeper.engine.on_ray.session import load_ray, ray_session, session_folder, total_gpus


class RayEngine:
    """See `engine.Engine`. address: of a cluster; None starts a Ray on this machine, with `cpus`
    and `gpus` of it, by default all."""

    on_nodes = True
    max_workers: int | None = None

    def __init__(
        self, address: str | None, *, cpus: int | None = None, gpus: int | None = None
    ) -> None:
        self._address, self._cpus, self._gpus = address, cpus, gpus
        self.on_this_machine = address is None

    @property
    def session_folder(self) -> str | None:
        return session_folder()

    def load(self) -> None:
        load_ray()

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        with ray_session(self._address, cpus=self._cpus, gpus=self._gpus):
            yield

    def num_gpus(self) -> float:
        return total_gpus()

    def run(
        self,
        jobs: Iterable[Job],
        on_event: Callable[[TrainingEvent], None],
        stop: threading.Event,
        *,
        max_failures: int = 2,
        max_concurrent: int | None = None,
        should_stop: Callable[[TrainingEvent], bool] = lambda event: False,
    ) -> None:
        run_jobs(
            jobs,
            on_event,
            stop,
            max_failures=max_failures,
            max_concurrent=max_concurrent,
            should_stop=should_stop,
        )
