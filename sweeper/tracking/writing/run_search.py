"""MLflow's run of a run id, wherever on the server it is."""

import time
from typing import Any

from sweeper.tracking import layout

LISTED_FOR_S = 60.0  # how long a list of the server's experiments is used


class RunSearch:
    """Searches the whole server, as an experiment may have been renamed, in MLflow or in the grid.
    Of a run that another launch writes into a new experiment it knows within `LISTED_FOR_S`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._experiment_ids: list[str] = []
        self._listed_s = 0.0

    def find(self, run_id: str) -> Any | None:
        """MLflow's run, a finished one first. Raises what MLflow raises."""
        if not self._experiment_ids or time.monotonic() - self._listed_s > LISTED_FOR_S:
            self._experiment_ids, self._listed_s = self._experiments(), time.monotonic()
        of_kind = f"tags.`{layout.KIND}` = '{layout.KIND_RUN}'"
        query = f"tags.`{layout.RUN_ID}` = '{run_id}' AND {of_kind}"
        found = self._client.search_runs(self._experiment_ids, query)
        return max(found, key=is_finished, default=None)

    def _experiments(self) -> list[str]:
        ids, token = [], None
        while token != "":
            page = self._client.search_experiments(page_token=token)
            ids += [experiment.experiment_id for experiment in page]
            token = page.token or ""
        return ids


def is_finished(stored: Any) -> bool:
    """Whether MLflow's run is complete."""
    is_complete = stored.data.tags.get(layout.STATUS) == layout.FINISHED
    return is_complete and stored.info.status == "FINISHED"
