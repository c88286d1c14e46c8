"""Figures on numbers: what is drawn is what MLflow holds, and the same numbers give same bytes."""

import csv
import math
from io import StringIO

import numpy as np
import pytest

from sweeper.analysis.population import launched
from sweeper.analysis.study import read_study
from sweeper.errors import ResultsError, UsageError
from sweeper.figures import FIGURES, draw_figure, figure, figure_files
from sweeper.figures.correlation import compute_correlations, pairwise
from sweeper.figures.curves import compute_curves
from sweeper.figures.pcc import compute_best
from sweeper.figures.regularisers import compute_regularisers
from sweeper.figures.scatter import compute_scatter
from sweeper.figures.sigmas import compute_sigmas
from sweeper.plotting.files import as_bytes, as_csv
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic
from trainers.measures import pcc_matrix


def population(study):
    return launched(study, "table7_1")


def test_curves_are_of_one_setting_and_every_beta(small):
    found = compute_curves(population(small), "dsprites")
    assert [curve.beta for curve in found.curves] == [1.0, 2.0, 4.0]
    for curve in found.curves:
        row = small.runs[small.runs.run_id == curve.run_id].iloc[0]
        assert (row.iterations, row.learning_rate) == (300_000, 1e-4)
        stored = small.trajectory(curve.run_id)
        assert (curve.kl_T == stored["loss/kl"]).all()
    late = [curve.recon_T[curve.iteration_T >= 30_000] for curve in found.curves]
    low, high = found.recon_limits
    assert low < min(map(np.min, late)) and max(map(np.max, late)) < high
    assert found.curves[0].recon_T[0] > high  # the first loss, near 1000, is off the axes


def test_curves_name_the_beta_that_is_missing(new_store):
    uri = new_store()
    synthetic.write_launch(uri, invented.thesis_cells(models=("vae",), batch_sizes=(64,)))
    found = compute_curves(population(read_study(uri)), "dsprites")
    assert found.notes[1] == "No finished run with beta 2, 4 in this setting."
    with pytest.raises(ResultsError, match="no finished vae or beta_vae on mpi3d"):
        compute_curves(population(read_study(uri)), "mpi3d")


def test_the_scatter_has_every_vae_with_its_beta(small):
    found = compute_scatter(population(small))
    assert found.betas == (1.0, 2.0, 4.0) and len(found.points) == 24
    runs = small.runs.set_index("run_id")
    for point in found.points:
        assert point.measure == runs["measure/beta_vae"][point.run_id]
        assert point.reconstruction == runs["valid/recon"][point.run_id]


def test_the_pcc_figure_shows_the_best_runs_matrix_with_its_sigmas(small):
    (one,) = compute_best(population(small), "dsprites", "mdl_vae_strong").matrices
    mine = small.runs[small.runs.model == "mdl_vae_strong"]
    row = mine.loc[mine["measure/cbd"].idxmax()]
    latents = small.latents(row.run_id)
    assert one.run_id == row.run_id
    assert (one.P_LK == pcc_matrix(latents.mu_NL, latents.factors_NK)).all()
    assert one.labels()[3] == f"z3 ({row['last/sigma/z3']:.2f})"
    (plain,) = compute_best(population(small), "dsprites", "l_vae").matrices
    assert plain.labels() == ["z0", "z1", "z2", "z3", "z4"]
    with pytest.raises(ResultsError, match="no finished mdl_vae_weak on mpi3d"):
        compute_best(population(small), "mpi3d", "mdl_vae_weak")


def test_correlations_are_numpys_and_pairs_lacking_a_number_are_left_out():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(50, 3))
    values[4, 0], values[7, 1] = np.nan, np.inf
    r, n = pairwise(np.column_stack([values, np.ones(50)]))
    both = np.isfinite(values[:, [0, 1]]).all(axis=1)
    assert r[0, 1] == pytest.approx(np.corrcoef(values[both, 0], values[both, 1])[0, 1])
    assert n[0, 1] == 48 and n[0, 2] == 49 and n[2, 2] == 50
    assert r[2, 2] == pytest.approx(1)
    assert np.isnan(r[3]).all()  # a measure that is the same everywhere correlates with nothing


def test_correlation_needs_runs_and_names_measures_that_were_not_scored(small, new_store):
    found = compute_correlations(population(small), ("cbd", "mig", "dci_disentanglement"))
    assert found.measures == ("cbd", "mig") and found.n_MM.tolist() == [[40, 40], [40, 40]]
    assert found.notes[1] == "Not scored: dci_disentanglement."
    uri = new_store()
    synthetic.write_launch(uri, invented.small_cells()[:2], artifacts=False)
    with pytest.raises(ResultsError, match="2 finished runs"):
        compute_correlations(population(read_study(uri)), ("cbd", "mig"))


def test_sigma_curves_gather_cbd_from_the_milestones_of_one_training(small):
    (one,) = compute_sigmas(population(small)).curves
    assert one.milestone_S.tolist() == [50_000, 100_000, 200_000, 300_000]
    mine = small.runs[small.runs.model == "l_vae"]
    row = mine.loc[mine["measure/cbd"].idxmax()]
    same = mine[mine.training_id == row.training_id].set_index("iterations")["measure/cbd"]
    assert one.cbd_S.tolist() == same[one.milestone_S].tolist()
    assert one.selected == row.iterations and one.iteration_T[-1] == 300_000
    assert one.sigma_recon_T[0] == 1.0  # sigmas start at 1


def test_regularisers():
    found = compute_regularisers()
    place = found.x_T.tolist().index(2.0)
    assert found.strong_T[place] == 4.0 and found.weak_T[place] == pytest.approx(math.log(5))


@pytest.fixture(scope="module")
def four_datasets(tmp_path_factory, empty_database):
    """What every figure needs, and no more."""
    uri = synthetic.create_store(tmp_path_factory.mktemp("four"), empty_database)
    cells = invented.thesis_cells(
        ("dsprites", "falcor3d", "isaac3d", "mpi3d"),
        ("vae", "beta_vae", "l_vae", "mdl_vae_strong", "mdl_vae_weak"),
        batch_sizes=(64,),
        learning_rates=(1e-4,),
        iterations=(100_000, 300_000),
    )
    synthetic.write_launch(uri, cells)
    return population(read_study(uri))


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_numbers(four_datasets, name):
    header, rows = FIGURES[name].compute(four_datasets).rows()
    assert rows and all(len(row) == len(header) for row in rows)


@pytest.mark.parametrize("name", ["4.1", "4.3", "4.5", "5.3", "5.4", "6.1", "7.1", "7.5"])
def test_every_kind_of_figure_is_written_with_its_numbers(four_datasets, tmp_path, name):
    paths = figure(name, four_datasets, tmp_path)
    stem = f"figure_{name.replace('.', '_')}"
    assert [path.name for path in paths] == [f"{stem}.{kind}" for kind in ("png", "svg", "csv")]
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in paths[1].read_bytes()
    header, rows = FIGURES[name].compute(four_datasets).rows()
    written = list(csv.reader(StringIO(paths[2].read_text(encoding="utf-8"))))
    assert (
        written[0] == [*header, *(["population"] if name != "7.1" else [])]
        and len(written) == len(rows) + 1 > 1
    )
    assert sorted(tmp_path.iterdir()) == sorted(paths)  # nothing half-written is left


def test_the_same_numbers_give_the_same_bytes(small_uri):
    assert figure_files("7.2", population(read_study(small_uri))) == figure_files(
        "7.2", population(read_study(small_uri))
    )


def test_a_figure_of_mathematics_needs_no_store(tmp_path):
    assert len(figure("figure7_1", f"sqlite:///{tmp_path}/none.db", tmp_path)) == 3


def test_unknown_figures_and_missing_runs_are_reported(small, tmp_path):
    with pytest.raises(UsageError, match="figure '9.9' is unknown.*4.1, "):
        figure("9.9", small, tmp_path)
    with pytest.raises(ResultsError, match="no finished mdl_vae_strong on falcor3d"):
        figure("7.4", small, tmp_path, grid="table7_1")


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory, empty_database):
    uri = synthetic.create_store(tmp_path_factory.mktemp("stand_ins"), empty_database)
    names = ("dsprites", "falcor3d", "isaac3d", "mpi3d")
    cells = invented.thesis_cells(
        names,
        ("vae", "beta_vae", "l_vae", "mdl_vae_strong", "mdl_vae_weak"),
        batch_sizes=(64,),
        learning_rates=(1e-4,),
        iterations=(300_000,),
        source="synthetic",
    )
    synthetic.write_launch(uri, cells, grid="g", synthetic=names)
    return uri


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in ("5.3", "7.1")])
def test_every_figure_says_that_its_runs_are_stand_ins(stand_ins, tmp_path, name, monkeypatch):
    drawn = []

    def contents(picture, header, rows):
        drawn.append(picture)
        return {"svg": as_bytes(picture, "svg"), "csv": as_csv(header, rows).encode()}

    monkeypatch.setattr("sweeper.figures.figure_contents", contents)
    uri = stand_ins
    with pytest.raises(ResultsError, match="on stand-ins only; --synthetic shows that"):
        figure(name, uri, tmp_path, grid="g")
    paths = figure(name, uri, tmp_path / "out", grid="g", synthetic=True)
    assert all(path.stem.endswith("_synthetic") for path in paths)
    assert b"<svg" in paths[0].read_bytes()
    rows = list(csv.DictReader(StringIO(paths[1].read_text(encoding="utf-8"))))
    assert {row["population"] for row in rows} == {"synthetic"}
    assert drawn[0].get_suptitle().endswith("(synthetic)")


def test_titles_name_dataset_and_model_and_heat_maps_have_a_colour_bar(four_datasets):
    for name, words in (("7.6", ("mdL-VAE-strong", "MPI3D")), ("7.7", ("mdL-VAE-weak", "MPI3D"))):
        picture = draw_figure(name, FIGURES[name].compute(four_datasets))
        assert all(word in picture.get_suptitle() for word in words)
        assert "absolute Pearson correlation" in [axis.get_ylabel() for axis in picture.axes]
    picture = draw_figure("4.4", FIGURES["4.4"].compute(four_datasets))
    assert picture.legends and not any(axis.get_legend() for axis in picture.axes)
