"""MLflow's run of a run id, wherever on the server it is."""

from collections.abc import Iterable
from typing import Any

from sweeper.tracking import layout


class RunSearch:
    """Searches the whole server, as an experiment may have been renamed, in MLflow or in the grid.

    The experiments that were there before are searched first; only where the run is in none of
    them, those that another launch has added since are listed."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._experiment_ids: list[str] = []

    def find(self, run_id: str) -> Any | None:
        """MLflow's run, a finished one first. Raises what MLflow raises."""
        found = self._search(run_id, self._experiment_ids)
        if not found:
            listed = list(self._listed())
            found = self._search(run_id, sorted(set(listed) - set(self._experiment_ids)))
            self._experiment_ids = listed
        return max(found, key=is_finished, default=None)

    def _search(self, run_id: str, experiment_ids: list[str]) -> list[Any]:
        if not experiment_ids:
            return []
        of_kind = f"tags.`{layout.KIND}` = '{layout.KIND_RUN}'"
        query = f"tags.`{layout.RUN_ID}` = '{run_id}' AND {of_kind}"
        return list(self._client.search_runs(experiment_ids, query))

    def _listed(self) -> Iterable[str]:
        """The server's experiments."""
        token = None
        while token != "":
            page = self._client.search_experiments(page_token=token)
            yield from (experiment.experiment_id for experiment in page)
            token = page.token or ""


def is_finished(stored: Any) -> bool:
    """Whether MLflow's run is complete."""
    is_complete = stored.data.tags.get(layout.STATUS) == layout.FINISHED
    return is_complete and stored.info.status == "FINISHED"
