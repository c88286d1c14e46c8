"""`python -m trainers CONFIG.json ..`: runs trainings without Ray or MLflow."""

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
from trainers.errors import ConfigError, OwnCodeError, TrainerError
from trainers.own_code.registry import use

if TYPE_CHECKING:
    from rich.progress import Progress as ProgressBar

    from trainers.fused import FusedTrainings
    from trainers.training import Training


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: finished; 1: a training diverged or failed; 2: invalid usage; 130: interrupted.

    Running the same command again resumes."""
    parser = argparse.ArgumentParser(prog="python -m trainers", description=__doc__)
    parser.add_argument(
        "config",
        type=Path,
        nargs="+",
        help="a training configuration, as JSON; several are trained one after another",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("training"),
        help="folder of records and checkpoints; with several configurations, a subfolder for each",
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: all cores")
    parser.add_argument("--checkpoint-s", type=float, default=60.0, metavar="S")
    parser.add_argument(
        "--use",
        action="append",
        default=[],
        metavar="FILE",
        help="a file or module with models, networks or measures of your own; repeatable",
    )
    options = parser.parse_args(arguments)
    try:
        for name in options.use:
            use(name, Path.cwd())
        return _train_all(_read_all(options.config), options)
    except (ConfigError, OwnCodeError) as error:
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


def _train_all(configs: Mapping[str, TrainingConfig], options: argparse.Namespace) -> int:
    import torch
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Eta

    if options.device.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(f"--device {options.device}: this machine has no CUDA device; use cpu")
    if options.threads:
        torch.set_num_threads(options.threads)
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Eta()]
    ok = True
    with Progress(*columns) as bar, _interrupts() as stop:
        for name, config in configs.items():
            out = options.out / name if len(configs) > 1 else options.out
            ok &= _train(name, config, out, options, bar, stop)
            if stop.is_set():
                break
    print(f"records in {options.out}")
    return 130 if stop.is_set() else int(not ok)


def _train(
    name: str,
    config: TrainingConfig,
    out: Path,
    options: argparse.Namespace,
    bar: "ProgressBar",
    stop: threading.Event,
) -> bool:
    """Whether the training finished. Prints how it ended."""
    from trainers.fused import open_trainings
    from trainers.saving.folders import LocalFolder

    folder = LocalFolder(out)
    training = open_trainings(
        [config], [folder], device=options.device, checkpoint_s=options.checkpoint_s
    )
    try:
        with contextlib.closing(training):
            _advance(name, training, config.milestones[-1], bar, stop)
    except TrainerError:
        raise
    except Exception as error:
        print(f"{name}: failed: {error}", file=sys.stderr)
        return False
    if training.status == "diverged":
        print(f"{name}: diverged: {training.reason}", file=sys.stderr)
    elif training.status == "running":
        print(
            f"{name}: interrupted at iteration {training.iteration}; the same command resumes",
            file=sys.stderr,
        )
    else:
        print(f"{name}: finished at iteration {config.milestones[-1]}")
    return training.status == "finished"


def _advance(
    name: str,
    training: "Training | FusedTrainings",
    last: int,
    bar: "ProgressBar",
    stop: threading.Event,
) -> None:
    """Trains to the end, or until `stop` is set and a checkpoint written."""
    from trainers.fused import advance

    task = bar.add_task(name, total=last, completed=training.iteration)
    while training.status == "running" and not stop.is_set():
        (state,) = advance(training, 0.5)
        losses = "  ".join(f"{key} {value:.2f}" for key, value in state.losses.items())
        bar.update(task, completed=state.iteration, description=f"{name}  {losses}")
        if state.scores:
            bar.console.print(f"{name} {_line(state.iteration, state.scores)}")
    if training.status == "running":
        training.save()


@contextlib.contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second one ends the process at once."""
    stop = threading.Event()

    def set_stop(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()

    before = signal.signal(signal.SIGINT, set_stop)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _line(iteration: int, scores: Mapping[str, float]) -> str:
    values = "  ".join(f"{key} {value:.4f}" for key, value in sorted(scores.items()))
    return f"iteration {iteration}: {values}"


if __name__ == "__main__":
    sys.exit(main())
