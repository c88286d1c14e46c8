"""`python -m trainers CONFIG.json`: trains one configuration alone, without Ray or MLflow."""

import argparse
import json
import sys
from pathlib import Path

from trainers.config import TrainingConfig
from trainers.errors import ConfigError, TrainerError


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: finished; 1: diverged or failed; 2: wrong use; 130: interrupted."""
    parser = argparse.ArgumentParser(prog="python -m trainers", description=__doc__)
    parser.add_argument("config", type=Path, help="a training configuration, as JSON")
    parser.add_argument(
        "--out", type=Path, default=Path("training"), help="folder of records and checkpoints"
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: all cores")
    parser.add_argument("--checkpoint-s", type=float, default=60.0, metavar="S")
    options = parser.parse_args(arguments)
    try:
        config = _read(options.config)
        return _train(config, options)
    except ConfigError as error:
        print(f"{options.config}: {error}", file=sys.stderr)
        return 2
    except TrainerError as error:
        print(error, file=sys.stderr)
        return 1


def _read(path: Path) -> TrainingConfig:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"is not JSON ({error})") from error
    if not isinstance(plain, dict):
        raise ConfigError("must hold one JSON object, a training configuration")
    config = TrainingConfig.from_dict(plain)
    if not config.milestones:
        raise ConfigError("milestones: name at least one iteration at which to score")
    return config


def _train(config: TrainingConfig, options: argparse.Namespace) -> int:
    import torch
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Eta

    from trainers.folders import LocalFolder
    from trainers.training import Training

    if options.device.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(f"device {options.device}: this machine has no CUDA device")
    if options.threads:
        torch.set_num_threads(options.threads)
    training = Training(
        config, LocalFolder(options.out), device=options.device, checkpoint_s=options.checkpoint_s
    )
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Eta()]
    last = config.milestones[-1]
    try:
        with Progress(*columns) as bar:
            task = bar.add_task(config.model, total=last, completed=training.iteration)
            while training.status == "running":
                progress = training.advance(seconds=0.5)
                losses = "  ".join(f"{k} {v:.2f}" for k, v in progress.losses.items())
                bar.update(
                    task, completed=progress.iteration, description=f"{config.model}  {losses}"
                )
                if progress.scores:
                    bar.console.print(_line(progress.iteration, progress.scores))
    except KeyboardInterrupt:
        training.save()
        print(f"interrupted at {training.iteration}; the same command goes on", file=sys.stderr)
        return 130
    finally:
        training.close()
    if training.status == "diverged":
        print(f"diverged: {training.reason}", file=sys.stderr)
        return 1
    print(f"finished at iteration {last}; records in {options.out}")
    return 0


def _line(iteration: int, scores: object) -> str:
    values = "  ".join(f"{key} {value:.4f}" for key, value in sorted(dict(scores).items()))  # type: ignore[call-overload]
    return f"iteration {iteration}: {values}"


if __name__ == "__main__":
    sys.exit(main())
