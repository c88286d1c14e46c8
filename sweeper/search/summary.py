"""The lines that a launch of a search prints at its start and end."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from search_spaces.samplers import Trial, TrialState
from sweeper.grid import Grid
from sweeper.messages import counted
from sweeper.search.candidate import without_defaults
from sweeper.search.dataset_search import REPEAT, WARM, DatasetSearch
from sweeper.search.space import num_points, search_of
from sweeper.search.training_queue import TrainingQueue


def start_lines(grid: Grid, searches: Sequence[DatasetSearch]) -> Iterator[str]:
    """What is searched, and what of that is done."""
    asked = search_of(grid)
    seeds = f" of {len(grid.seeds)} trainings" if len(grid.seeds) > 1 else ""
    for search in searches:
        goals = ", ".join(
            f"{metric} {direction}"
            for metric, direction in zip(
                search.objective.metrics, search.objective.directions, strict=True
            )
        )
        yield (
            f"search of {search.dataset.name} for {goals}: sampler {asked.sampler}, "
            f"pruner {asked.pruner}, {num_points(grid)} points{seeds}"
        )
        resumed = sum(trial.state == TrialState.OPEN for trial in search.optuna_search.trials())
        if search.proposed:
            yield f"  points proposed before: {search.proposed}, of which {resumed} are resumed"
        if search.num_warm_started:
            yield f"  results of this space taken over from MLflow: {search.num_warm_started}"


def end_summary(
    grid: Grid, searches: Sequence[DatasetSearch], queue: TrainingQueue, interrupted: bool
) -> tuple[tuple[str, ...], int, bool]:
    """(notes on each search, number of trainings that are missing, whether each search succeeded).

    A point that diverged counts as a result; one that failed or was not tried does not."""
    notes: list[str] = []
    succeeded = True
    for search in searches:
        tried = proposed_of(search)
        notes += _lines(search, tried)
        succeeded &= any(one.state == TrialState.DONE for one in search.optuna_search.trials())
    left = 0 if interrupted else len(grid.seeds) * queue.num_unproposed
    exhausted = queue.exhausted()
    if exhausted:
        notes.append(f"{exhausted}: {left} of {_asked(grid)} trainings were left out")
    return tuple(notes), left if exhausted or not succeeded else 0, succeeded


def proposed_of(search: DatasetSearch) -> list[Trial]:
    """The points that the search itself proposed."""
    return [one for one in search.optuna_search.trials() if not {WARM, REPEAT} & set(one.notes)]


def _asked(grid: Grid) -> int:
    return num_points(grid) * len(grid.seeds) * len(grid.datasets)


def _lines(search: DatasetSearch, tried: Sequence[Trial]) -> Iterator[str]:
    counts = Counter(one.notes.get("end") or str(one.state) for one in tried)
    words = {
        "done": "to the end",
        "pruned": "stopped early",
        "diverged": "diverged",
        "failed": "failed",
        "budget": "stopped by the budget",
        "open": "open",
    }
    parts = [f"{counts[key]} {word}" for key, word in words.items() if counts[key]]
    points = counted(len(tried), "point")
    yield f"search of {search.dataset.name}: {points}: {', '.join(parts) or 'none'}"
    if search.stop_reason:
        yield f"  no more are proposed: {search.stop_reason}"
    troubles = Counter(
        one.notes["reason"] for one in tried if one.notes.get("end") in ("failed", "diverged")
    )
    yield from (f"  {count} times: {reason}" for reason, count in troubles.most_common(3))
    best = {one.number: one for one in search.optuna_search.trials()}
    numbers = search.optuna_search.best()
    if search.objective.single and numbers:
        yield f"  best {_point(search, best[numbers[0]])}"
    elif numbers:
        yield f"  for its front as a figure: sweeper pareto {search.grid.title} --out figures"


def _point(search: DatasetSearch, one: Trial) -> str:
    values = ", ".join(
        f"{metric} {value:.4g}"
        for metric, value in zip(search.objective.metrics, one.values, strict=True)
    )
    return f"{values}: {_spelled(without_defaults(one.point))}"


def _spelled(point: dict[str, Any]) -> str:
    return " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in point.items()
    )
