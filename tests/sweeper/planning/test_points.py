"""Runs other than the full product: `zip`, `exclude`, `include`, `seeds: n`."""

import pytest

from sweeper.errors import GridError, UsageError
from sweeper.grid import load_grid
from sweeper.planning.cells import MAX_RUNS, count_cells, expand
from sweeper.planning.plan import make_plan

HEAD = "datasets: dsprites\n"
AXES = "axes: {batch_size: [32, 64], learning_rate: [1e-3, 1e-4], iterations: [10, 20]}\n"


@pytest.fixture
def grid(tmp_path):
    def load(text):
        path = tmp_path / "grid.yaml"
        path.write_text(text)
        return load_grid(path)

    return load


def points(grid):
    """(model, batch size, learning rate, seed) of each training, and beta of a beta-VAE."""
    found = []
    for training in make_plan(grid).trainings:
        config = training.config
        beta = (config.params["beta"],) if config.model == "beta_vae" else ()
        found.append((config.model, *beta, config.batch_size, config.learning_rate, config.seed))
    return sorted(found)


def test_zipped_axes_advance_together(grid):
    found = points(grid(HEAD + AXES + "models: vae\nzip: [batch_size, learning_rate]\n"))
    assert found == [("vae", 32, 1e-3, 0), ("vae", 64, 1e-4, 0)]


def test_a_model_zips_its_own_parameters(grid):
    models = "models: [vae, beta_vae: {beta: [2, 4], zip: [beta, batch_size]}]\n"
    found = points(grid(HEAD + AXES + models))
    assert [point for point in found if point[0] == "beta_vae"] == [
        ("beta_vae", 2.0, 32, 1e-4, 0),
        ("beta_vae", 2.0, 32, 1e-3, 0),
        ("beta_vae", 4.0, 64, 1e-4, 0),
        ("beta_vae", 4.0, 64, 1e-3, 0),
    ]
    assert len(found) == 8


def test_two_groups_are_multiplied(grid):
    zips = "zip: [[batch_size, seed], [learning_rate, latent_dim]]\nseeds: [3, 7]\n"
    text = HEAD + AXES.replace("{", "{latent_dim: [5, 6], ") + "models: vae\n" + zips
    assert points(grid(text)) == [
        ("vae", 32, 1e-4, 3),
        ("vae", 32, 1e-3, 3),
        ("vae", 64, 1e-4, 7),
        ("vae", 64, 1e-3, 7),
    ]


def test_an_excluded_point_has_all_named_values(grid):
    exclude = "exclude: [{batch_size: 32, learning_rate: 1e-3}, {model: l_vae, batch_size: 64}]\n"
    found = points(grid(HEAD + AXES + "models: [vae, l_vae]\n" + exclude))
    assert [point[:3] for point in found] == [
        ("l_vae", 32, 1e-4),
        ("vae", 32, 1e-4),
        ("vae", 64, 1e-4),
        ("vae", 64, 1e-3),
    ]


def test_a_default_of_a_parameter_can_be_excluded(grid):
    models = "models: [l_vae: {exclude: {parametrisation: sigma, batch_size: 32}}]\n"
    assert [point[1] for point in points(grid(HEAD + AXES + models))] == [64, 64]


def test_an_included_point_is_added_with_the_other_axes_of_the_grid(grid):
    include = "include: {batch_size: 512, seed: [5, 6]}\n"
    found = points(grid(HEAD + AXES + "models: vae\n" + include))
    assert [point for point in found if point[1] == 512] == [
        ("vae", 512, 1e-4, 5),
        ("vae", 512, 1e-4, 6),
        ("vae", 512, 1e-3, 5),
        ("vae", 512, 1e-3, 6),
    ]
    assert len(found) == 8


def test_an_included_point_is_not_excluded(grid):
    points_ = "exclude: {batch_size: 32}\ninclude: {batch_size: 32, learning_rate: 1e-3}\n"
    found = points(grid(HEAD + AXES + "models: vae\n" + points_))
    assert [point[1:3] for point in found] == [(32, 1e-3), (64, 1e-4), (64, 1e-3)]


def test_runs_are_those_of_the_same_points_in_a_product(grid):
    """However a point is asked for, its run has one id."""
    whole = {cell.run_id for cell in expand(grid(HEAD + AXES + "models: vae\n"))[0]}
    pairs = {
        cell.run_id
        for text in ("zip: [batch_size, learning_rate]\n", "exclude: {batch_size: 32}\n")
        for cell in expand(grid(HEAD + AXES + "models: vae\n" + text))[0]
    }
    assert len(pairs) == 6
    assert pairs < whole


def test_an_unused_key_changes_no_id_of_a_grid(grid):
    plain = make_plan(grid(HEAD + AXES + "models: vae\n"))
    zipped = make_plan(grid(HEAD + AXES + "models: vae\nzip: [batch_size, learning_rate]\n"))
    commented = make_plan(grid("# a comment\n" + AXES + "models: vae\n" + HEAD))
    assert plain.grid_id == commented.grid_id != zipped.grid_id


def test_counting_is_an_upper_bound_without_making_points(grid):
    axes = AXES.replace("64]", "64, 128]").replace("1e-4]", "1e-4, 1e-5]")
    text = HEAD + axes + "models: vae\nzip: [batch_size, learning_rate]\ninclude: {seed: [4, 5]}\n"
    found = count_cells(grid(text))
    assert found == 3 * 2 + 2 * (3 * 3 * 2) and isinstance(found, int)
    many = HEAD + "models: vae\naxes: {iterations: 1}\ninclude: {seed: %s, batch_size: %s}\n"
    with pytest.raises(GridError, match="are the most"):
        make_plan(grid(many % (list(range(500)), list(range(1, MAX_RUNS // 500 + 2)))))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("zip: [batch_size, bach]", '4:6: zip names "bach", which is unknown.'),
        ("zip: [batch_size]", "4:6: zip pairs axes: name two or more"),
        ("zip: [batch_size, seed]", "batch_size has 2, seed has 1"),
        ("zip: [[batch_size, learning_rate], [batch_size, seed]]", "names batch_size twice"),
        ("exclude: [{batch_sise: 32}]", 'Did you mean "batch_size"?'),
        ("exclude: [{batch_size: 31}]", "4:11: exclude[0] excludes nothing"),
        ("exclude: [{model: vea}]", 'Did you mean "vae"?'),
        (
            "exclude: [{model: beta_vae, beta: 4}]",
            "4:11: exclude[0] names beta of a model: write such points in the model's entry",
        ),
        ("exclude: [{dataset: mpi3d}]", 'names "mpi3d", which is unknown.'),
        ("include: [{batch_size: 0}]", 'include[0].batch_size = "0" must be at least 1.'),
        ("include: [{batch_size: 1e7}]", "is larger than the training split"),
        ("include: []", "is an empty list"),
        (
            "models: sigma_vae\ninclude: {reconstruction: bernoulli}",
            "cannot be trained: sigma_vae is not defined with reconstruction bernoulli",
        ),
        ("search: {trainings: 2}\nzip: [batch_size, learning_rate]", "changes the full product"),
    ],
)
def test_mistakes_are_reported_with_their_place(tmp_path, text, said):
    path = tmp_path / "grid.yaml"
    models = "" if text.startswith("models") else "models: vae\n"
    path.write_text(HEAD + AXES + models + text + "\n")
    with pytest.raises((GridError, UsageError)) as raised:
        make_plan(load_grid(path))
    assert said in str(raised.value).replace(f"{path}:", "")


def test_a_misspelt_parameter_of_a_point_is_reported(tmp_path):
    path = tmp_path / "grid.yaml"
    path.write_text(HEAD + AXES + "models: [beta_vae: {exclude: {bata: 4}}]\n")
    with pytest.raises(GridError, match='bata is not a known key of beta_vae. Did you mean "beta"'):
        load_grid(path)


@pytest.mark.parametrize(
    ("seeds", "expected"), [("3", (0, 1, 2)), ("1", (0,)), ("0", (0,)), ("[3]", (3,))]
)
def test_a_number_of_seeds(grid, seeds, expected):
    found = grid(HEAD + AXES + f"models: vae\nseeds: {seeds}\n")
    assert found.seeds == expected
    warned = any("is one seed" in warning for warning in found.origin.warnings)
    assert warned == (seeds in ("3", "1"))
