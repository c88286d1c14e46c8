"""What MLflow and the sweep store hold of points: statuses, scores, checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sweeper.planning.plan import FINISHED, Plan, Training
from sweeper.planning.remaining import KnownRuns, known_runs, stored_progress
from sweeper.planning.settings import Settings
from sweeper.search.objective import Scores
from sweeper.store.folders import open_folder
from trainers.errors import RecordError
from trainers.saving.records import find_records, read_milestone


@dataclass(frozen=True)
class FinishedRun:
    """A finished run: its parameters and final metrics as MLflow holds them."""

    run_id: str
    params: Mapping[str, str]
    metrics: Scores


class KnownResults(Protocol):
    """Results known from earlier runs."""

    @property
    def results(self) -> Mapping[str, FinishedRun]:
        """Finished runs by run id."""
        ...

    def with_progress(self, plan: Plan) -> Plan:
        """The plan, with what is done left out."""
        ...

    def scores(self, training: Training) -> dict[int, Scores]:
        """Metrics by milestone, of those that are scored."""
        ...


@dataclass
class NoResults:
    """No known results: for simulated searches."""

    results: dict[str, FinishedRun] = field(default_factory=dict)

    def with_progress(self, plan: Plan) -> Plan:
        return plan

    def scores(self, training: Training) -> dict[int, Scores]:
        return {}


@dataclass(frozen=True)
class StoredResults:
    """MLflow's runs and a store's folders. results: the finished runs; known: all that ended."""

    store: str
    results: dict[str, FinishedRun]
    known: KnownRuns

    def with_progress(self, plan: Plan) -> Plan:
        ids = (training.training_id for training in plan.trainings)
        return plan.with_progress(self.known.statuses, stored_progress(self.store, ids))

    def scores(self, training: Training) -> dict[int, Scores]:
        """A damaged record counts as none: its milestone is trained again."""
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


def read_stored_results(settings: Settings) -> StoredResults:
    """Reads MLflow. Raises TrackingError."""
    from sweeper.tracking.reading.reader import stored_runs

    stored = stored_runs(settings.tracking_uri)
    known = known_runs(stored)
    results = {
        run: FinishedRun(run, stored[run].params, stored[run].metrics)
        for run, status in known.statuses.items()
        if status == FINISHED
    }
    return StoredResults(settings.store, results, known)
