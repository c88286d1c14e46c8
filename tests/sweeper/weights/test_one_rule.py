"""Every place that chooses names the same run: the one that the grid's `select` says."""

import json
import re

import pytest

from sweeper.cli.app import main
from sweeper.planning.population import find_population
from sweeper.reports.grid_report import make_report
from sweeper.store.folders import open_folder
from sweeper.tables import table
from sweeper.tracking import layout
from tests.sweeper.support.trained_store import train_store
from trainers.saving.weights import kept_weights

pytestmark = pytest.mark.filterwarnings("ignore")
RULES = [
    {"by": "cbd_modularity"},
    {"by": "cbd_modularity", "mode": "min"},
    {"by": "mig", "milestone": "last"},
]


@pytest.mark.parametrize("select", RULES, ids=str)
def test_table_select_report_weights_and_tags_agree(
    select, tmp_path, empty_database, capsys, monkeypatch
):
    place = train_store(
        tmp_path,
        empty_database,
        datasets="dsprites",
        models=["vae"],
        axes={"network": "cnn", "batch_size": [4, 8], "iterations": [2, 4, 6]},
        evaluation={"num_points": 40, "measures": ["cbd", "cbd_modularity", "mig"]},
        select={**select, "min_active": 0},  # six steps leave no latent active
    )
    [row] = table("tiny", place.uri).rows
    run = row.winner.first
    where = ["--tracking-uri", place.uri, "--store", place.store]
    monkeypatch.setattr("sys.argv", ["sweeper", "select", "tiny", "--json", *where])
    with pytest.raises(SystemExit) as ended:
        main()
    [selected] = json.loads(capsys.readouterr().out)
    assert ended.value.code == 0 and selected["registered"]
    assert (selected["run_ids"], selected["by"]) == (run["run_id"], select["by"])
    kept = kept_weights(open_folder(place.store, run["training_id"]))
    assert kept[0] == run["iterations"]
    study = place.study()
    tagged = [i for i, r in study.stored.items() if r.tags.get(layout.SELECTED_BY)]
    assert tagged == [run["run_id"]]
    report = make_report("tiny", place.uri)
    assert report.tables[0].rows[0].winner.first["run_id"] == run["run_id"]
    selected_runs = report.html.partition("<h2>Selected runs</h2>")[2].partition("<h2>")[0]
    named = [row["run_id"] for row in find_population(study, "tiny").rows]
    assert [run_id for run_id in named if run_id in selected_runs] == [run["run_id"]]
    assert by_hand(find_population(study, "tiny").rows, select) == run["run_id"]
    assert re.search(rf"{row.winner.value:.2f}", report.html)


def by_hand(rows, select):
    """The rule once more, for one seed and scores that differ."""
    column = f"measure/{select['by']}"
    if select.get("milestone") == "last":
        rows = [row for row in rows if row["iterations"] == 6]
    best = min if select.get("mode") == "min" else max
    return best(rows, key=lambda row: row[column])["run_id"]
