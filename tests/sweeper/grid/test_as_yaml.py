"""Grids made in a program, as text that loads as the same grid."""

import pytest

from sweeper.analysis.rule import read_grid_text
from sweeper.grid import Grid, load_grid
from sweeper.grid.blocks.as_yaml import as_yaml

LEARNED = {"learned": "beta", "from": "a.yaml", "model": "l_vae"}
BASE = {"datasets": "dsprites", "models": "vae", "axes": {"iterations": [10, 20]}}
OTHERS = [
    {},
    {"models": ["vae", {"beta_vae": {"beta": [2, 4], "datasets": "dsprites"}}]},
    {"models": {"beta_vae": {"beta": LEARNED}}},
    {"models": {"vae": {"axes": {"batch_size": 8}}}, "seeds": 3},
    {"select": {"by": "mig", "min_active": 0}, "evaluation": {"measures": "all"}},
    {"search": {"trainings": 3}, "axes": {"iterations": 9, "batch_size": {"low": 8, "high": 64}}},
    {"axes": {"iterations": 9, "batch_size": [8, 16]}, "exclude": [{"batch_size": 8, "seed": 0}]},
]


@pytest.mark.parametrize("other", OTHERS)
def test_the_text_loads_as_the_same_grid(tmp_path, other):
    grid = Grid(**(BASE | {"name": "a"} | other))
    path = tmp_path / "grid.yaml"
    path.write_text(as_yaml(grid), encoding="utf-8")
    loaded = load_grid(path, check_references=False)
    assert loaded.requested() == grid.requested() and loaded.title == "a"


def test_its_rule_of_selection_is_read_from_the_text():
    text = as_yaml(Grid(**BASE, select={"by": "mig", "min_active": 0}))
    assert read_grid_text(text).rule.min_active == 0
    assert read_grid_text(text).rule.by.name == "mig"


def test_a_file_keeps_its_own_text(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("datasets: dsprites # mine\nmodels: vae\naxes: {iterations: 5}\n")
    assert as_yaml(load_grid(path)) == path.read_text()
