"""Entries of `models`: a model, its parameters and its own settings."""

from sweeper.grid import load_grid
from tests.sweeper.grid.conftest import MINIMAL


def test_settings_next_to_a_model_are_reported(mistakes) -> None:
    text = MINIMAL.replace("models: vae", "models:\n  - vae:\n    datasets: [dsprites]")
    [mistake] = mistakes(text)
    assert mistake.startswith("3:5 models[0] has vae, datasets; an entry is one name")


def test_a_target_is_written_in_several_ways(write) -> None:
    for given, stored in [
        ("ramp", ("ramp:18.0",)),
        ("constant:18", ("constant:18.0",)),
        ("{constant: 1.8e1}", ("constant:18.0",)),
        ("[{ramp: 9}, ramp]", ("ramp:9.0", "ramp:18.0")),
    ]:
        text = MINIMAL.replace("vae", f"[{{control_vae: {{target: {given}}}}}]")
        assert load_grid(write(text)).models[0].params == {"target": stored}
