"""Keys of a grid that contradict one another."""

import pytest

from sweeper.grid import Range, load_grid
from tests.sweeper.grid.conftest import MINIMAL


def test_ranges_belong_to_a_search(mistakes, write) -> None:
    axes = "100, learning_rate: {low: 1e-5, high: 1e-3, log: true}, batch_size: {low: 16, high: 64}"
    text = MINIMAL.replace("100", axes)
    found = mistakes(text)
    assert len(found) == 2 and all("needs a `search` block" in line for line in found)
    grid = load_grid(write(text + "search: {trainings: 5}\n"))
    assert grid.axes.learning_rate == Range(low=1e-5, high=1e-3, log=True)


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


def test_a_parameter_without_effect_is_rejected(mistakes, write) -> None:
    text = MINIMAL.replace("vae", "[{control_vae: {target: %s, ramp_period: 9}}]")
    for target in ("constant:18", "[ramp, {constant: 18}]"):
        [mistake] = mistakes(text % target)
        assert "ramp_period has no effect with target" in mistake.replace(' = "9"', "")
    assert load_grid(write(text % "ramp")).models[0].params["ramp_period"] == (9,)


def test_a_selection_must_be_measured(mistakes, write) -> None:
    text = MINIMAL + "evaluation: {measures: cbd}\nselect: {by: cbd_modularity}\n"
    [mistake] = mistakes(text)
    assert "is not among evaluation.measures" in mistake
    grid = load_grid(write(text.replace("cbd_modularity", "valid/recon")))
    assert grid.select.direction == "min"


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
