"""The reference pages, generated from the code when the site is built."""

from collections.abc import Callable
from pathlib import Path

from docs.tools.reference.commands import commands_page
from docs.tools.reference.exit_codes import exit_codes_page
from docs.tools.reference.grid_keys import grid_keys_page
from docs.tools.reference.measures import measures_page
from docs.tools.reference.mlflow_names import mlflow_page
from docs.tools.reference.models import models_page
from docs.tools.reference.networks_datasets import datasets_page, networks_page
from docs.tools.reference.python_api import python_page
from docs.tools.reference.shipped_grids import shipped_grids_page

PAGES: dict[str, Callable[[], str]] = {
    "grid_keys": grid_keys_page,
    "commands": commands_page,
    "models": models_page,
    "networks": networks_page,
    "datasets": datasets_page,
    "measures": measures_page,
    "grids": shipped_grids_page,
    "mlflow": mlflow_page,
    "exit_codes": exit_codes_page,
    "python": python_page,
}


def write_pages(folder: Path) -> None:
    """Writes every page whose text has changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        path, text = folder / f"{name}.md", make()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
