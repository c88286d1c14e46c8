"""The advice of the thesis's section 7.2 below a table."""

from dataclasses import replace

import pandas as pd
import pytest

from sweeper.tables import table
from sweeper.tables.notes import notes


@pytest.mark.parametrize(
    ("sigmas", "advised"), [((0.4, -0.3), True), ((0.4, 0.6), False), ((0.5, 0.1), False)]
)
def test_weak_is_advised_where_every_sigma_is_below_a_half(small, sigmas, advised):
    strong = small.runs.model == "mdl_vae_strong"
    columns = [name for name in small.runs.columns if name.startswith("last/sigma/z")]
    runs = small.runs.copy()
    runs.loc[strong, columns] = float("nan")
    runs.loc[strong, [f"last/sigma/z{i}" for i in range(len(sigmas))]] = sigmas
    found = table("7.1", replace(small, runs=pd.DataFrame(runs)), grid="table7_1")
    advice = [line for line in notes(found) if "mdl_vae_weak (section 7.2)" in line]
    assert bool(advice) == advised
    assert all("mdl_vae_strong" in line for line in advice)
