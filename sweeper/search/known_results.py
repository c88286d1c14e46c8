"""What MLflow and the sweep store know of points: statuses, scores, checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sweeper.planning.plan import FINISHED, Plan, StoredProgress, Training
from sweeper.planning.settings import Settings
from sweeper.search.objective import Scores
from sweeper.store.folders import open_folder, read_progress
from trainers.errors import RecordError
from trainers.saving.records import find_records, read_milestone


@dataclass(frozen=True)
class FinishedRun:
    """A finished run: its parameters and final metrics as MLflow holds them."""

    run_id: str
    params: Mapping[str, str]
    metrics: Scores


class KnownResults(Protocol):
    """What is known before and beside a search."""

    @property
    def results(self) -> Mapping[str, FinishedRun]:
        """Finished runs by run id."""
        ...

    def with_progress(self, plan: Plan) -> Plan:
        """The plan with what is done already left out."""
        ...

    def scores(self, training: Training) -> dict[int, Scores]:
        """Metrics by milestone, as far as a training was scored."""
        ...


@dataclass
class NoResults:
    """A library without a book: for searches that are replayed."""

    results: dict[str, FinishedRun] = field(default_factory=dict)

    def with_progress(self, plan: Plan) -> Plan:
        return plan

    def scores(self, training: Training) -> dict[int, Scores]:
        return {}


@dataclass
class StoredResults:
    """MLflow's runs and a store's folders. statuses: of runs that ended, by run id."""

    store: str
    results: dict[str, FinishedRun]
    statuses: dict[str, str]

    def with_progress(self, plan: Plan) -> Plan:
        held = read_progress(self.store, (training.training_id for training in plan.trainings))
        return plan.with_progress(
            self.statuses,
            {
                training_id: StoredProgress(
                    frozenset(found.checkpoints), frozenset(found.milestones)
                )
                for training_id, found in held.items()
            },
        )

    def scores(self, training: Training) -> dict[int, Scores]:
        """A record that is damaged counts as none: its milestone is trained again."""
        runs = zip(training.config.milestones, training.run_ids, strict=True)
        known = {m: self.results[run].metrics for m, run in runs if run in self.results}
        folder = open_folder(self.store, training.training_id)
        for iteration, name in find_records(folder).milestones.items():
            if iteration in training.config.milestones and iteration not in known:
                try:
                    known[iteration] = read_milestone(folder, name).metrics
                except RecordError:
                    continue
        return known


def read_stored_results(setting: Settings) -> StoredResults:
    """Reads MLflow, and tells `setting` which runs and grids it knows. Raises TrackingError."""
    from sweeper.tracking.reading.reader import finished_runs, stored_runs

    stored = stored_runs(setting.tracking_uri)
    ended = finished_runs(stored)
    setting.known_runs = {run: entry.mlflow_run_id for run, entry in ended.items()}
    setting.known_grids = {run: entry.grids for run, entry in ended.items()}
    setting.known_measures = {run: entry.measures for run, entry in ended.items()}
    return StoredResults(
        setting.store,
        {
            run: FinishedRun(run, stored[run].params, stored[run].metrics)
            for run, entry in ended.items()
            if entry.status == FINISHED
        },
        {run: entry.status for run, entry in ended.items()},
    )
