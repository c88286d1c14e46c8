"""Lanes: several trainings in one process, side by side.

On one GPU each lane has a stream and a CUDA graph of its own, and all of them share one copy of
the dataset; while one is scored the others go on. A training's numbers are those it has alone.
On a CPU lanes share the cores; there, trainings one after the other are as quick."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from trainers.training import Progress, Training

OnProgress = Callable[[str, Progress], None]


def train_in_parallel(
    trainings: Mapping[str, Training],
    on_progress: OnProgress,
    stop: threading.Event,
    *,
    seconds: float = 0.5,
    save: bool = True,
) -> dict[str, Exception]:
    """Advances every training until it is over or `stop` is set, each on a thread of its own.

    Closes them; with `save`, one that is stopped early saves a checkpoint first. on_progress is
    called with the training's name from its thread, one call at a time.
    Returns what trainings raised, by name; one that raises does not stop the others."""
    lock = threading.Lock()

    def tell(name: str, progress: Progress) -> None:
        with lock:
            on_progress(name, progress)

    def run(name: str, training: Training) -> None:
        try:
            while training.status == "running" and not stop.is_set():
                tell(name, training.advance(seconds))
            if save and training.status == "running":
                training.save()
        finally:
            training.close()

    with ThreadPoolExecutor(max_workers=max(1, len(trainings)), thread_name_prefix="lane") as pool:
        running = {name: pool.submit(run, name, one) for name, one in trainings.items()}
        errors = {name: future.exception() for name, future in running.items()}
    for error in errors.values():
        if error is not None and not isinstance(error, Exception):
            raise error
    return {name: error for name, error in errors.items() if isinstance(error, Exception)}
