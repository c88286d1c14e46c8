"""A sweep as a user writes it by hand: Ray Tune, function trainable, DataLoader, MLflow callback.

    python -m benchmarks.contenders.plain_ray ITERATIONS ..      in an empty folder

The same 36 runs as the grid of `benchmarks.grid_vs_ray`, each trained from its first step. In its
favour: images are drawn once, before the clock of a trial starts, 20,000 of them, and mapped; the
score is this project's CbD. Losses are reported every ten steps, as sweeper records them."""

import os
import sys
from pathlib import Path
from typing import Any

NUM_IMAGES = 20_000
BATCH_SIZES = (64, 128, 256)
LEARNING_RATES = (1e-4, 1e-5)


def main() -> int:
    iterations = [int(text) for text in sys.argv[1:]]
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    draw_images(Path.cwd())
    import ray
    from ray import tune
    from ray.air.integrations.mlflow import MLflowLoggerCallback

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    results = tune.Tuner(
        tune.with_resources(train, {"cpu": 1}),
        param_space={
            "folder": str(Path.cwd()),
            "batch_size": tune.grid_search(list(BATCH_SIZES)),
            "lr": tune.grid_search(list(LEARNING_RATES)),
            "iterations": tune.grid_search(iterations),
        },
        run_config=tune.RunConfig(
            storage_path=str(Path.cwd() / "tune"),
            verbose=0,
            callbacks=[MLflowLoggerCallback("sqlite:///mlflow.db", experiment_name="by hand")],
        ),
    ).fit()
    assert not results.errors, results.errors
    assert all("cbd" in result.metrics for result in results)
    ray.shutdown()
    return 0


def draw_images(folder: Path) -> None:
    import numpy as np

    from trainers.datasets import open_dataset

    dataset = open_dataset("dsprites")
    chosen = np.random.default_rng(0).choice(len(dataset), NUM_IMAGES, replace=False)
    np.save(folder / "images.npy", dataset.images(chosen))
    np.save(folder / "factors.npy", dataset.factors(chosen))


def train(config: dict[str, Any]) -> None:
    import numpy as np
    import torch
    from ray import tune
    from torch.utils.data import DataLoader, TensorDataset

    from benchmarks.contenders.plain_loop import plain_model, plain_step

    folder = Path(config["folder"])
    images = torch.from_numpy(np.load(folder / "images.npy", mmap_mode="c"))
    loader = DataLoader(
        TensorDataset(images[2000:]), config["batch_size"], shuffle=True, drop_last=True
    )
    network, optimizer, sigmas_2 = plain_model("mlp", config["lr"], fused=False)
    step = plain_step(network, optimizer, sigmas_2)
    done = 0
    while done < config["iterations"]:
        for (batch_BCHW,) in loader:
            losses = step(batch_BCHW)
            done += 1
            if done == config["iterations"]:
                break
            if done % 10 == 0:
                tune.report({"iteration": done, **losses})
    scores = evaluate(network, images[:2000], np.load(folder / "factors.npy")[:2000])
    tune.report({"iteration": done, **losses, **scores})


def evaluate(network: Any, images: Any, factors: Any) -> dict[str, float]:
    import torch

    from trainers.measures import score

    with torch.no_grad():
        mu_NL = torch.cat([network.encode(part.float())[0] for part in images.split(256)])
    return score(mu_NL.numpy(), factors, measures=["cbd"])


if __name__ == "__main__":
    sys.exit(main())
