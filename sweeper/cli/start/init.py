"""`sweeper init`: writes a commented grid from three answers, or from options."""

import sys
from pathlib import Path
from typing import NamedTuple

import typer

from sweeper.cli.start.completion import dataset_names, model_names
from sweeper.errors import UsageError
from sweeper.messages import unknown
from trainers.specs.datasets import DATASETS
from trainers.specs.models import MODELS


class _Size(NamedTuple):
    """What `--size` stands for. points: images that each milestone is scored on."""

    about: str
    batch_size: str
    learning_rate: str
    iterations: str
    points: int


_SIZES = {
    "quick": _Size(
        "a few minutes for each model; to see that all works",
        "[64]",
        "[1e-4, 3e-4]",
        "[100, 200, 400]",
        2000,
    ),
    "day": _Size(
        "hours for each model; enough to see differences",
        "[64]",
        "[1e-4, 3e-4]",
        "[1e4, 2e4, 5e4]",
        10_000,
    ),
    "thesis": _Size(
        "the thesis's settings: days for each model without a GPU",
        "[64, 128, 256]",
        "[1e-4, 1e-5]",
        "[5e4, 10e4, 15e4, 20e4, 25e4, 30e4]",
        10_000,
    ),
}


def init(
    out: Path = typer.Argument(Path("grid.yaml"), help="The grid to write.", metavar="[FILE]"),
    dataset: str = typer.Option(
        None,
        "--dataset",
        help="A dataset's name, or a file of your own (.npz, .h5) with images and factors.",
        autocompletion=dataset_names,
    ),
    models: str = typer.Option(
        None, "--models", help="Models, separated by commas.", autocompletion=model_names
    ),
    size: str = typer.Option(None, "--size", help=f"How much to train: {', '.join(_SIZES)}."),
    force: bool = typer.Option(False, "--force", help="Replace the file if it exists."),
) -> None:
    """Write a grid with comments. Asks for what no option gives; without a terminal, the defaults
    are dsprites, vae and l_vae, quick.

    Example: sweeper init study.yaml --dataset dsprites --models vae,l_vae --size quick"""
    if out.exists() and not force:
        raise UsageError(f"{out} exists; name another file, or give --force to replace it")
    dataset = dataset or _ask(f"Dataset ({', '.join(DATASETS)}, or a file)", "dsprites")
    models = models or _ask("Models, separated by commas (sweeper grids has examples)", "vae,l_vae")
    size = size or _ask(f"Size{_sizes()}\n", "quick")
    names = [name.strip() for name in models.split(",") if name.strip()]
    _check(dataset, names, size)
    text = grid_text(out, dataset, names, size)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror})") from error
    print(f"{out}: written. Next: sweeper plan {out}")


def grid_text(out: Path, dataset: str, models: list[str], size: str) -> str:
    """The text of the grid file `out`."""
    chosen = _SIZES[size]
    entries = "\n".join(f"  - {name}{_params(name)}" for name in models)
    return f"""\
# Written by `sweeper init`. Check it: sweeper plan {out}

datasets: {_dataset(dataset, out)}

# An entry with parameters is written as - beta_vae: {{beta: [2, 4]}}. Lists multiply.
models:
{entries}

# Every combination is trained: here for each model, batch size and learning rate.
axes:
  batch_size: {chosen.batch_size}
  learning_rate: {chosen.learning_rate}
  iterations: {chosen.iterations} # read off one training on its way

# More seeds say how far results vary: [0, 1, 2], or 10 for 0 to 9.
seeds: [0]

# `thesis` are the measures that the thesis reports; num_points is the number of images scored.
evaluation: {{measures: thesis, num_points: {chosen.points}}}

# The configuration that stands for a model in tables is the best by this score.
select: {{by: cbd}}
"""


def _sizes() -> str:
    return "".join(f"\n  {name}: {size.about}" for name, size in _SIZES.items())


def _ask(question: str, default: str) -> str:
    if not sys.stdin.isatty():
        return default
    return str(typer.prompt(question, default=default))


def _check(dataset: str, models: list[str], size: str) -> None:
    """Raises UsageError with every mistake."""
    wrong = []
    if dataset not in DATASETS and not Path(dataset).is_file():
        wrong.append(f"--dataset {dataset!r}: no such file, and {unknown(dataset, list(DATASETS))}")
    if not models:
        wrong.append("--models names no model")
    wrong += [f"--models: {name} {unknown(name, list(MODELS))}" for name in _unknown(models)]
    if size not in _SIZES:
        wrong.append(f"--size {size!r} {unknown(size, list(_SIZES))}")
    if wrong:
        raise UsageError("\n".join(wrong))


def _unknown(models: list[str]) -> list[str]:
    return [name for name in models if name not in MODELS]


def _params(model: str) -> str:
    """A comment with the parameters of a model and their defaults."""
    params = ", ".join(f"{param.name} {param.default}" for param in MODELS[model].params)
    return f" # parameters: {params}" if params else ""


def _dataset(dataset: str, out: Path) -> str:
    if dataset in DATASETS:
        return f"{dataset} # or a list: [{dataset}, ...]"
    file = Path(dataset)
    shown = file.relative_to(out.parent) if file.is_relative_to(out.parent) else file.absolute()
    return f"{{name: {file.stem}, path: {shown}}}"
