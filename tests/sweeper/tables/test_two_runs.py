"""Table 5.2: two runs."""

import pytest

from sweeper.errors import UsageError
from sweeper.tables.render import render
from tests.sweeper.support.thesis_tables import launched


def test_table_5_2_takes_the_best_and_the_median_or_the_runs_named(small):
    runs = small.runs[small.runs.model == "vae"].sort_values("measure/cbd", ascending=False)
    found = launched("5.2", small)
    expected = [runs.iloc[0].run_id, runs.iloc[4].run_id]
    assert [row.winner.first["run_id"] for row in found.rows] == expected
    assert [row.model for row in found.rows] == ["M1", "M2"]
    assert render(found, "csv").startswith("model,cbd_compactness,cbd_modularity,cbd,")
    named = [runs.iloc[7].run_id, runs.iloc[2].run_id]
    ids = [row.winner.first["run_id"] for row in launched("5.2", small, runs=named).rows]
    assert ids == named
    with pytest.raises(UsageError, match="two run ids, not 1"):
        launched("5.2", small, runs=named[:1])
    with pytest.raises(UsageError, match="no run nowhere"):
        launched("5.2", small, runs=["nowhere", named[0]])
