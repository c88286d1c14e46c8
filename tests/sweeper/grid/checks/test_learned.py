"""Values that another grid has learned."""

import pytest

from sweeper.grid import Learned, load_grid
from tests.sweeper.grid.conftest import MINIMAL


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
