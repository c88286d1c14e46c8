"""A tracking server, read through MLflow's client."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sweeper.tracking.connection import check_server, tracking_error
from sweeper.tracking.reading.stored_run import Experiment, StoredRun
from sweeper.tracking.uri import is_server

PAGE = 1000  # the largest page of the client; further pages are fetched by token


def read_experiments(uri: str) -> list[Experiment]:
    """Every experiment, deleted ones too."""
    from mlflow.entities import ViewType

    with _client(uri) as client:
        pages = _pages(client.search_experiments, view_type=ViewType.ALL, max_results=PAGE)
        return [
            Experiment(found.experiment_id, found.name, found.lifecycle_stage == "active")
            for found in sorted(pages, key=lambda item: int(item.experiment_id))
        ]


def read_runs(
    uri: str, experiment_ids: Sequence[str], tagged: tuple[str, Collection[str]] | None = None
) -> list[StoredRun]:
    """Every active run of these experiments, in order of start. tagged: (a tag, the values of it
    that are needed); MLflow 3.17 searches a tag for one value only, and with IN for its own run
    ids only, so of several values all runs are read.

    Oldest first, so that runs which start between two pages come after the last one."""
    query = ""
    if tagged is not None and len(tagged[1]) == 1:
        [value] = tagged[1]
        query = f"tags.`{tagged[0]}` = '{value}'"
    with _client(uri) as client:
        pages = _pages(
            client.search_runs,
            experiment_ids=list(experiment_ids),
            filter_string=query,
            max_results=PAGE,
            order_by=["attributes.start_time ASC"],
        )
        found = {run.info.run_id: _stored(run) for run in pages}
    return sorted(found.values(), key=lambda run: (run.start_ms, run.mlflow_run_id))


def _stored(run: Any) -> StoredRun:
    info, data = run.info, run.data
    return StoredRun(
        info.run_id,
        info.experiment_id,
        info.status,
        info.start_time,
        info.end_time,
        info.artifact_uri,
        dict(data.params),
        dict(data.tags),
        dict(data.metrics),
    )


def _pages(search: Any, **query: Any) -> Iterator[Any]:
    token = None
    while True:
        page = search(**query, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


@contextmanager
def _client(uri: str) -> Iterator[Any]:
    """A client of a reachable server. MLflow's errors become TrackingError."""
    if is_server(uri):
        check_server(uri)
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    try:
        yield MlflowClient(uri)
    except MlflowException as error:
        raise tracking_error(uri, error) from error
