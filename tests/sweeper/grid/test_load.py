"""Grid files: what they mean, and every mistake is reported at once with its place."""

from pathlib import Path

import numpy as np
import pytest

from sweeper.errors import GridError
from sweeper.grid import Grid, Learned, Range, load_grid
from sweeper.grid.blocks.settings import Select
from sweeper.grid.syntax.names import safe_name

MINIMAL = """\
datasets: dsprites
models: vae
axes: {iterations: 100}
"""


@pytest.fixture
def write(tmp_path: Path):
    def _write(text: str, name: str = "grid.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.fixture
def mistakes(write):
    """The problems of a grid file, each as 'LINE:COLUMN PATH WHAT'."""

    def _mistakes(text: str, name: str = "grid.yaml") -> list[str]:
        with pytest.raises(GridError) as caught:
            load_grid(write(text, name))
        assert caught.value.exit_code == 2
        return [f"{p.line}:{p.column} {p.path} {p.what}" for p in caught.value.problems]

    return _mistakes


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


@pytest.mark.parametrize(
    ("given", "value"),
    [("1e-4", 1e-4), ("1.0e-4", 1e-4), ("'1e-4'", 1e-4), ("1_0e-5", 1e-4), (".0001", 1e-4)],
)
def test_numbers_are_read_in_every_spelling(write, given: str, value: float) -> None:
    text = MINIMAL.replace("100}", f"100, learning_rate: {given}}}")
    assert load_grid(write(text)).axes.learning_rate == (value,)


@pytest.mark.parametrize("given", ["50_000", "5e4", "50000.0", "+50000"])
def test_whole_numbers_are_read_in_every_spelling(write, given: str) -> None:
    assert load_grid(write(MINIMAL.replace("100", given))).axes.iterations == (50_000,)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (".nan", "not a finite number"),
        ("-.inf", "not a finite number"),
        ("1e999", "not a finite number"),
        ("yes", "boolean"),
        ("~", "has no value"),
        ("0x10", "not a number"),
        ("1:30", "not a number"),
        ("9" * 5000, "not a number"),
        ("9" * 40, "is too large"),
        ("{a: 1}", "is a mapping"),
        ("[[1]]", "is a list"),
    ],
)
def test_values_that_are_not_iteration_counts_are_rejected(mistakes, given: str, said: str) -> None:
    [mistake] = mistakes(MINIMAL.replace("100", given))
    assert said in mistake


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "True", "FALSE"])
def test_words_that_yaml_reads_as_booleans_are_reported(mistakes, write, word: str) -> None:
    [mistake] = mistakes(MINIMAL + f"experiment: {word}\n")
    assert "put it in quotes" in mistake
    assert load_grid(write(MINIMAL + f"experiment: '{word}'\n")).experiment == word
    assert load_grid(write(MINIMAL + f"sharing: {word}\n")).sharing in (True, False)


def test_a_missing_key_is_reported(mistakes) -> None:
    assert mistakes("models: vae\n") == ["1:1 axes is missing.", "1:1 datasets is missing."]
    [mistake] = mistakes(MINIMAL.replace("iterations", "batch_size"))
    assert (
        mistake == "3:7 axes has no iterations; give the numbers after which a training is scored."
    )


def test_a_block_that_is_not_a_mapping_is_reported(mistakes) -> None:
    [mistake] = mistakes(MINIMAL + "evaluation: [cbd]\n")
    assert mistake.startswith("4:13 evaluation must be a mapping. Known: protocol, measures")
    [mistake] = mistakes(MINIMAL + "evaluation:\n")
    assert "has no value" in mistake


def test_settings_next_to_a_model_are_reported(mistakes) -> None:
    text = MINIMAL.replace("models: vae", "models:\n  - vae:\n    datasets: [dsprites]")
    [mistake] = mistakes(text)
    assert mistake.startswith("3:5 models[0] has vae, datasets; an entry is one name")


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


@pytest.mark.parametrize(
    ("axes", "two"),
    [
        ("learning_rate: [1e-4, 0.0001]", "1e-4 and 0.0001"),
        ("batch_size: [64, 6.4e1]", "64 and 6.4e1"),
    ],
)
def test_a_value_twice_is_one_value_and_a_warning(write, axes: str, two: str) -> None:
    grid = load_grid(write(MINIMAL.replace("100}", f"100, {axes}}}")))
    [warning] = grid.origin.warnings
    assert two in warning and "line 3: axes." in warning
    assert sorted(map(len, (grid.axes.batch_size or (1,), grid.axes.learning_rate or (1,)))) == [
        1,
        1,
    ]


def test_a_parameter_twice_is_one_value_and_a_warning(write) -> None:
    text = MINIMAL.replace("vae", "[{beta_vae: {beta: [4, 4.0, 2]}}]")
    grid = load_grid(write(text))
    assert grid.models[0].params == {"beta": (4.0, 2.0)}
    assert "4 and 4.0" in grid.origin.warnings[0]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "../a", "a b", "a\0", "a\n", "n" * 101, "caf\xe9", "~"],
)
def test_names_that_leave_their_folder_are_rejected(name: str) -> None:
    with pytest.raises(ValueError):
        safe_name(name)


@pytest.mark.parametrize("name", ["a", "table7_1", "2024-01.b", "-x"])
def test_plain_names_are_accepted(name: str) -> None:
    assert safe_name(name) == name


def test_a_file_name_that_cannot_name_a_grid_is_rejected(mistakes, write) -> None:
    [mistake] = mistakes(MINIMAL, "my grid.yaml")
    assert "rename the file, or add `name:`" in mistake
    assert load_grid(write(MINIMAL + "name: mine\n", "my grid.yaml")).title == "mine"


def test_ranges_belong_to_a_search(mistakes, write) -> None:
    axes = "100, learning_rate: {low: 1e-5, high: 1e-3, log: true}, batch_size: {low: 16, high: 64}"
    text = MINIMAL.replace("100", axes)
    found = mistakes(text)
    assert len(found) == 2 and all("needs a `search` block" in line for line in found)
    grid = load_grid(write(text + "search: {trainings: 5}\n"))
    assert grid.axes.learning_rate == Range(low=1e-5, high=1e-3, log=True)


@pytest.mark.parametrize(
    ("between", "said"),
    [
        ("{low: 2, high: 1}", "must have `low` below `high`"),
        ("{low: 0, high: 1, log: true}", "must be above 0"),
        ("{low: 1, high: 2, log: true, step: 1}", "not both"),
        ("{low: 1}", "is missing"),
        ("{low: 1, hihg: 2, high: 3}", 'Did you mean "high"'),
        ("{low: -1, high: 3}", "must be at least 0"),
        ("{low: 1, high: 3, step: x}", "is not a number"),
    ],
)
def test_ranges_that_are_none_are_rejected(mistakes, between: str, said: str) -> None:
    text = MINIMAL.replace("vae", f"[{{beta_vae: {{beta: {between}}}}}]")
    found = mistakes(text + "search: {trainings: 5}\n")
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize(
    "between", ["{low: 1.5, high: 64}", "{low: 0, high: 64}", "{low: 1, high: 64, step: 0.5}"]
)
def test_a_range_of_batch_sizes_is_whole(mistakes, between: str) -> None:
    text = MINIMAL.replace("100", f"100, batch_size: {between}")
    assert len(mistakes(text + "search: {trainings: 5}\n")) == 1


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("{directions: {cbd: max, valid/recon: min}, pruner: median}", "several directions"),
        ("{directions: {cdb: max}}", 'Did you mean "cbd"'),
        ("{directions: {cbd: up}}", "must be max or min"),
        ("{sampler: bayes}", "Known: tpe, gp, random, nsga2, cmaes, qmc"),
        ("{trainings: 0}", "must be at least 1"),
    ],
)
def test_searches_that_cannot_run_are_rejected(mistakes, search: str, said: str) -> None:
    found = mistakes(MINIMAL.replace("vae", "[vae, l_vae]") + f"search: {search}\n")
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("search: {trainings: 5}", "search has one point to try"),
        ("search: {trainings: 5}\nsharing: false", 'sharing = "false" must be true in a search'),
        (
            "search: {sampler: cmaes, directions: {cbd: max, mig: max}}",
            "cannot search in several directions; use nsga2, tpe or gp",
        ),
    ],
)
def test_what_makes_no_search_is_rejected(mistakes, more: str, said: str) -> None:
    assert any(said in line for line in mistakes(MINIMAL + more + "\n"))


def learned(of: str) -> str:
    return MINIMAL.replace("vae", f"[{{beta_vae: {{beta: {{{of}}}}}}}]")


def test_a_learned_value_names_a_grid_that_has_it(mistakes, write) -> None:
    write(MINIMAL.replace("vae", "[l_vae, vae]"), "other.yaml")
    grid = load_grid(write(learned("learned: beta, from: other.yaml, model: l_vae, digits: 2")))
    [value] = grid.models[0].params["beta"]
    assert isinstance(value, Learned)
    assert (value.from_, value.model, value.select, value.digits) == (
        "other.yaml",
        "l_vae",
        "cbd",
        2,
    )


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("learned: beta, from: none.yaml, model: l_vae", "does not exist"),
        ("learned: beta, from: other.yaml, model: sigma", "is not in other.yaml. Known: l_vae"),
        ("learned: beta, from: mpi.yaml, model: l_vae", "has no dsprites"),
        ("learned: beta, model: l_vae", "from is missing"),
        ("learned: beta, form: other.yaml, from: other.yaml, model: l_vae", 'Did you mean "from"'),
        ("learned: beta, from: grid.yaml, model: l_vae", "is not in grid.yaml"),
    ],
)
def test_a_learned_value_from_nowhere_is_rejected(mistakes, write, of: str, said: str) -> None:
    write(MINIMAL.replace("vae", "l_vae"), "other.yaml")
    write(MINIMAL.replace("vae", "l_vae").replace("dsprites", "mpi3d"), "mpi.yaml")
    found = mistakes(learned(of))
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("100", "100, batch_size: 700000"), "larger than the training split of dsprites: 663552"),
        (("100", "100, latent_dim: 0"), "must be at least 1, or `auto`"),
        (("dsprites", "[{name: dsprites, source: synthetic}]"), 'has no source "synthetic"'),
        (("dsprites", "[{name: dsprites, path: a.npz}]"), "the name of a known dataset"),
        (("dsprites", "[{name: mine, path: a.png}]"), "must have a path that ends in"),
        (("dsprites", "[{name: mine, path: a.npz}]"), "does not exist"),
        (("dsprites", "[{nmae: dsprites}]"), 'Did you mean "name"'),
    ],
)
def test_impossible_pairs_are_rejected(mistakes, change: tuple[str, str], said: str) -> None:
    assert any(said in found for found in mistakes(MINIMAL.replace(*change)))


def test_a_target_is_written_in_several_ways(write) -> None:
    for given, stored in [
        ("ramp", ("ramp:18.0",)),
        ("constant:18", ("constant:18.0",)),
        ("{constant: 1.8e1}", ("constant:18.0",)),
        ("[{ramp: 9}, ramp]", ("ramp:9.0", "ramp:18.0")),
    ]:
        text = MINIMAL.replace("vae", f"[{{control_vae: {{target: {given}}}}}]")
        assert load_grid(write(text)).models[0].params == {"target": stored}


def test_a_parameter_without_effect_is_rejected(mistakes, write) -> None:
    text = MINIMAL.replace("vae", "[{control_vae: {target: %s, ramp_period: 9}}]")
    for target in ("constant:18", "[ramp, {constant: 18}]"):
        [mistake] = mistakes(text % target)
        assert "ramp_period has no effect with target" in mistake.replace(' = "9"', "")
    assert load_grid(write(text % "ramp")).models[0].params["ramp_period"] == (9,)


def test_a_test_report_takes_a_test_split(mistakes, write) -> None:
    evaluation = "evaluation: {report: test, split: {test: 0}}\n"
    assert "needs a test split" in mistakes(MINIMAL + evaluation)[0]
    grid = load_grid(write(MINIMAL + "evaluation: {report: test}\n"))
    assert grid.evaluation.test_fraction == 0.1


def test_celeba_has_no_measure_that_intervenes(mistakes, write) -> None:
    text = MINIMAL.replace("dsprites", "celeba")
    assert load_grid(write(text)).select.by == "cbd"
    for more in ("evaluation: {measures: [cbd, irs]}\n", "select: {by: irs}\n"):
        [mistake] = mistakes(text + more)
        assert "celeba has no grid of factors, but the measure irs intervenes" in mistake


def test_a_selection_must_be_measured(mistakes, write) -> None:
    text = MINIMAL + "evaluation: {measures: cbd}\nselect: {by: cbd_modularity}\n"
    [mistake] = mistakes(text)
    assert "is not among evaluation.measures" in mistake
    grid = load_grid(write(text.replace("cbd_modularity", "valid/recon")))
    assert grid.select.direction == "min"


@pytest.mark.parametrize(("wanted", "planned"), [(12, True), (13, False)])
def test_a_file_of_ones_own_is_read(write, wanted: int, planned: bool) -> None:
    """12 images with factors of sizes 3 and 4; batches of 10 fit the 10.8 training images."""
    path = write("")
    factors = np.stack(np.meshgrid(range(3), range(4), indexing="ij"), -1).reshape(-1, 2)
    images = np.zeros((wanted, 64, 64), np.uint8)
    np.savez(path.parent / "mine.npz", images=images, factors=factors)
    text = MINIMAL.replace("dsprites", "[{name: mine, path: mine.npz}]")
    text = text.replace("100", "100, batch_size: 10")
    if planned:
        assert load_grid(write(text)).datasets[0].path == "mine.npz"
    else:
        with pytest.raises(GridError, match="13 images but 12 rows of factors"):
            load_grid(write(text))


def test_a_pickle_in_a_file_of_ones_own_is_not_loaded(write) -> None:
    path = write(MINIMAL.replace("dsprites", "[{name: mine, path: mine.npz}]"))
    np.savez(
        path.parent / "mine.npz",
        images=np.zeros((1, 64, 64), np.uint8),
        factors=np.array([{}], dtype=object),
    )
    with pytest.raises(GridError, match="pickled objects"):
        load_grid(path)


def test_a_loss_that_is_not_defined_with_a_reconstruction_is_refused(mistakes, write) -> None:
    text = """\
datasets: dsprites
models: [vae, sigma_vae, {sigma_vae: {axes: {reconstruction: mse}}}]
axes: {iterations: 100, reconstruction: [mse, bernoulli]}
"""
    assert mistakes(text) == [
        '2:15 models[1] = "sigma_vae" cannot be trained: sigma_vae is not defined with '
        "reconstruction bernoulli: its loss is the likelihood of a Gaussian decoder; use "
        "reconstruction mse or gaussian, or another model."
    ]
    load_grid(write(text.replace("vae, sigma_vae, {", "vae, {")))


@pytest.mark.parametrize(
    ("axes", "own", "expected"),
    [
        ("tf32: true", "{}", ("tf32",)),
        ("tf32: false", "{}", ("fp32",)),
        ("tf32: true, precision: [fp32, tf32, bf16]", "{}", ("tf32", "bf16")),
        ("tf32: true", "{tf32: false}", ("fp32",)),
        ("precision: tf32", "{}", ("tf32",)),
    ],
)
def test_tf32_is_a_precision(write, axes: str, own: str, expected: tuple[str, ...]) -> None:
    text = MINIMAL.replace("{iterations: 100}", f"{{iterations: 100, {axes}}}")
    grid = load_grid(write(text.replace("models: vae", f"models: {{vae: {{axes: {own}}}}}")))
    assert grid.axes_of(grid.models[0])["precision"] == expected


def test_selecting_by_a_measure_that_noise_scores_high_in_is_warned_of(write) -> None:
    asked = "evaluation: {measures: [cbd, infom]}\n"
    grid = load_grid(write(MINIMAL + asked + "select: {by: infom}\n"))
    (warning,) = grid.origin.warnings
    assert "infom alone" in warning and "infoe" in warning
    assert load_grid(write(MINIMAL + asked)).origin.warnings == ()


def test_the_smallest_wins_where_less_is_better(write) -> None:
    asked = "evaluation: {measures: [mutual_info_score]}\nselect: {by: mutual_info_score}\n"
    assert load_grid(write(MINIMAL + asked)).select.direction == "min"


def test_the_report_of_a_selection_changes_no_id():
    plain = Grid(datasets="dsprites", models="vae", axes={"iterations": 10}, seeds=[0, 1])
    other = plain.model_copy(update={"select": Select(report="all_seeds")})
    assert plain.requested() == other.requested()


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
