"""Speeds: how they are kept and looked up, measured by a launch, and by calibration."""

from dataclasses import replace
from pathlib import Path

import pytest

from sweeper.cost.calibration import Conditions, calibrate, training_kinds
from sweeper.cost.machine import Machine, Slots
from sweeper.cost.makespan import end_times, longest_first, makespan
from sweeper.cost.speeds import NAME, Speed, Speeds, read_speeds, write_speeds
from sweeper.engine.jobs import TrainingEvent
from sweeper.errors import EngineError
from sweeper.grid import Grid
from sweeper.launching.speed_meter import SpeedMeter
from sweeper.planning.plan import make_plan

GRID = Grid(
    datasets="dsprites",
    models=["vae", "l_vae"],
    axes={"iterations": [20, 40], "batch_size": [16, 32], "network": "cnn"},
    evaluation={"num_points": 100, "measures": ["cbd"]},
)
PLAN = make_plan(GRID)
CONFIG = PLAN.trainings[0].config
TWO = Slots(Machine("a CPU", 2), "cpu", 0.0, 1, 2)


def test_a_speed_holds_for_its_kind_whatever_the_seed_and_the_rate() -> None:
    speeds = Speeds()
    speeds.add(CONFIG, Speed(0.5))
    alike = replace(CONFIG, seed=9, learning_rate=1.0, model="l_vae", milestones=(1,))
    assert speeds.of(alike) == Speed(0.5)
    for other in (
        {"network": "mlp"},
        {"latent_dim": 9},
        {"precision": "bf16"},
        {"model": "factor_vae"},
        {"dataset": "mpi3d"},
        {"measures": None},
    ):
        assert speeds.of(replace(CONFIG, **other)) is None


def test_other_batch_sizes_lie_on_the_line_through_the_nearest_two() -> None:
    speeds = Speeds()
    speeds.add(replace(CONFIG, batch_size=16), Speed(0.25, 1.0, 2.0, 3.0))
    assert speeds.of(replace(CONFIG, batch_size=32)) == Speed(0.5, 1.0, 2.0, 3.0)
    speeds.add(replace(CONFIG, batch_size=32), Speed(0.375))
    assert speeds.of(replace(CONFIG, batch_size=64)).step_s == pytest.approx(0.625)
    assert speeds.of(replace(CONFIG, batch_size=24)).step_s == pytest.approx(0.3125)
    assert speeds.of(replace(CONFIG, batch_size=1)).step_s > 0


def test_a_training_is_opened_run_scored_and_closed() -> None:
    assert Speed(0.5, 10.0, 3.0, 2.0).seconds(100, 2) == 50 + 20 + 3 + 2
    assert Speed(0.5, 10.0, 3.0, 2.0).seconds(0, 0) == 0


def test_speeds_are_kept_by_machine_and_newer_ones_replace_older(tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    assert read_speeds(store, TWO).of(CONFIG) is None
    write_speeds(store, TWO, [(CONFIG, Speed(1.0))])
    write_speeds(store, TWO, [(replace(CONFIG, batch_size=32), Speed(2.0))])
    write_speeds(store, TWO, [(CONFIG, Speed(0.5))])
    assert read_speeds(store, TWO).of(CONFIG) == Speed(0.5)
    assert read_speeds(store, TWO).of(replace(CONFIG, batch_size=32)) == Speed(2.0)
    assert read_speeds(store, replace(TWO, machine=Machine("b", 2))).of(CONFIG) is None
    assert read_speeds(store, replace(TWO, threads=2)).of(CONFIG) is None
    assert [path.name for path in (tmp_path / "store").iterdir()] == [NAME]


def test_the_nearest_number_of_workers_stands_in(tmp_path: Path) -> None:
    store = str(tmp_path)
    write_speeds(store, replace(TWO, workers=1), [(CONFIG, Speed(1.0))])
    write_speeds(store, replace(TWO, workers=8), [(CONFIG, Speed(8.0))])
    assert read_speeds(store, TWO).of(CONFIG) == Speed(1.0)
    assert read_speeds(store, replace(TWO, workers=7)).of(CONFIG) == Speed(8.0)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 9, "machines": {}}', '{"format": 1}'])
def test_a_damaged_file_of_speeds_is_no_obstacle(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    assert read_speeds(str(tmp_path), TWO).of(CONFIG) is None
    write_speeds(str(tmp_path), TWO, [(CONFIG, Speed(1.0))])
    assert read_speeds(str(tmp_path), TWO).of(CONFIG) == Speed(1.0)


def test_a_launch_measures_steps_and_scores_apart() -> None:
    """0.1 s a step; the milestone at 60 takes 4 s more; a second attempt does not mix in."""
    training = PLAN.trainings[0]
    now = [0.0]
    meter = SpeedMeter(Speeds(), clock=lambda: now[0])

    def take(at: float, iteration: int, **more) -> None:
        now[0] = at
        meter.add_event(
            TrainingEvent(training.training_id, "progress", iteration, **more), training
        )

    take(100.0, 0)
    take(102.0, 20)
    take(104.0, 40)
    take(110.0, 60, records={60: "r"})
    take(500.0, 40)  # begun again elsewhere
    take(501.0, 50)
    [(config, speed)] = list(meter.speeds())
    assert config == training.config
    assert (speed.step_s, speed.score_s) == pytest.approx((0.1, 4.0))


def test_too_few_steps_are_no_speed() -> None:
    training = PLAN.trainings[0]
    meter = SpeedMeter(Speeds(), clock=lambda: 0.0)
    meter.add_event(TrainingEvent(training.training_id, "progress", 0), training)
    meter.add_event(TrainingEvent(training.training_id, "progress", 5), training)
    assert list(meter.speeds()) == []


def test_a_kind_is_timed_once_for_each_batch_size() -> None:
    assert sorted(config.batch_size for config in training_kinds(PLAN)) == [16, 32]
    done = PLAN.with_progress(dict.fromkeys(PLAN.run_ids, "finished"), {})
    assert training_kinds(done) == []


@pytest.mark.parametrize(
    ("seconds", "workers", "end"),
    [([], 3, 0.0), ([5.0], 3, 5.0), ([1, 1, 4], 2, 5.0), ([4, 1, 1], 2, 4.0), ([1, 2, 3], 1, 6.0)],
)
def test_the_makespan_of_trainings_that_never_wait(seconds, workers, end) -> None:
    assert makespan(seconds, workers) == end


def test_longest_first_is_within_a_third_of_the_best() -> None:
    """Graham 1969: 4/3 - 1/(3 m) of the optimum at most; here the worst case for 2 workers."""
    seconds = [3.0, 3.0, 2.0, 2.0, 2.0]
    assert makespan(longest_first(seconds), 2) == 7.0
    assert max(end_times(seconds, 2)) == 7.0 and 7.0 / 6.0 == pytest.approx(4 / 3 - 1 / 6)


@pytest.mark.slow
def test_calibration_times_a_training_of_each_kind(tmp_path: Path) -> None:
    timed = []
    given = Conditions(TWO, tmp_path / "store", tmp_path, seconds=0.5)
    found = calibrate(training_kinds(PLAN), given, on_kind=lambda config, _: timed.append(config))
    assert sorted(config.batch_size for config in timed) == [16, 32]
    for _, speed in found:
        assert 0 < speed.step_s < 10 and 0 < speed.open_s < 60 and speed.score_s > 0
    assert not list((tmp_path / "store").iterdir())


@pytest.mark.slow
def test_what_cannot_be_trained_cannot_be_timed(tmp_path: Path) -> None:
    plan = make_plan(Grid(datasets="mpi3d", models="vae", axes={"iterations": 1}))
    given = Conditions(TWO, tmp_path / "store", tmp_path / "data", seconds=0.1)
    with pytest.raises(EngineError, match="mpi3d vae with batch size 64 cannot be timed"):
        calibrate(training_kinds(plan), given)
    errors: list[EngineError] = []
    assert calibrate(training_kinds(plan), given, on_error=errors.append) == []
    assert "mpi3d: not prepared" in str(errors[0])


def test_timing_ends_in_time(tmp_path: Path) -> None:
    given = Conditions(TWO, tmp_path / "store", tmp_path)
    assert calibrate(training_kinds(PLAN), given, within=0.0) == []
