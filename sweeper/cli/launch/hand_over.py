"""A launch on a store that another launch uses: it may hand that one its trainings."""

import os
import sys
from collections.abc import Callable

from sweeper.errors import StoreInUseError, UsageError
from sweeper.grid import Grid
from sweeper.messages import mask_credentials
from sweeper.planning.settings import Settings
from sweeper.store.launch_lock import store_lock
from sweeper.store.requests import LaunchRequest, remove_request, write_request

_FIELDS = ("data_dir", "tracking_uri", "scale", "points", "synthetic", "price", "spot", "retry")


def launch_or_hand_over(
    grid: Grid, settings: Settings, launch: Callable[[], int], *, hand_over: bool
) -> int:
    """The exit code of `launch`; 0 where the trainings were handed to the running launch.

    hand_over: without asking. Raises StoreInUseError where that is not wanted."""
    try:
        return launch()
    except StoreInUseError as error:
        if not error.takes_requests or not (hand_over or _is_wanted(error)):
            raise
        if _request(grid, settings):
            print(f"handed over: {error.holder} trains what of {grid.title} is missing after its")
            print(f"own trainings. Progress: sweeper status {grid.origin.file}")
            return 0
    return launch()  # the other launch has ended meanwhile


def _is_wanted(error: StoreInUseError) -> bool:
    if not sys.stdin.isatty():
        return False
    print(f"{error.holder} uses this store.", file=sys.stderr)
    print("Hand it the missing trainings? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _request(grid: Grid, settings: Settings) -> bool:
    """Writes the request; False where the store is free now, and nothing is requested."""
    if mask_credentials(settings.tracking_uri) != settings.tracking_uri:
        raise UsageError(
            "--hand-over writes the tracking URI into the store: give user and password as "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD instead"
        )
    values = {name: getattr(settings, name) for name in _FIELDS}
    request = LaunchRequest(os.path.abspath(grid.origin.file), values)
    name = write_request(settings.store, request)
    try:
        with store_lock(settings.store, grid.title):
            remove_request(settings.store, name)
            return False
    except StoreInUseError:
        return True
