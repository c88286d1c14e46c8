"""Ray Tune as it comes, with trials that do nothing: what any sweep by hand costs at least.

python -m benchmarks.contenders.bare_ray TRIALS reuse|fresh"""

import os
import sys
import tempfile
from typing import Any


def main() -> int:
    trials, reuse = int(sys.argv[1]), sys.argv[2] == "reuse"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray import tune

    class Empty(tune.Trainable):
        def setup(self, config: dict[str, Any]) -> None:
            pass

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            return True

        def step(self) -> dict[str, Any]:
            return {"loss": 0.0, "done": True}

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory() as folder:
        results = tune.Tuner(
            tune.with_resources(Empty, {"cpu": 1}),
            param_space={"number": tune.grid_search(list(range(trials)))},
            tune_config=tune.TuneConfig(reuse_actors=reuse),
            run_config=tune.RunConfig(
                storage_path=folder,
                verbose=0,
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        ).fit()
    assert not results.errors
    ray.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
