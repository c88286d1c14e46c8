"""Which runs a table is made from: those that the grid asks for, by default real ones."""

import pytest

from sweeper.errors import ResultsError
from sweeper.tables import table
from sweeper.tables.render import FORMATS, render
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from trainers.config import Evaluation


def test_runs_that_an_edited_grid_no_longer_asks_for_do_not_count(new_store):
    uri, cells = new_store(), invented.small_cells()
    synthetic.write_launch(uri, cells, grid="mine", artifacts=False)
    synthetic.write_launch(uri, cells[:8], grid="mine", artifacts=False, start=10**6)
    found = table("mine", uri)
    assert [(row.model, row.counts.as_text()) for row in found.rows] == [("vae", "8/8")]
    assert found.notes[0] == "32 stored runs left out: 32 that mine does not ask for now."


def test_stand_ins_are_shown_only_when_asked_for_and_marked_everywhere(new_store):
    uri = new_store()
    cells = [invented.make_cell("mpi3d", "vae", source=s) for s in ("synthetic", "published")]
    synthetic.write_launch(uri, cells, grid="mine", synthetic=["mpi3d"], artifacts=False)
    real = table("mine", uri)
    assert [(row.source, row.counts.asked) for row in real.rows] == [("published", 1)]
    assert real.notes[0] == "1 stored run left out: 1 drawn by a stand-in (--synthetic)."
    found = table("mine", uri, synthetic=True)
    assert [row.source for row in found.rows] == ["published", "synthetic"]
    for kind in FORMATS:
        assert "synthetic" in render(found, kind)
    assert "(synthetic)" in render(found, "md").splitlines()[0]
    assert "mpi3d: synthetic stand-in, not the published images." in found.notes


def test_a_rehearsal_is_shown_only_when_asked_for_and_marked_everywhere(new_store):
    uri = new_store()
    text = "axes: {iterations: [5e4, 30e4]}\nevaluation: {num_points: 10000}\n"
    short = [invented.make_cell("dsprites", "vae", iterations=5)]
    synthetic.write_launch(uri, short, grid="mine", grid_text=text, artifacts=False)
    with pytest.raises(ResultsError, match="was only rehearsed; --rehearsal shows that"):
        table("mine", uri)
    whole = [invented.make_cell("dsprites", "vae", iterations=50_000)]
    synthetic.write_launch(uri, whole, grid="mine", grid_text=text, artifacts=False, start=-9)
    assert table("mine", uri).rows[0].winner.first["iterations"] == 50_000
    assert "1 stored run left out: 1 of a rehearsal (--rehearsal)." in table("mine", uri).notes
    found = table("mine", uri, rehearsal=True)
    assert found.rows[0].winner.first["iterations"] == 5
    for kind in FORMATS:
        assert "rehearsal" in render(found, kind)


def test_scores_of_two_protocols_never_meet_in_a_table(new_store):
    """The grid asks for one protocol; runs of the other have other ids."""
    uri, cells = new_store(), invented.small_cells()
    other = [invented.make_cell("dsprites", "vae", evaluation=Evaluation(protocol="locatello"))]
    synthetic.write_launch(uri, other, grid="b", protocol="locatello", artifacts=False)
    synthetic.write_launch(uri, cells[:8], grid="a", artifacts=False)
    found = table("7.1", uri)
    assert found.rows[0].counts.finished == 8
    assert found.notes[0] == "1 stored run left out: 1 of other grids (b)."
