"""A store of really trained runs, without Ray: a few steps each, published as a launch does."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

from sweeper.analysis.rule import keep_rule, keeps_every_milestone
from sweeper.analysis.study import Study, read_study
from sweeper.grid import Grid
from sweeper.planning.plan import make_plan
from sweeper.publishing.runs import run_to_publish
from sweeper.store.folders import open_folder
from sweeper.tracking import layout
from sweeper.tracking.writing.writer import Writer
from trainers.saving.records import find_records, read_milestone
from trainers.training import Training


@dataclass(frozen=True)
class Trained:
    """uri: the tracking URI.  store: the sweep store.  folder: holds both."""

    uri: str
    store: str
    folder: Path

    def study(self) -> Study:
        return read_study(self.uri)

    def copied(self, place: Path) -> "Trained":
        """The same store elsewhere, to be changed; artifacts that are read stay where they are."""
        shutil.copytree(self.folder, place, dirs_exist_ok=True)
        return Trained(f"sqlite:///{place / 'mlflow.db'}", str(place / "sweep_store"), place)


def train_store(folder: Path, database: Path, name: str = "tiny", **content: object) -> Trained:
    """Trains every training of a grid and publishes its runs. content: as in a grid file."""
    shutil.copy(database, folder / "mlflow.db")
    place = Trained(f"sqlite:///{folder / 'mlflow.db'}", str(folder / "sweep_store"), folder)
    grid = Grid(name=name, **content)
    plan = make_plan(grid)
    writer = Writer(place.uri, grid.experiment, folder, "0.1.0")
    parent = writer.open_launch(plan.grid, plan.grid_id, {})
    for file, text in (
        (layout.PLAN, json.dumps(plan.to_json())),
        (layout.GRID_TEXT, yaml.safe_dump(content)),
    ):
        (folder / file).write_text(text, encoding="utf-8")
        writer.attach(parent, folder / file)
    for training in plan.trainings:
        records = open_folder(place.store, training.training_id)
        running = Training(
            training.config,
            records,
            keep_weights=keep_rule(grid),
            keep_all=keeps_every_milestone(grid),
        )
        while running.status == "running":
            running.advance()
        running.close()
        for iteration, record in find_records(records).milestones.items():
            milestone = read_milestone(records, record)
            writer.publish(
                run_to_publish(
                    training, iteration, grids=[plan.grid], parent=parent, milestone=milestone
                )
            )
    writer.close_launch(parent, "FINISHED")
    return place
