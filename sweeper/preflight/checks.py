"""Checks before a launch: whether the plan can be run here. Each problem is one line with a remedy.

`launch` refuses to start while there is a problem; `sweeper doctor` lists every check."""

import uuid
from collections.abc import Iterator
from pathlib import Path

from sweeper.cost.disk import disk_need, format_bytes, free_bytes
from sweeper.cost.machine import local_machine, slots_for
from sweeper.engine.on_ray.node_probe import NodeReport, probe_nodes, versions
from sweeper.errors import StoreError, UsageError
from sweeper.grid import Grid
from sweeper.planning.plan import Plan
from sweeper.planning.settings import Settings
from sweeper.preflight.check import Check
from sweeper.preflight.node_sizes import check_resources
from sweeper.store.address import is_remote
from sweeper.store.probes import check_writable, remove_probe, write_probe


class PreflightError(UsageError):
    """Every problem on a line of its own; nothing was started."""


def raise_on_problems(checks: list[Check]) -> None:
    """Raises PreflightError when a check found a problem."""
    problems = [check.problem for check in checks if check.problem]
    if problems:
        raise PreflightError("\n".join([*problems, "Nothing was started."]))


def check_locally(plan: Plan, grid: Grid | None, setting: Settings) -> list[Check]:
    """Checks that need no Ray: datasets, the sweep store, space on this machine's disk."""
    checks = [_store(setting.store)]
    if grid is not None:
        checks += _enough_space(plan, grid, setting)
    if setting.address is None:
        checks += [_dataset(name, place) for name, place in required_datasets(plan, setting)]
    return checks


def check_cluster(plan: Plan | None, grid: Grid | None, setting: Settings) -> list[Check]:
    """Checks on the nodes of the connected Ray."""
    probe = f"probe-{uuid.uuid4().hex}"
    write_probe(setting.store, probe)
    try:
        # On this machine's own Ray `check_locally` has checked them already.
        wanted = required_datasets(plan, setting) if plan and setting.address else []
        on_gpus = grid is None or grid.resources.gpu != 0
        reports = probe_nodes(setting.store, probe, wanted, on_gpus)
    finally:
        remove_probe(setting.store, probe)
    checks = [
        Check(f"node {report.host}", "\n".join(_problems_of(report, setting))) for report in reports
    ]
    if grid is not None:
        checks.append(check_resources(grid, setting))
    return checks


def check_tracking(uri: str, experiment: str | None = None) -> None:
    """Reads the MLflow store, if there is one, and sees whether an SQLite one and the artifacts of
    an experiment can be written. Raises TrackingError with the remedy."""
    from sweeper.tracking.reading.reader import stored_runs
    from sweeper.tracking.sqlite_file import check_artifacts_writable
    from sweeper.tracking.sqlite_file import check_writable as check_database
    from sweeper.tracking.uri import sqlite_path

    stored_runs(uri)
    path = sqlite_path(uri)
    if path is not None:
        check_database(uri, path)
        check_artifacts_writable(uri, path, experiment)


def required_datasets(plan: Plan, setting: Settings) -> list[tuple[str, str]]:
    """(name, folder) of every prepared dataset that what is left of the plan reads."""
    found = set()
    for training in plan.trainings:
        config = training.config
        if training.todo and not training.unresolved and config.source == "published":
            found.add((config.dataset, config.data_dir or setting.data_dir))
    return sorted(found)


def _dataset(name: str, place: str) -> Check:
    from trainers.datasets.access.prepared import is_prepared

    ready = is_prepared(name, Path(place))
    return Check(f"dataset {name} in {place}", "" if ready else _unprepared(name, place))


def _unprepared(name: str, place: str) -> str:
    return (
        f"dataset {name} is not prepared in {place}. Prepare it: sweeper data prepare {name} "
        f"--source FILE --data {place}; or take a stand-in where there is one: --synthetic"
    )


def _store(store: str) -> Check:
    try:
        check_writable(store)
    except StoreError as error:
        return Check(f"sweep store {store}", f"{error}. Name another with --store")
    return Check(f"sweep store {store}")


def _enough_space(plan: Plan, grid: Grid, setting: Settings) -> Iterator[Check]:
    slots = slots_for(grid, local_machine(), len(plan.trainings))
    needed = disk_need(plan, grid, slots.at_a_time if setting.address is None else None)
    yield from _disk_space("the sweep store", setting.store, needed.peak)
    if setting.tracking_uri.startswith("sqlite:"):
        yield from _disk_space("MLflow's artifacts", ".", needed.artifacts)


def _disk_space(what: str, place: str, needed: int) -> Iterator[Check]:
    free = None if is_remote(place) else free_bytes(place)
    if free is None:
        return
    problem = ""
    if free < needed:
        problem = (
            f"{what} needs about {format_bytes(needed)} and the disk has {format_bytes(free)}: "
            "free some space (sweeper clean), or use another disk (--store), or keep less "
            "(keep_checkpoints, keep_weights)"
        )
    yield Check(f"space for {what}: {format_bytes(needed)} of {format_bytes(free)}", problem)


def _problems_of(report: NodeReport, setting: Settings) -> Iterator[str]:
    where = f"node {report.host}"
    if report.error:
        yield (
            f"{where}: {report.error}. Install this package there, in the version that is here, "
            "or ship it: sweeper launch ... --submit"
        )
        return
    ours = versions()
    for name, theirs in report.versions.items():
        if theirs != ours[name]:
            yield f"{where} has {name} {theirs}, here it is {ours[name]}: install the same on both"
    if report.code_error:
        yield f"{where}: {report.code_error}"
    if report.gpu_unusable:
        yield (
            f"{where}: PyTorch finds no GPU there, and Ray counts {report.gpus:g}: install a CUDA "
            "build of PyTorch and see whether nvidia-smi shows the GPU; start the node with "
            "--num-gpus=0; or train on CPUs (`resources: {gpu: 0}` in the grid)"
        )
    if report.store_error:
        yield f"{where}: {report.store_error}"
    elif not report.store_shared:
        yield (
            f"{where}: {setting.store} there is another folder than here. Put the store on a "
            "folder that all nodes share, or in a bucket: --store s3://BUCKET/FOLDER"
        )
    for name, place in report.missing:
        yield f"{where}: {_unprepared(name, place)}"
