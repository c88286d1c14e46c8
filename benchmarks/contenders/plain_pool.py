"""A sweep as an experienced engineer writes it in an afternoon, without shared trainings.

    python -m benchmarks.contenders.plain_pool ITERATIONS ..      in an empty folder

The same 36 runs as `benchmarks.contenders.plain_ray`, each trained from its first step, without
Ray: two processes that each import PyTorch once, the longest runs first, minibatches indexed from
one array, the fused Adam, losses read back every ten steps, and one batched request to MLflow a
run."""

import multiprocessing
import sys
from pathlib import Path
from typing import Any

from benchmarks.contenders.plain_ray import (
    BATCH_SIZES,
    LEARNING_RATES,
    NUM_IMAGES,
    draw_images,
    evaluate,
)

WORKERS = 2


def main() -> int:
    iterations = sorted((int(text) for text in sys.argv[1:]), reverse=True)
    draw_images(Path.cwd())
    settings = [
        {"folder": str(Path.cwd()), "batch_size": batch_size, "lr": rate, "iterations": count}
        for count in iterations
        for batch_size in reversed(BATCH_SIZES)
        for rate in LEARNING_RATES
    ]
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        results = pool.imap_unordered(train, settings)
        from mlflow.tracking import MlflowClient

        client = MlflowClient("sqlite:///mlflow.db")
        experiment = client.create_experiment("by hand")
        for setting, losses, scores in results:
            publish(client, experiment, setting, losses, scores)
    return 0


def train(setting: dict[str, Any]) -> tuple[dict[str, Any], list[Any], dict[str, float]]:
    """(the setting, losses every ten steps, scores) of one run."""
    import numpy as np
    import torch

    from benchmarks.contenders.plain_loop import plain_losses, plain_model

    torch.set_num_threads(1)
    folder = Path(setting["folder"])
    images = torch.from_numpy(np.load(folder / "images.npy", mmap_mode="c"))
    network, optimizer, sigmas_2 = plain_model("mlp", setting["lr"], fused=True)
    step = plain_losses(network, optimizer, sigmas_2)
    kept = []
    for done in range(1, setting["iterations"] + 1):
        chosen_B = torch.randint(2000, NUM_IMAGES, (setting["batch_size"],))
        losses = step(images[chosen_B])
        if done % 10 == 0 or done == setting["iterations"]:
            kept.append((done, {name: value.item() for name, value in losses.items()}))
    scores = evaluate(network, images[:2000], np.load(folder / "factors.npy")[:2000])
    assert "cbd" in scores, scores
    return setting, kept, scores


def publish(client: Any, experiment: str, setting: Any, losses: Any, scores: Any) -> None:
    from mlflow.entities import Metric, Param

    run = client.create_run(experiment).info.run_id
    metrics = [
        Metric(name, value, 0, step) for step, found in losses for name, value in found.items()
    ]
    metrics += [Metric(name, value, 0, losses[-1][0]) for name, value in scores.items()]
    params = [Param(name, str(value)) for name, value in setting.items()]
    client.log_batch(run, metrics=metrics, params=params)
    client.set_terminated(run)


if __name__ == "__main__":
    sys.exit(main())
