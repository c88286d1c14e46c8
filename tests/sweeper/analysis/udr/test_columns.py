"""UDR of stored runs: which runs are compared, and what is said where they cannot be."""

from types import SimpleNamespace

import numpy as np
import pytest

from sweeper.analysis.held_out import held_out
from sweeper.analysis.rule import keep_rule, make_rule
from sweeper.analysis.scores import score
from sweeper.analysis.selection import best_configuration
from sweeper.analysis.udr.columns import with_seed_score
from sweeper.errors import GridError, TrackingError
from sweeper.grid import Grid, load_grid

UDR = score("udr")


class Study:
    """Stands for a store that holds only latents."""

    def __init__(self, latents):
        self.found, self.seed_scores, self.read = latents, {}, []

    def latents(self, run_id):
        self.read.append(run_id)
        if run_id not in self.found:
            raise TrackingError("no latents")
        return self.found[run_id]


def latents(seed, alike=True, points=50):
    rng = np.random.default_rng(0 if alike else seed + 1)
    mu = rng.standard_normal((points, 3))
    order = np.random.default_rng(seed).permutation(3)
    return SimpleNamespace(
        mu_NL=mu[:, order], logvar_NL=np.full((points, 3), -4.0), indices_N=np.arange(points)
    )


def cell(run_id, seed, rate=1e-4, status="finished", fingerprint="data-1"):
    return {
        "run_id": run_id,
        "dataset": "mine",
        "learning_rate": rate,
        "iterations": 10,
        "seed": seed,
        "status": status,
        "fingerprint": fingerprint,
        "valid/recon": 1.0,
    }


CELLS = [
    *(cell(f"alike{seed}", seed) for seed in range(3)),
    *(cell(f"other{seed}", seed, rate=1e-3) for seed in range(3)),
]


@pytest.fixture
def study():
    found = {f"alike{seed}": latents(seed) for seed in range(3)}
    return Study(found | {f"other{seed}": latents(seed, alike=False) for seed in range(3)})


def test_the_configuration_whose_seeds_agree_is_selected(study):
    cells, notes = with_seed_score(study, CELLS, UDR)
    assert notes == []
    rule = make_rule("udr")
    winner = best_configuration(cells, rule)
    assert [run["run_id"] for run in winner.runs] == ["alike0", "alike1", "alike2"]
    assert winner.value > 0.8
    assert held_out(cells, rule) is None  # every seed's score is made with the others
    spread = winner.spread(UDR.column)
    assert spread.mean == pytest.approx(winner.value) and np.isnan(spread.low)


def test_scores_are_computed_once_for_a_study(study):
    with_seed_score(study, CELLS, UDR)
    with_seed_score(study, CELLS, UDR)
    assert len(study.read) == 6


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda study, cells: cells[2].update(fingerprint="data-2"), "different images"),
        (
            lambda study, cells: study.found.update(alike2=latents(2, points=49)),
            "different images",
        ),
        (lambda study, cells: study.found.pop("alike2"), "cannot be read"),
        (
            lambda study, cells: [cells[i].update(status="failed") for i in (1, 2)],
            "only one seed has finished",
        ),
    ],
)
def test_seeds_that_cannot_be_compared_have_no_score_and_a_note_says_why(study, change, reason):
    cells = [dict(one) for one in CELLS]
    change(study, cells)
    scored, (note,) = with_seed_score(study, cells, UDR)
    assert note.startswith("1 configuration has no udr") and reason in note and "alike0" in note
    values = [one[UDR.column] for one in scored]
    assert np.isnan(values[:3]).all() and np.isfinite(values[3:]).all()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "give two or more, as in `seeds: 3`"),
        ("seeds: [0, 1]\nsearch: {trainings: 4}\n", "a search scores one training at a time"),
    ],
)
def test_a_grid_without_seeds_to_compare_is_refused(tmp_path, more, words):
    path = tmp_path / "grid.yaml"
    path.write_text(
        "datasets: dsprites\nmodels: [vae, l_vae]\naxes: {iterations: 10}\n"
        f"select: {{by: udr}}\n{more}"
    )
    with pytest.raises(GridError, match=words):
        load_grid(path)


def test_no_measure_has_to_be_named_and_the_last_weights_are_kept():
    grid = Grid(
        datasets="dsprites",
        models="vae",
        axes={"iterations": [10, 20]},
        seeds=[0, 1],
        select={"by": "udr_spearman"},
        evaluation={"measures": "mig"},
    )
    assert keep_rule(grid).last_only and keep_rule(grid).metric == "valid/recon"
