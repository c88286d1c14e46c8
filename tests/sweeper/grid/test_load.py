"""Grid files: what they mean, and every mistake is reported at once with its place."""

import numpy as np

from sweeper.grid import Grid, load_grid
from tests.sweeper.grid.conftest import MINIMAL


def test_a_minimal_grid_takes_the_thesis_defaults(write) -> None:
    grid = load_grid(write(MINIMAL))
    assert grid.title == "grid"
    assert grid.experiment == "sweeper"
    assert grid.axes_of(grid.models[0]) == {
        "iterations": (100,),
        "batch_size": (64,),
        "learning_rate": (1e-4,),
        "latent_dim": ("auto",),
        "network": ("auto",),
        "reconstruction": ("mse",),
        "precision": ("fp32",),
    }
    assert grid.seeds == (0,)
    assert (grid.evaluation.num_points, grid.evaluation.alpha) == (10_000, 0.5)
    assert (grid.select.by, grid.select.direction, grid.sharing) == ("cbd", "max", True)


def test_a_grid_made_in_a_program_equals_the_file(write) -> None:
    text = """\
datasets: [dsprites]
models:
  - vae
  - beta_vae: {beta: [2, 4], datasets: [dsprites], axes: {batch_size: 32}}
axes: {iterations: [5e4, 10e4], learning_rate: [1e-4, 1e-5]}
seeds: {count: 3}
"""
    made = Grid(
        datasets="dsprites",
        models=["vae", {"beta_vae": {"beta": [2.0, 4], "datasets": "dsprites"}}],
        axes={"iterations": [50_000, 100_000], "learning_rate": [0.0001, 0.00001]},
        seeds=[0, 1, 2],
    )
    loaded = load_grid(write(text))
    assert loaded.models[1].params == made.models[1].params == {"beta": (2.0, 4.0)}
    assert loaded.axes == made.axes
    assert loaded.seeds == made.seeds
    assert loaded.axes_of(loaded.models[1])["batch_size"] == (32,)


def test_a_grid_made_in_a_program_has_a_text_that_gives_the_same_grid(tmp_path):
    made = Grid(
        datasets="dsprites",
        models=["vae", {"beta_vae": {"beta": (2, np.float64(4))}}],
        axes={"batch_size": 64, "learning_rate": 1e-3, "iterations": [20]},
        select={"min_active": 0},
    )
    file = tmp_path / "made.yaml"
    file.write_text(made.origin.text)
    assert load_grid(file).requested() == made.requested()


def test_every_mistake_is_reported_at_once(mistakes) -> None:
    text = """\
datasets: [dsprites, dspritez]
models:
  - vea
  - beta_vae: {bata: 2, beta: [1, -1]}
  - l_vae: {parametrisation: sigmas}
axes:
  batch_size: [64, 0]
  learning_rate: off
  iterations: [010, 100.5]
  bacth_size: 3
seeds: [-1]
evaluation: {protocol: thesiss, measures: [], alpha: 2, split: {validation: -1}}
select: {by: cdb}
resources: {gpu: 1.5, cpu: 0}
sharing: perhaps
experiment: ../x
"""
    assert mistakes(text) == [
        '1:22 datasets[1] = "dspritez" is unknown. Did you mean "dsprites"? '
        + _known(mistakes, "datasets")
        + " For your own file write {name: ..., path: FILE}.",
        '3:5 models[0] = "vea" is unknown. Did you mean "vae"? ' + _known(mistakes, "models"),
        "4:16 models[1].beta_vae.bata is not a known key of beta_vae. "
        'Did you mean "beta"? Known: beta, datasets, axes, zip, exclude, include.',
        '4:35 models[1].beta_vae.beta[1] = "-1" must be at least 0.',
        '5:30 models[2].l_vae.parametrisation = "sigmas" is unknown. Did you mean "sigma"? '
        "Known: sigma, log_variance.",
        '7:20 axes.batch_size[1] = "0" must be at least 1.',
        '8:18 axes.learning_rate = "off" is a boolean in YAML; it must be a number.',
        '9:16 axes.iterations[0] = "010" is an octal number in YAML; write 10.',
        '9:21 axes.iterations[1] = "100.5" is not a whole number.',
        '10:3 axes.bacth_size is not a known key. Did you mean "batch_size"? Known: iterations, '
        "batch_size, learning_rate, latent_dim, network, reconstruction, precision, tf32.",
        '11:9 seeds[0] = "-1" must be at least 0.',
        '12:24 evaluation.protocol = "thesiss" is unknown. Did you mean "thesis"? '
        "Known: thesis, locatello.",
        "12:43 evaluation.measures is an empty list; give at least one value, or remove the line.",
        '12:54 evaluation.alpha = "2" must be at most 1.',
        '12:77 evaluation.split.validation = "-1" must be at least 0.',
        '13:14 select.by = "cdb" is unknown. Did you mean "cbd"? ' + _known(mistakes, "metrics"),
        '14:18 resources.gpu = "1.5" must be a whole number or a fraction below 1.',
        '14:28 resources.cpu = "0" must be above 0.',
        '15:10 sharing = "perhaps" must be true or false.',
        "16:13 experiment = \"../x\" is not a valid name: use letters, digits, '.', '_' and '-', "
        "with no '.' at the start.",
    ]


def _known(mistakes, table: str) -> str:
    """'Known: ...' of a registry, which grows; what matters is that the message lists it all."""
    from sweeper.grid.blocks.settings import BETWEEN_SEEDS, LOSSES
    from trainers.specs.datasets import DATASETS
    from trainers.specs.measures import MEASURES
    from trainers.specs.models import MODEL_ALIASES, MODELS

    names = {
        "datasets": DATASETS,
        "models": [*MODELS, *MODEL_ALIASES],
        "metrics": [*MEASURES, *LOSSES, *BETWEEN_SEEDS],
    }[table]
    return f"Known: {', '.join(names)}."


def test_a_missing_key_is_reported(mistakes) -> None:
    assert mistakes("models: vae\n") == ["1:1 axes is missing.", "1:1 datasets is missing."]
    [mistake] = mistakes(MINIMAL.replace("iterations", "batch_size"))
    assert (
        mistake == "3:7 axes has no iterations; give the numbers after which a training is scored."
    )


def test_a_mistake_does_not_hide_one_in_how_things_fit(mistakes) -> None:
    text = """\
datasets: [dsprites]
models:
  - beta_vae: {bata: 2}
  - vae: {datasets: [mpi3d]}
axes: {iterations: 100}
budget: 100
"""
    found = mistakes(text)
    assert len(found) == 3
    assert found[1].startswith('4:22 models[1].vae.datasets[0] = "mpi3d"')
    assert found[2].startswith('6:9 budget = "100" has no effect without `price`')


def test_a_misspelt_dataset_is_not_reported_twice(mistakes) -> None:
    text = """\
datasets: [mpi3]
models:
  - vae: {datasets: [mpi3d]}
axes: {iterations: 100}
"""
    assert len(mistakes(text)) == 1


def test_a_file_name_that_cannot_name_a_grid_is_rejected(mistakes, write) -> None:
    [mistake] = mistakes(MINIMAL, "my grid.yaml")
    assert "rename the file, or add `name:`" in mistake
    assert load_grid(write(MINIMAL + "name: mine\n", "my grid.yaml")).title == "mine"
