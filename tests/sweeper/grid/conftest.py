"""Grid files in a temporary folder, and the mistakes that are reported of them."""

from pathlib import Path

import pytest

from sweeper.errors import GridError
from sweeper.grid import load_grid

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
