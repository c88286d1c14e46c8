"""Plans time the kinds of training that have no known speed, and keep what they timed."""

from dataclasses import replace

import pytest

from sweeper.cost import probe as module
from sweeper.cost.machine import Machine, Slots
from sweeper.cost.probe import cache_folder, probe, probed_speeds
from sweeper.cost.speeds import Speed, Speeds, write_speeds
from sweeper.errors import EngineError
from sweeper.grid import Grid
from sweeper.launching.forecast import ForecastOptions, forecast
from sweeper.planning.plan import make_plan
from sweeper.planning.settings import Settings

GRID = Grid(
    datasets="dsprites",
    models=["vae", "l_vae", "factor_vae"],
    axes={"iterations": [1000], "batch_size": [16, 32, 64], "network": "cnn"},
    evaluation={"num_points": 100, "measures": ["cbd"]},
)
PLAN = make_plan(GRID)
SLOTS = Slots(Machine("a CPU", 2), "cpu", 0.0, 1, 2)


@pytest.fixture
def timed(monkeypatch, tmp_path):
    """The configurations that are timed; each step takes 0.01 s per image."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SWEEPER_PROBE")
    asked = []

    def calibrate(configs, given, *, within, on_error):
        configs = list(configs)
        asked.extend((c.model, c.batch_size) for c in configs)
        return [(c, Speed(0.01 * c.batch_size, 2.0)) for c in configs]

    monkeypatch.setattr(module, "calibrate", calibrate)
    return asked


def run(messages=None, known=None, tmp_path=None):
    lines = [] if messages is None else messages
    probe(PLAN, SLOTS, known or Speeds(), tmp_path, None, lines.append)
    return lines


def test_the_ends_of_each_kind_are_timed_and_the_kind_with_most_steps_is_first(timed):
    lines = run()
    assert timed == [("vae", 16), ("vae", 64), ("factor_vae", 16), ("factor_vae", 64)]
    assert lines == ["timing 4 kinds of training for at most 10 s (not with --no-probe)"]


def test_what_was_timed_is_kept_for_this_code_and_not_timed_again(timed, monkeypatch):
    run()
    known = probed_speeds(SLOTS, exact=True)
    between = known.of(replace(PLAN.trainings[0].config, batch_size=32))
    assert between == Speed(pytest.approx(0.32), 2.0, probed=True)
    timed.clear()
    assert run(known=known) == [] and timed == []
    assert probed_speeds(replace(SLOTS, workers=1), exact=True).by_kind == {}
    monkeypatch.setattr(module, "code_digest", lambda folders: "another")
    assert probed_speeds(SLOTS, exact=True).by_kind == {}


def test_without_probes_the_kept_speeds_are_not_used(timed, monkeypatch):
    run()
    monkeypatch.setenv("SWEEPER_PROBE", "0")
    assert probed_speeds(SLOTS, exact=False).by_kind == {}


def test_reasons_and_an_end_without_a_result_are_reported(timed, monkeypatch):
    def failing(configs, given, *, within, on_error):
        for _ in configs:
            on_error(EngineError("no such data"))
        return []

    monkeypatch.setattr(module, "calibrate", failing)
    assert run()[1:] == ["4 kinds not timed, for example: no such data"]
    monkeypatch.setattr(module, "calibrate", lambda *given, **more: [])
    assert run()[1:] == ["no kind was timed in this time; the estimate is rough"]


def test_a_milestone_that_was_not_timed_takes_the_rough_time(timed, monkeypatch):
    monkeypatch.setattr(module, "calibrate", lambda configs, *a, **b: [(configs[0], Speed(0.5))])
    run()
    [speed] = [
        s for sizes in probed_speeds(SLOTS, exact=True).by_kind.values() for s in sizes.values()
    ]
    assert (speed.step_s, speed.score_s) == (0.5, 3.0)


def test_a_plan_uses_them_and_names_their_source(timed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sweeper.launching.forecast.local_machine", lambda: SLOTS.machine)
    settings = Settings(str(tmp_path / "store"), str(tmp_path), f"sqlite:///{tmp_path}/mlflow.db")
    rough = forecast(GRID, settings)
    assert "rough estimate" in "\n".join(rough.lines)
    found = forecast(GRID, settings, ForecastOptions(probe=True))
    assert "timed by plan" in "\n".join(found.lines)
    assert found.json["estimate"]["probed"] == 1.0 and found.json["estimate"]["measured"] == 0.0
    steps = 3 * 1000 * 0.01 * (16 + 32 + 64)
    assert 3600 * found.cost.hours == pytest.approx(steps + 9 * 2.0)
    config = PLAN.trainings[0].config
    write_speeds(
        settings.store, SLOTS, [(replace(config, batch_size=b), Speed(1.0)) for b in (16, 64)]
    )
    both = forecast(GRID, settings, ForecastOptions(probe=True))
    assert 0 < both.cost.measured < 1 and both.cost.probed == pytest.approx(1 - both.cost.measured)
    assert "% measured, " in "\n".join(both.lines)
    assert not (tmp_path / "sweep_store").exists() and cache_folder().is_dir()


def test_a_kind_that_is_not_known_is_scaled_by_those_that_are(timed, tmp_path, monkeypatch):
    from sweeper.cost.estimate import estimate, rough_step_s

    adversarial = [t for t in PLAN.trainings if t.config.model == "factor_vae"]
    speeds = Speeds()
    for training in PLAN.trainings:
        if training not in adversarial:
            step_s = 3 * rough_step_s(training.config, "cpu")
            speeds.add(training.config, Speed(step_s))
    share = estimate(PLAN, GRID, speeds, slots=SLOTS).shares[-1]
    expected = sum(1000 * 3 * rough_step_s(t.config, "cpu") + 3.0 + 2.0 for t in adversarial)
    assert share.model == "factor_vae" and 3600 * share.hours == pytest.approx(expected)


@pytest.mark.slow
def test_a_real_probe_times_steps_and_milestones(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("SWEEPER_PROBE")
    monkeypatch.setattr(module, "SECONDS", 120.0)
    plan = make_plan(Grid(**GRID.requested() | {"models": ["vae"]}))
    probe(plan, SLOTS, Speeds(), tmp_path, None, lambda line: None)
    known = probed_speeds(SLOTS, exact=True)
    for training in plan.trainings:
        speed = known.of(training.config)
        assert 0 < speed.step_s < 10 and 0 < speed.score_s < 60 and speed.probed
