"""The notebook runs from its first cell to its last, and shows progress in place."""

from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "study.ipynb"
pytestmark = pytest.mark.skipif(
    not (find_spec("nbclient") and find_spec("ipykernel") and find_spec("ipywidgets")),
    reason="needs pip install '.[notebook]'",
)


def read():
    import nbformat

    return nbformat.read(NOTEBOOK, as_version=4)


def texts(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_it_runs_in_an_empty_folder(tmp_path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = read()
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=1500, kernel_name="python3", resources=resources).execute()
    launched, *_, moved = [cell for cell in notebook.cells if cell.cell_type == "code"][1:]
    assert "6 of 6 runs done" in texts(launched)
    assert "it150: running" not in texts(launched)  # lines that scroll
    kinds = {kind for output in moved.outputs for kind in output.get("data", {})}
    assert "application/vnd.jupyter.widget-view+json" in kinds
    pictures = [o for cell in notebook.cells for o in cell.get("outputs", []) if "data" in o]
    assert any("image/png" in output["data"] for output in pictures)


def test_its_code_is_formatted_and_short():
    cells = [cell.source for cell in read().cells if cell.cell_type == "code"]
    assert all(len(line) <= 100 for cell in cells for line in cell.splitlines())
