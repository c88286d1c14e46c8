"""Tags the selected runs in MLflow, so that its UI can filter for them."""

from collections.abc import Iterable, Mapping

from sweeper.errors import TrackingError
from sweeper.messages import mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.connection import open_client, tracking_error
from sweeper.tracking.reading import reader
from sweeper.tracking.sqlite_file import check_writable
from sweeper.tracking.uri import sqlite_path


def tag_selected(run_ids: Iterable[str], by: str, uri: str = layout.DEFAULT_URI) -> int:
    """Tag these runs as selected by a score, and remove that tag from all others.

    A run selected by several scores carries all of them. Returns the number of changed tags. Raises
    TrackingError for a run id that the store does not hold, and for a store that cannot be
    written."""
    wanted = set(run_ids)
    runs = {run.tags[layout.RUN_ID]: run for run in reader.read_store(uri).runs}
    unknown = sorted(wanted - set(runs))
    if unknown:
        raise TrackingError(f"no run {', '.join(unknown)} in {mask_credentials(uri)}")
    changes = {}
    for run in runs.values():
        before = run.tags.get(layout.SELECTED_BY, "")
        selected = run.tags[layout.RUN_ID] in wanted
        names = set(layout.split_list(before)) - {by} | ({by} if selected else set())
        after = layout.join_list(names)
        if after != before:
            changes[run.mlflow_run_id] = after
    if changes:
        _set_tags(uri, changes)
    return len(changes)


def _set_tags(uri: str, changes: Mapping[str, str]) -> None:
    from mlflow.exceptions import MlflowException

    path = sqlite_path(uri)
    if path is not None:
        check_writable(uri, path)
    client = open_client(uri)
    for mlflow_run_id, value in changes.items():
        try:
            client.set_tag(mlflow_run_id, layout.SELECTED_BY, value)
        except MlflowException as error:
            raise tracking_error(uri, error) from error
