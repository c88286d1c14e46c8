"""`sweeper clean`: frees disk space of the sweep store."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sweeper.cli import options
from sweeper.errors import SweeperError, UsageError
from sweeper.messages import counted

if TYPE_CHECKING:
    from sweeper.planning.settings import Settings
    from sweeper.store.clean import Needs
    from sweeper.tracking.reading.reader import StoreContents


def clean(
    grid: Path = typer.Argument(
        None, metavar="[GRID]", help="Also remove trainings that this grid no longer asks for."
    ),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only show what can be removed."),
    tracking_uri: str = options.TRACKING,
    store: str = options.STORE,
    data: Path = options.DATA,
    as_json: bool = options.JSON,
) -> None:
    """Remove files of the sweep store that nothing needs: checkpoints of trainings whose runs are
    all in MLflow, weights that `keep_weights: winners` does not keep, temporary files, Ray's
    temporary folders of its launches and, with GRID, what the grid no longer asks for. Results in
    MLflow are not touched. A training whose checkpoints are gone starts at step 0 if more
    iterations are asked for.

    Example: sweeper clean grids/quickstart.yaml --dry-run"""
    from sweeper.cost.disk import format_bytes
    from sweeper.store.address import is_remote
    from sweeper.store.clean import SESSION, removable_files, remove_files
    from sweeper.store.launch_lock import store_lock
    from sweeper.store.ray_sessions import ended_sessions, forget_removed_sessions

    settings = options.setting(tracking_uri=tracking_uri, store=store, data=data)
    if is_remote(settings.store):
        raise UsageError(f"--store {settings.store}: only a store on disk can be cleaned")
    if not Path(settings.store).is_dir():
        raise UsageError(f"{settings.store}: there is no sweep store. Name one with --store")
    with store_lock(settings.store, "clean"):
        needs = _needs(settings, grid)
        place = Path(settings.store)
        found = [*removable_files(place, needs), *ended_sessions(place)]
        errors = [] if dry_run else remove_files(found)
        if not dry_run:
            forget_removed_sessions(place)
    reasons = sorted({file.reason for file in found})
    sizes = {r: [file.size for file in found if file.reason == r] for r in reasons}
    if as_json:
        rows = {r: {"files": len(s), "bytes": sum(s)} for r, s in sizes.items()}
        options.print_json({"removed": not dry_run, "found": rows, "errors": errors})
    else:
        for reason, of_reason in sizes.items():
            count = counted(len(of_reason), "folder" if reason == SESSION else "file")
            print(f"{reason}: {count}, {format_bytes(sum(of_reason))}")
        total = format_bytes(sum(file.size for file in found))
        done = f"{total} can be removed; without --dry-run it is" if dry_run else f"{total} removed"
        print("\n".join([*errors, f"{settings.store}: {done if found else 'nothing to remove'}"]))
    raise typer.Exit(1 if errors else 0)


def _needs(settings: "Settings", file: Path | None) -> "Needs":
    """What of the store is needed, from the runs and launches in MLflow."""
    from sweeper.analysis.population import orphan_ids
    from sweeper.grid import load_grid
    from sweeper.planning.remaining import plan_grid
    from sweeper.store.clean import Needs
    from sweeper.tracking import layout
    from sweeper.tracking.reading.reader import finished_runs, read_store

    plan = None if file is None else plan_grid(load_grid(file), settings)
    try:
        contents = read_store(settings.tracking_uri)
    except SweeperError as error:
        raise UsageError(f"what is published cannot be read: {error}") from error
    stored = {run.tags[layout.RUN_ID]: run for run in contents.runs}
    ended = finished_runs(stored)
    finished = {run for run, entry in ended.items() if entry.status == layout.FINISHED}
    published: dict[str, set[int]] = {}
    for run_id in finished:
        run = stored[run_id]
        of_training = published.setdefault(run.tags.get(layout.TRAINING_ID, ""), set())
        of_training.add(int(run.params["iterations"]))
    dropped = set() if plan is None else orphan_ids(contents.launches, plan.grid, plan.run_ids)
    cells = [
        cell
        for launch in contents.launches
        for cell in launch.cells
        if plan is None or launch.grid != plan.grid
    ]
    asked = {cell["run_id"]: cell["training_id"] for cell in cells}
    if plan is not None:
        for training in plan.trainings:
            asked |= dict.fromkeys(training.run_ids, training.training_id)
    unfinished = {training for run_id, training in asked.items() if run_id not in ended}
    earlier = {
        cell["training_id"]
        for launch in contents.launches
        for cell in launch.cells
        if cell["run_id"] in dropped
    }
    orphans = earlier - set(asked.values())
    return Needs(published, unfinished, orphans, _unneeded_weights(contents, settings.store))


def _unneeded_weights(contents: "StoreContents", store: str) -> dict[str, frozenset[int]]:
    from sweeper.analysis.study import study_of
    from sweeper.weights.winners import unneeded_weights

    if not contents.launches:
        return {}
    return unneeded_weights(study_of(contents), store)
