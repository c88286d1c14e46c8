"""Time each measure once, for the page of measures: `python docs/tools/measure_costs.py`.

10,000 points, five latents and the five factors of dSprites, protocol thesis, one thread."""

import json
import time
from pathlib import Path

import numpy as np

from trainers.measures import MEASURES, score

SIZES = (3, 6, 40, 32, 32)


def main() -> None:
    random = np.random.default_rng(0)
    factors = np.stack([random.integers(size, size=10_000) for size in SIZES], axis=1)
    latents = factors / np.array(SIZES) + 0.1 * random.normal(size=factors.shape)
    seconds = {}
    for name in MEASURES:
        started = time.perf_counter()
        score(latents, factors, measures=[name])
        seconds[name] = float(f"{time.perf_counter() - started:.1g}")
    text = json.dumps(seconds, indent=1)
    Path(__file__).with_name("measure_costs.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
