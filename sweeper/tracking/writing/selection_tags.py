"""Tags the selected runs in MLflow, so that its UI can filter for them."""

from collections.abc import Iterable

from sweeper.errors import TrackingError
from sweeper.messages import mask_credentials
from sweeper.tracking import layout
from sweeper.tracking.connection import open_client
from sweeper.tracking.reading import reader


def tag_selected(run_ids: Iterable[str], by: str, uri: str = layout.DEFAULT_URI) -> int:
    """Tag these runs as selected by a score, and remove that tag from all others.

    A run selected by several scores carries all of them. Returns the number of changed tags. Raises
    TrackingError for a run id that the store does not hold."""
    from mlflow.exceptions import MlflowException

    wanted = set(run_ids)
    runs = {run.tags[layout.RUN_ID]: run for run in reader.read_store(uri).runs}
    unknown = sorted(wanted - set(runs))
    if unknown:
        raise TrackingError(f"no run {', '.join(unknown)} in {mask_credentials(uri)}")
    client, changed = open_client(uri), 0
    for run_id, run in runs.items():
        before = run.tags.get(layout.SELECTED_BY, "")
        names = set(layout.split_list(before)) - {by} | ({by} if run_id in wanted else set())
        after = layout.join_list(names)
        if after == before:
            continue
        try:
            client.set_tag(run.mlflow_run_id, layout.SELECTED_BY, after)
        except MlflowException as error:
            raise TrackingError(f"run {run_id} cannot be tagged: {error}") from error
        changed += 1
    return changed
