"""`python -m trainers CONFIG.json ..`: trains configurations alone, without Ray or MLflow."""

import argparse
import contextlib
import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from trainers.config import TrainingConfig
from trainers.config_checks import parse_config
from trainers.errors import ConfigError, TrainerError

if TYPE_CHECKING:
    from trainers.training import Training


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: finished; 1: one diverged or failed; 2: wrong use; 130: interrupted."""
    parser = argparse.ArgumentParser(prog="python -m trainers", description=__doc__)
    parser.add_argument(
        "config",
        type=Path,
        nargs="+",
        help="a training configuration, as JSON; several train side by side on one device",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("training"),
        help="folder of records and checkpoints; of several, each has one named as its file in it",
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: all cores")
    parser.add_argument("--checkpoint-s", type=float, default=60.0, metavar="S")
    options = parser.parse_args(arguments)
    try:
        return _train(_read_all(options.config), options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except TrainerError as error:
        print(error, file=sys.stderr)
        return 1


def _read_all(paths: list[Path]) -> dict[str, TrainingConfig]:
    """Configurations by the stem of their file. Raises ConfigError with every mistake."""
    configs, mistakes = {}, []
    for path in paths:
        if path.stem in configs:
            mistakes.append(f"{path}: a second file named {path.stem}; rename one")
            continue
        try:
            configs[path.stem] = _read(path)
        except ConfigError as error:
            mistakes.append(f"{path}: {error}")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return configs


def _read(path: Path) -> TrainingConfig:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"is not JSON ({error})") from error
    if not isinstance(plain, dict):
        raise ConfigError("must hold one JSON object, a training configuration")
    config = parse_config(plain)
    if not config.milestones:
        raise ConfigError("milestones: name at least one iteration at which to score")
    return config


def _train(configs: Mapping[str, TrainingConfig], options: argparse.Namespace) -> int:
    import torch

    from trainers.saving.folders import LocalFolder
    from trainers.training import Training

    if options.device.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(f"device {options.device}: this machine has no CUDA device")
    if options.threads:
        torch.set_num_threads(options.threads)
    trainings = {
        name: Training(
            config,
            LocalFolder(options.out / name if len(configs) > 1 else options.out),
            device=options.device,
            checkpoint_s=options.checkpoint_s,
        )
        for name, config in configs.items()
    }
    with _interrupts() as stop:
        errors = _run(trainings, stop)
    for name, training in trainings.items():
        if name in errors:
            print(f"{name}: failed: {errors[name]}", file=sys.stderr)
        elif training.status == "diverged":
            print(f"{name}: diverged: {training.reason}", file=sys.stderr)
        elif training.status == "running":
            where = f"interrupted at {training.iteration}"
            print(f"{name}: {where}; the same command goes on", file=sys.stderr)
        else:
            print(f"{name}: finished at iteration {training.config.milestones[-1]}")
    print(f"records in {options.out}")
    if stop.is_set():
        return 130
    return int(bool(errors) or any(one.status == "diverged" for one in trainings.values()))


def _run(trainings: "Mapping[str, Training]", stop: threading.Event) -> dict[str, Exception]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Eta

    from trainers.parallel import train_in_parallel
    from trainers.training import Progress as State

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Eta()]
    with Progress(*columns) as bar:
        tasks = {
            name: bar.add_task(name, total=one.config.milestones[-1], completed=one.iteration)
            for name, one in trainings.items()
        }

        def show(name: str, state: State) -> None:
            losses = "  ".join(f"{key} {value:.2f}" for key, value in state.losses.items())
            bar.update(tasks[name], completed=state.iteration, description=f"{name}  {losses}")
            if state.scores:
                bar.console.print(f"{name} {_line(state.iteration, state.scores)}")

        return train_in_parallel(trainings, show, stop)


@contextlib.contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second one ends the process at once."""
    stop = threading.Event()

    def note(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _line(iteration: int, scores: Mapping[str, float]) -> str:
    values = "  ".join(f"{key} {value:.4f}" for key, value in sorted(scores.items()))
    return f"iteration {iteration}: {values}"


if __name__ == "__main__":
    sys.exit(main())
