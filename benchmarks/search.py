"""How many trainings a search needs to reach the best of the full grid.

    python -m benchmarks.search [--quick]
    python -m benchmarks.search --export sqlite:///mlflow.db     after the launch below

The full grid was trained once, on two cores: `sweeper launch
benchmarks/recorded/search_grid.yaml`, the quickstart's iterations at more learning rates and betas;
its scores are in benchmarks/recorded/search_grid.csv. Here they are replayed: a search proposes
points of that grid, two workers look their scores up, and nothing is trained. Reported is when a
search has seen a CbD within 5% of the best of all runs, and when the best itself. A training counts
from its start; steps count as far as it went. A pruner may stop the best run before its best
milestone: `missed` counts the searches that tried every point and did not see it. `in order` is the
grid as written.
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from benchmarks.support.measuring import ROOT, table
from sweeper.grid import Grid, load_grid
from sweeper.planning.plan import Training, make_plan
from sweeper.search.dataset_search import DatasetSearch
from sweeper.search.training_queue import TrainingQueue
from trainers.config import TrainingConfig

GRID = ROOT / "benchmarks" / "recorded" / "search_grid.yaml"
SCORES = ROOT / "benchmarks" / "recorded" / "search_grid.csv"
WORKERS = 2
NEAR = 0.95  # of the best score
SEARCHES = (
    ("random", "none"),
    ("tpe", "none"),
    ("random", "asha"),
    ("tpe", "asha"),
    ("tpe", "median"),
    ("tpe", "hyperband"),
    ("nsga2", "none"),
)
Key = tuple[str, float, float, int]


@dataclass(frozen=True)
class Reached:
    """What it took to see a score. missed: it was never seen."""

    trainings: int
    steps: int
    missed: bool = False


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three seeds")
    parser.add_argument("--export", metavar="URI", help="write the scores of the full grid")
    options = parser.parse_args(arguments)
    if options.export:
        export(options.export)
        return
    if not SCORES.exists():
        sys.exit(f"{SCORES} is missing; launch {GRID} and use --export")
    print(page(seeds=3 if options.quick else 10))


def page(seeds: int = 10) -> str:
    """The table, in Markdown."""
    scores = read_scores()
    best = max(row["measure/cbd"] for row in scores.values())
    full = make_plan(load_grid(GRID))
    head = (
        "search",
        f"within {1 - NEAR:.0%}: trainings (sd)",
        "steps, % of the full grid",
        "missed",
        "the best: trainings (sd)",
        "steps, %",
        "missed",
    )
    rows = []
    for name, every in contenders(scores, best, seeds):
        rows.append([name])
        for goal in range(2):
            reached = [one[goal] for one in every]
            counts = [one.trainings for one in reached]
            sd = f" ({stdev(counts):.1f})" if len(counts) > 1 else ""
            steps = 100 * mean(one.steps for one in reached) / full.steps_to_run
            missed = sum(one.missed for one in reached)
            rows[-1] += [f"{mean(counts):.1f}{sd}", f"{steps:.0f}", str(missed)]
    whole = f"{len(full.trainings)} trainings, {full.runs} runs, best CbD {best:.4f}"
    return f"The full grid: {whole}. {seeds} seeds each.\n\n" + table(head, rows)


def contenders(
    scores: dict[Key, dict[str, float]], best: float, seeds: int
) -> Iterator[tuple[str, list[list[Reached]]]]:
    """(name, what each seed took: near the best, and to the best)."""
    trainings = list(make_plan(load_grid(GRID)).trainings)
    yield "in order", [Replay(scores, best).of_list(trainings)]
    shuffled = []
    for seed in range(seeds):
        order = random.Random(seed).sample(trainings, len(trainings))
        shuffled.append(Replay(scores, best).of_list(order))
    yield "in a random order", shuffled
    for sampler, pruner in SEARCHES:
        name = sampler if pruner == "none" else f"{sampler}, {pruner}"
        yield (
            name,
            [Replay(scores, best).of_search(sampler, pruner, seed) for seed in range(seeds)],
        )


class Replay:
    """Workers that look scores up; over once the best score was seen."""

    def __init__(self, scores: dict[Key, dict[str, float]], best: float) -> None:
        self._scores, self._goals = scores, [NEAR * best, best]
        self._trainings = self._steps = 0
        self._reached: list[Reached] = []

    def of_list(self, trainings: list[Training]) -> list[Reached]:
        for training in trainings:
            self._trainings += 1
            for milestone in training.config.milestones:
                self._look_up(training.config, milestone)
            if self._seen:
                break
        return self._all_reached()

    def of_search(self, sampler: str, pruner: str, seed: int) -> list[Reached]:
        """A search that proposes until it has seen the best, or has tried every point."""
        search = {"sampler": sampler, "pruner": pruner, "seed": seed, "trainings": 10**4}
        plain = load_grid(GRID)
        blocks = {name: getattr(plain, name) for name in ("datasets", "models", "axes")}
        grid = Grid(**blocks, evaluation=plain.evaluation, name="replay", search=search)
        walk = TrainingQueue([DatasetSearch(grid, grid.datasets[0])])
        busy: list[tuple[Training, int]] = []
        while not self._seen:
            while len(busy) < WORKERS and (training := walk.next()) is not None:
                self._trainings += 1
                busy.append((training, 0))
            if not busy:
                break
            training, index = busy.pop(0)
            milestones = training.config.milestones
            last = index == len(milestones) - 1
            scores = {milestones[index]: self._look_up(training.config, milestones[index])}
            if not walk.add_scores(training.training_id, scores, finished=last) and not last:
                busy.append((training, index + 1))
        return self._all_reached()

    @property
    def _seen(self) -> bool:
        return len(self._reached) == len(self._goals)

    def _all_reached(self) -> list[Reached]:
        never = Reached(self._trainings, self._steps, missed=True)
        return self._reached + [never] * (len(self._goals) - len(self._reached))

    def _look_up(self, config: TrainingConfig, milestone: int) -> dict[str, float]:
        at = config.milestones.index(milestone)
        self._steps += milestone - (config.milestones[at - 1] if at else 0)
        scores = self._scores[_key(config, milestone)]
        while not self._seen and scores["measure/cbd"] >= self._goals[len(self._reached)]:
            self._reached.append(Reached(self._trainings, self._steps))
        return scores


def _key(config: TrainingConfig, milestone: int) -> Key:
    beta = float(config.params.get("beta", 0.0))
    return config.model, beta, config.learning_rate, milestone


def read_scores() -> dict[Key, dict[str, float]]:
    """The stored scores of the full grid."""
    found = {}
    with SCORES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["model"], float(row["beta"]), float(row["learning_rate"]))
            metrics = {name: float(text) for name, text in row.items() if "/" in name}
            found[*key, int(row["iterations"])] = metrics
    return found


def export(uri: str, out: Path = SCORES) -> None:
    """Writes the scores of a launched search_grid as CSV."""
    import pandas as pd

    from sweeper.analysis.population import launched
    from sweeper.analysis.study import read_study

    runs = pd.DataFrame(launched(read_study(uri), "search_grid").rows)
    names = ["measure/cbd", "measure/mig", "measure/beta_vae", "valid/recon", "valid/kl"]
    runs = runs.sort_values(["model", "param/beta", "learning_rate", "iterations"])
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["model", "beta", "learning_rate", "iterations", *names])
        for row in runs.to_dict("records"):
            beta = row["param/beta"] if row["param/beta"] == row["param/beta"] else 0.0
            head = [row["model"], beta, row["learning_rate"], row["iterations"]]
            writer.writerow([*head, *(f"{row[name]:.6g}" for name in names)])


if __name__ == "__main__":
    main()
