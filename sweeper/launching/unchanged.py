"""Whether a launch has nothing to do, so that MLflow need not even be opened for writing."""

from dataclasses import replace

from sweeper.analysis.study import Study, read_study
from sweeper.errors import SweeperError
from sweeper.grid import Grid
from sweeper.launching.outcome import Outcome, outcome_of
from sweeper.launching.sources.source import Source
from sweeper.publishing.launch_results import results_digest
from sweeper.publishing.rescoring import runs_missing_measures
from sweeper.publishing.run_publisher import RunStates
from sweeper.tracking import layout


def unchanged_outcome(grid: Grid, source: Source, tracking_uri: str) -> Outcome | None:
    """The outcome of a launch whose runs all ended earlier, and whose results in MLflow were made
    from what the store holds now; None where something is to be done."""
    if grid.search is not None or source.num_trainings or not _is_published(source):
        return None
    outcome = outcome_of(source.plan, source.known, RunStates())
    if outcome.num_left:
        return None
    try:
        study = read_study(tracking_uri)
    except SweeperError:
        return None
    if not _has_results(study, grid, source.plan.grid_id, outcome.mlflow_state):
        return None
    return replace(outcome, study=study)


def _is_published(source: Source) -> bool:
    """Whether MLflow has every run of the plan, with scores, picture and the name of the grid."""
    plan, known = source.plan, source.known
    return (
        not any(training.to_publish for training in plan.trainings)
        and not any(runs_missing_measures(plan, known.measures))
        and not (known.without_picture | known.without_configuration).intersection(plan.run_ids)
        and all(plan.grid in known.grids.get(run_id, ()) for run_id in plan.run_ids)
    )


def _has_results(study: Study, grid: Grid, grid_id: str, state: str) -> bool:
    digest = results_digest(study)
    return any(
        launch.grid_id == grid_id
        and launch.stored.state == state
        and launch.grid_text == grid.origin.text
        and launch.stored.tags.get(layout.RESULTS) == digest
        for launch in study.launches
    )
