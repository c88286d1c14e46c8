"""The winners as a frame: a row for each dataset and model."""

import pytest

from sweeper.analysis.selected import select
from sweeper.errors import UsageError


def test_select_gives_a_row_for_each_model_with_its_settings(small):
    frame = select(small, by="mig").set_index("label")
    assert list(frame.index) == ["beta_vae", "l_vae", "mdl_vae_strong", "vae"]
    for label, row in frame.iterrows():
        mine = small.runs[(small.runs.model == label)]
        assert row.score == mine["measure/mig"].max()
        assert row.run_ids == mine.loc[mine["measure/mig"].idxmax()].run_id
    assert select(small, dataset="mpi3d").empty


def test_an_unknown_measure_is_reported_with_similar_names(small):
    with pytest.raises(UsageError, match='cbd_compactnes.* Did you mean "cbd_compactness"'):
        select(small, by="cbd_compactnes")
