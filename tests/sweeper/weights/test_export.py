"""An exported folder loads without this project; what is missing is reported."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sweeper.analysis.selected import select
from sweeper.analysis.study import read_study, run_named
from sweeper.errors import ResultsError, UsageError
from sweeper.weights.export import export
from sweeper.weights.layers import layers
from trainers.datasets import open_dataset
from trainers.networks import NETWORKS, build_network

LOAD = Path(__file__).parents[3] / "sweeper" / "weights" / "standalone"


@pytest.fixture(scope="module")
def study(trained):
    return trained.study()


@pytest.fixture(scope="module")
def best(study):
    return select(study).set_index("label").loc["l_vae"].run_ids


def test_the_folder_loads_where_this_project_is_not(trained, study, best, tmp_path):
    found = export(study, best, tmp_path / "out", trained.store)
    assert found.missing == ()
    assert {file.name for file in found.files} == {
        *("config.json", "weights.safetensors", "latents.npz", "load.py", "README.md")
    }
    latents = np.load(tmp_path / "out" / "latents.npz")
    assert latents["mu"] == pytest.approx(study.latents(best).mu_NL)
    assert list(latents["names"]) == ["shape", "scale", "orientation", "posX", "posY"]
    np.save(tmp_path / "x.npy", open_dataset("dsprites").images(latents["indices"]))
    code = """
import sys
import numpy as np
from load import load
model = load()
mu, logvar = model.encode(np.load("../x.npy"))
pictures = model.decode(mu)
assert pictures.shape == (40, 1, 64, 64) and 0 <= pictures.min() and pictures.max() <= 1
for name in ("sweeper", "trainers", "mlflow"):
    assert sys.modules[name] is None  # importing one of them raises ImportError
np.savez("../y.npz", mu=mu, logvar=logvar)
"""
    (tmp_path / "out" / "use.py").write_text(code)
    hidden = "import sys; sys.modules.update(dict.fromkeys(['sweeper', 'trainers', 'mlflow'])); "
    command = [sys.executable, "-c", f"{hidden} import use"]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = np.load(tmp_path / "y.npz")
    assert made["mu"] == pytest.approx(latents["mu"], abs=1e-5)
    assert made["logvar"] == pytest.approx(latents["logvar"], abs=1e-5)


def test_the_configuration_is_plain_json_with_scores(trained, study, best, tmp_path):
    export(study, best[:8], tmp_path, trained.store)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["run_id"] == best
    assert config["params"] == {"parametrisation": "sigma"}
    assert config["image_CHW"] == [1, 64, 64] and config["scale"] == 1.0
    assert 0 <= config["scores"]["measure/cbd"] <= 1
    assert f"run {best}" in (tmp_path / "README.md").read_text()
    export(study, best, tmp_path, trained.store)  # overwrites the earlier export


def test_a_run_without_weights_is_exported_with_a_line_about_them(trained, study, best, tmp_path):
    (other,) = set(study.siblings(best).run_id) - {best}
    found = export(study, other, tmp_path, trained.store)
    assert len(found.missing) == 1 and "weights are not kept" in found.missing[0]
    assert {file.name for file in found.files} == {
        *("config.json", "latents.npz", "load.py", "README.md")
    }


def test_a_run_with_neither_is_refused_with_both_reasons(new_store, tmp_path):
    from tests.sweeper.support import invented
    from tests.sweeper.support import synthetic_store as synthetic

    uri = new_store()
    cells = invented.small_cells()[:1]
    synthetic.write_launch(uri, cells, artifacts=False)
    with pytest.raises(ResultsError, match="(?s)weights are not kept.*has no latents.h5"):
        export(read_study(uri), cells[0]["run_id"], tmp_path / "out", str(tmp_path / "store"))
    assert not (tmp_path / "out").exists()


def test_unknown_runs_are_refused(study):
    with pytest.raises(UsageError, match="no run 'nope'"):
        run_named(study, "nope")
    with pytest.raises(UsageError, match="no run ''"):
        run_named(study, "")


def test_a_folder_with_other_files_is_refused(trained, study, best, tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match="holds other files"):
        export(study, best, tmp_path, trained.store)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_rebuilt_from_its_layers(name, monkeypatch):
    import torch

    monkeypatch.syspath_prepend(LOAD)
    import load

    network = build_network(name, (1, 64, 64), 3, seed=0)
    listed = json.loads(json.dumps({part: layers(getattr(network, part)) for part in PARTS}))
    other = load.Model(listed | {"scale": 1.0})
    other.load_state_dict(network.state_dict())
    x_BCHW = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        assert torch.equal(other.encoder(x_BCHW), network.encoder(x_BCHW))
        assert torch.equal(other.decoder(torch.ones(2, 3)), network.decoder(torch.ones(2, 3)))


PARTS = ("encoder", "decoder")


def test_the_loader_reads_what_the_safetensors_library_writes(tmp_path, monkeypatch):
    from safetensors.numpy import save_file

    arrays = {
        "a.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "steps": np.array(7, dtype=np.int64),
        "empty": np.zeros((0, 4), np.float64),
    }
    save_file(arrays, tmp_path / "x.safetensors", metadata={"format": "pt"})
    monkeypatch.syspath_prepend(LOAD)
    import load

    found = load.read_safetensors(tmp_path / "x.safetensors")
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array)


def test_the_weights_file_holds_the_networks_state(trained, study, best, tmp_path):
    from safetensors.torch import load_file

    from sweeper.weights.find import find_weights

    export(study, best, tmp_path, trained.store)
    state = find_weights(study.uri, study.stored[best], trained.store).build().state_dict()
    found = load_file(tmp_path / "weights.safetensors")
    assert set(found) == set(state)
    assert all((found[name] == state[name]).all() for name in state)
    assert not list(tmp_path.glob(".*.tmp"))
