"""Table 6.2: a beta-VAE next to the L-VAE that learned its beta."""

from sweeper.tables import table
from tests.sweeper.support import invented
from tests.sweeper.support import synthetic_store as synthetic


def test_table_6_2_shows_the_beta_vae_nearest_to_the_learned_beta(new_store):
    uri = new_store()
    cells = invented.thesis_cells(
        ("dsprites", "falcor3d"), ("beta_vae", "l_vae"), (64,), betas=(0.89, 1.9, 4.0)
    )

    def change(cell, metrics):
        learned = {"dsprites": 0.9, "falcor3d": 1.7}[cell["dataset"]]
        return metrics | ({"beta": learned} if cell["model"] == "l_vae" else {})

    synthetic.write_launch(uri, cells, grid="mine", change=change, artifacts=False)
    found = table("6.2", uri, grid="mine")
    assert [(row.dataset, row.model, row.beta) for row in found.rows] == [
        ("dsprites", "beta_vae", 0.89),
        ("dsprites", "l_vae", 0.9),
        ("falcor3d", "beta_vae", 1.9),
        ("falcor3d", "l_vae", 1.7),
    ]
    assert found.rows[0].counts.asked == 12
    assert "falcor3d: beta-VAE ran at 1.9, L-VAE learned 1.70" in found.notes


def test_table_6_2_while_the_beta_is_not_learned_yet(new_store):
    uri = new_store()
    cells = invented.thesis_cells(models=("l_vae",), batch_sizes=(64,))
    waiting = invented.make_cell("dsprites", "beta_vae", beta=1.0)
    waiting |= {"run_id": "waiting-1", "model": "beta_vae", "params": {"beta": "waiting for x"}}
    synthetic.write_launch(
        uri,
        [waiting, *cells],
        grid="table6_2",
        outcome=lambda c: None if c is waiting else ("finished", ""),
        artifacts=False,
    )
    found = table("6.2", uri, grid="table6_2")
    counts = [(row.model, row.counts.as_text()) for row in found.rows]
    assert counts == [("beta_vae", "0/1 (1 missing)"), ("l_vae", "12/12")]


def test_table_6_2_takes_the_beta_of_the_run_that_table_6_1_prints(new_store):
    """Its shipped grid resolves the learned beta by the rule of table6_1.yaml."""
    uri, cells = new_store(), invented.thesis_cells(models=("l_vae",))
    learned = {cell["run_id"]: 0.5 + place / 100 for place, cell in enumerate(cells)}

    def change(cell, metrics):
        return metrics | ({"beta": learned[cell["run_id"]]} if cell["model"] == "l_vae" else {})

    synthetic.write_launch(uri, cells, grid="table6_1", change=change, artifacts=False)
    [printed] = [row for row in table("6.1", uri).rows if row.winner]
    asked = invented.thesis_cells(models=("beta_vae",), betas=(round(printed.beta, 2),))
    synthetic.write_launch(uri, asked, grid="table6_2", change=change, artifacts=False)
    rows = [row for row in table("6.2", uri).rows if row.winner]
    assert [(row.model, row.beta) for row in rows] == [
        ("beta_vae", round(printed.beta, 2)),
        ("l_vae", printed.beta),
    ]
    assert rows[1].winner.first["run_id"] == printed.winner.first["run_id"]
    assert rows[0].counts.finished == 36
