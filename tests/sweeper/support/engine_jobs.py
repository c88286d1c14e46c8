"""Small real trainings as jobs of an engine: the small CNN on dSprites, four images a batch."""

import threading
from dataclasses import replace

from sweeper.engine.jobs import Job
from sweeper.store.folders import open_folder
from trainers.config import Evaluation, TrainingConfig
from trainers.config_checks import checked
from trainers.saving.records import find_records, read_milestone


def name_of(number):
    return f"{number:016x}"


def make_job(store, number, milestones=(4,), config=None, **changes):
    """config: fields of the training's configuration that differ; not checked."""
    values = dict(
        dataset="dsprites",
        source="rendered",
        model="vae",
        params={},
        network="cnn",
        latent_dim=3,
        batch_size=4,
        learning_rate=1e-3,
        seed=number,
        milestones=milestones,
        measures=("cbd",),
        evaluation=Evaluation(num_points=20),
    )
    training = checked(TrainingConfig(**values))
    training = TrainingConfig(**{**vars(training), **(config or {})})
    quick = dict(report_s=0.01, checkpoint_s=0.01)
    return Job(name_of(number), training, str(store), **(quick | changes))


def make_fused_job(store, numbers, config=None, **changes):
    """One job whose trainings run as one program."""
    asked = {"fused": True, **(config or {})}
    first, *others = (make_job(store, number, config=asked, **changes) for number in numbers)
    return replace(first, fused_with=tuple((job.training_id, job.config) for job in others))


def run(engine, jobs, on_event=lambda event: None, stop=None, **options):
    """Runs the jobs; the events."""
    events = []

    def take(event):
        events.append(event)
        on_event(event)

    engine.run(jobs, take, stop or threading.Event(), **options)
    return events


def ends(events):
    """{training id: how it ended}."""
    return {e.training_id: e.kind for e in events if e.kind != "progress"}


def of(number, events):
    return [event for event in events if event.training_id == name_of(number)]


def records(store, number):
    """What the store holds of a training."""
    return find_records(open_folder(str(store), name_of(number)))


def milestone(store, number, iteration):
    folder = open_folder(str(store), name_of(number))
    return read_milestone(folder, records(store, number).milestones[iteration])
