"""Milestones under `--scale` and `--points`: which, and on how many images."""

import pytest

from sweeper.errors import UsageError
from sweeper.grid import load_grid
from sweeper.planning.plan import make_plan
from tests.sweeper.support.small_grids import grid_of


@pytest.mark.parametrize(
    ("scale", "milestones"),
    [
        (1 / 500, (1, 1, 1)),
        (0.002, (1, 1, 1)),
        (0.5, (50, 100, 150)),
        (0.01, (1, 2, 3)),
        (0.011, (2, 3, 4)),
        (2, (200, 400, 600)),
        (1e-9, (1, 1, 1)),
    ],
)
def test_scaling_rounds_up_and_merges(scale: float, milestones: tuple[int, ...]) -> None:
    plan = make_plan(grid_of(), scale=scale)
    assert plan.trainings[0].config.milestones == tuple(sorted(set(milestones)))
    merged = [warning for warning in plan.warnings if "both become" in warning]
    assert len(merged) == len(milestones) - len(set(milestones))


def test_scaling_is_exact() -> None:
    """50,000 * 0.002 is 100.00000000000001 in floats, whose ceiling would be 101."""
    plan = make_plan(grid_of(axes={"iterations": [50_000, 150_000, 290_000]}), scale=0.002)
    assert plan.trainings[0].config.milestones == (100, 300, 580)
    plan = make_plan(grid_of(axes={"iterations": [300_000]}), scale=0.0007)
    assert plan.trainings[0].config.milestones == (210,)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_an_invalid_scale_is_refused(scale: float) -> None:
    with pytest.raises(UsageError, match="above 0"):
        make_plan(grid_of(), scale=scale)


@pytest.mark.parametrize(
    ("scale", "points", "asked", "scored"),
    [(1, None, 10_000, 10_000), (0.1, None, 10_000, 500), (0.1, None, 200, 200)]
    + [(2, None, 10_000, 10_000), (0.1, 2_000, 10_000, 2_000), (1, 50, 10_000, 50)],
)
def test_a_rehearsal_is_scored_on_fewer_images(
    scale: float, points: int | None, asked: int, scored: int
) -> None:
    grid = grid_of(evaluation={"num_points": asked})
    plan = make_plan(grid, scale=scale, points=points)
    assert {t.config.evaluation.num_points for t in plan.trainings} == {scored}
    warned = any("milestones are scored on" in warning for warning in plan.warnings)
    assert warned == (points is None and scored < asked)


def test_too_few_points_are_refused() -> None:
    with pytest.raises(UsageError, match="--points 9"):
        make_plan(grid_of(), points=9)


def test_num_points_above_a_split_is_reported(tmp_path):
    text = """
datasets: cars3d
models: vae
axes: {iterations: 100}
evaluation: {measures: [cbd], num_points: 50000, split: {validation: 0.1, test: 0.05}}
"""
    file = tmp_path / "grid.yaml"
    file.write_text(text, encoding="utf-8")
    warnings = make_plan(load_grid(file)).warnings
    assert [w for w in warnings if "all 1,756 validation images" in w and "50,000" in w]
    assert [w for w in warnings if "all 878 test images" in w]
    file.write_text(text.replace("num_points: 50000, ", ""), encoding="utf-8")
    assert make_plan(load_grid(file)).warnings == ()  # up to 10,000 is what README promises
    assert len(make_plan(load_grid(file), points=5_000).warnings) == 2
