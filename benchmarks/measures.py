"""How much faster the measures are than the same definitions written plainly with scikit-learn.

    python -m benchmarks.measures [--quick]

Both run in this process, one after the other, on the same points and one BLAS thread: dSprites'
five factors, five latents that mix them, protocol thesis, 10,000 points and 4 and 16 times as many.
Prints Markdown: medians and extremes in milliseconds, the ratio of the medians, in brackets from
the least to the most favourable pair of runs, and how far the two scores are apart. The plain code
is not run for sizes where it would take more than 10 seconds per measure.

Shapes: N points, L latents, K factors."""

import argparse
import platform
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import mutual_info_score, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import minmax_scale
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from trainers.measures import MEASURES, score

SIZES_K = (3, 6, 40, 32, 32)
NUM_BINS = 10
PLAIN_LIMIT_S = 10.0  # the plain code of a measure is not run where it is expected to take longer

Plain = Callable[[np.ndarray, np.ndarray, np.random.Generator], float]


def made_points(num_points: int) -> tuple[np.ndarray, np.ndarray]:
    """(latents_NL, factors_NK): each latent its factor, a third of the next one, and noise."""
    random = np.random.default_rng(0)
    factors_NK = np.stack([random.integers(size, size=num_points) for size in SIZES_K], axis=1)
    scaled_NK = 2.0 * factors_NK / (np.array(SIZES_K) - 1.0) - 1.0
    noise_NK = 0.2 * random.standard_normal(scaled_NK.shape)
    latents_NL = scaled_NK + 0.33 * np.roll(scaled_NK, 1, axis=1) + noise_NK
    return latents_NL.astype(np.float32), factors_NK


def gap(matrix_KL: np.ndarray) -> float:
    ordered = np.sort(matrix_KL, axis=1)
    return float(np.mean(ordered[:, -1] - ordered[:, -2]))


def plain_cbd(z_NL: np.ndarray, y_NK: np.ndarray, _: np.random.Generator) -> float:
    pairs = [[abs(np.corrcoef(z, y)[0, 1]) for z in z_NL.T] for y in y_NK.T]
    return 0.5 * (gap(np.array(pairs)) + gap(np.array(pairs).T))


def plain_information(z_NL: np.ndarray, y_NK: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """I_KL and the entropies of the binned latents."""
    edges = np.linspace(0.0, 1.0, NUM_BINS + 1)[:-1]
    bins_NL = np.digitize(minmax_scale(z_NL), edges)
    mutual_KL = np.array([[mutual_info_score(y, b) for b in bins_NL.T] for y in y_NK.T])
    return mutual_KL, np.array([mutual_info_score(b, b) for b in bins_NL.T])


def plain_mig(z_NL: np.ndarray, y_NK: np.ndarray, _: np.random.Generator) -> float:
    mutual_KL, entropy_L = plain_information(z_NL, y_NK)
    return gap(mutual_KL / entropy_L)


def plain_mig_sup(z_NL: np.ndarray, y_NK: np.ndarray, _: np.random.Generator) -> float:
    mutual_KL, entropy_L = plain_information(z_NL, y_NK)
    return gap((mutual_KL / entropy_L).T)


def plain_modularity(z_NL: np.ndarray, y_NK: np.ndarray, _: np.random.Generator) -> float:
    squared_KL = plain_information(z_NL, y_NK)[0] ** 2
    best_L = squared_KL.max(axis=0)
    rest_L = (squared_KL.sum(axis=0) - best_L) / (best_L * (len(squared_KL) - 1))
    return float(np.mean(1.0 - rest_L))


def plain_sap(z_NL: np.ndarray, y_NK: np.ndarray, _: np.random.Generator) -> float:
    scaled_NL = minmax_scale(z_NL)
    return gap(np.array([[tree_score(z[:, None], y) for z in scaled_NL.T] for y in y_NK.T]))


def tree_score(z_N1: np.ndarray, y_N: np.ndarray) -> float:
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": range(1, 10)}, cv=10)
    return search.fit(z_N1, y_N).score(z_N1, y_N)


def plain_sap_regression(z_NL: np.ndarray, y_NK: np.ndarray, _: np.random.Generator) -> float:
    return gap(np.array([[regression_score(z[:, None], y) for z in z_NL.T] for y in y_NK.T]))


def regression_score(z_N1: np.ndarray, y_N: np.ndarray) -> float:
    return max(0.0, LinearRegression().fit(z_N1, y_N).score(z_N1, y_N))


def plain_irs(z_NL: np.ndarray, y_NK: np.ndarray, _: np.random.Generator) -> float:
    largest_L = np.abs(z_NL - z_NL.mean(axis=0)).max(axis=0)
    robust_KL = []
    for y in y_NK.T:
        held = [z_NL[y == value] for value in np.unique(y)]
        moved = [np.abs(part - part.mean(axis=0)).max(axis=0) for part in held]
        robust_KL.append(1.0 - np.mean(moved, axis=0) / largest_L)
    return float(np.average(np.max(robust_KL, axis=0), weights=largest_L))


def plain_explicitness(z_NL: np.ndarray, y_NK: np.ndarray, _: np.random.Generator) -> float:
    scaled_NL, areas_K = minmax_scale(z_NL), []
    for y in y_NK.T:
        values = np.unique(y)
        model = LogisticRegression(class_weight="balanced")
        p_VN = np.array(
            [model.fit(scaled_NL, y == v).predict_proba(scaled_NL)[:, 1] for v in values]
        )
        p_VN /= p_VN.sum(axis=0)
        areas_K.append(
            np.mean([roc_auc_score(y == v, p) for v, p in zip(values, p_VN, strict=True)])
        )
    return 2.0 * (float(np.mean(areas_K)) - 0.5)


def plain_beta_vae(z_NL: np.ndarray, y_NK: np.ndarray, random: np.random.Generator) -> float:
    num_factors, num_latents = y_NK.shape[1], z_NL.shape[1]
    labels = random.integers(num_factors, size=15_000)
    examples = np.empty((len(labels), num_latents))
    for k, y in enumerate(y_NK.T):
        chosen, values = np.flatnonzero(labels == k), np.unique(y)
        shared = random.choice(values, size=200 * len(chosen))
        apart = np.empty((len(shared), num_latents))
        for value in values:
            points, places = np.flatnonzero(y == value), np.flatnonzero(shared == value)
            first = random.integers(len(points), size=len(places))
            second = (first + random.integers(1, len(points), size=len(places))) % len(points)
            apart[places] = np.abs(z_NL[points[first]] - z_NL[points[second]])
        examples[chosen] = apart.reshape(len(chosen), 200, num_latents).mean(axis=1)
    model = LogisticRegression(max_iter=10_000).fit(examples[:10_000], labels[:10_000])
    return rescaled(model.score(examples[10_000:], labels[10_000:]), num_factors)


def plain_factor_vae(z_NL: np.ndarray, y_NK: np.ndarray, random: np.random.Generator) -> float:
    num_factors = y_NK.shape[1]
    held_KV = [[np.flatnonzero(y == value) for value in np.unique(y)] for y in y_NK.T]
    variance_L = z_NL.var(axis=0, ddof=1)
    labels, named = random.integers(num_factors, size=3_000), []
    for k in labels:
        points = held_KV[k][random.integers(len(held_KV[k]))]
        passes = [random.permutation(points) for _ in range(-(-200 // len(points)))]
        local_L = z_NL[np.concatenate(passes)[:200]].var(axis=0, ddof=1)
        named.append(np.argmin(local_L / variance_L))
    votes_LK = np.zeros((z_NL.shape[1], num_factors))
    np.add.at(votes_LK, (named[:2_000], labels[:2_000]), 1)
    guessed = votes_LK.argmax(axis=1)[named[2_000:]]
    return rescaled(float(np.mean(guessed == labels[2_000:])), num_factors)


def rescaled(accuracy: float, num_factors: int) -> float:
    return (accuracy - 1.0 / num_factors) / (1.0 - 1.0 / num_factors)


PLAIN: dict[str, Plain] = {
    "cbd": plain_cbd,
    "beta_vae": plain_beta_vae,
    "factor_vae": plain_factor_vae,
    "mig": plain_mig,
    "mig_sup": plain_mig_sup,
    "modularity": plain_modularity,
    "explicitness": plain_explicitness,
    "sap": plain_sap,
    "sap_regression": plain_sap_regression,
    "irs": plain_irs,
}


def milliseconds(run: Callable[[], float]) -> tuple[float, float]:
    """How long it took, and what came out."""
    start = time.perf_counter()
    value = run()
    return 1e3 * (time.perf_counter() - start), value


def spread(times_ms: list[float]) -> str:
    return f"{median(times_ms):,.1f} ({min(times_ms):,.1f} to {max(times_ms):,.1f})"


def ratio(plain_ms: list[float], ours_ms: list[float]) -> str:
    low, high = min(plain_ms) / max(ours_ms), max(plain_ms) / min(ours_ms)
    return f"{median(plain_ms) / median(ours_ms):,.1f} ({low:,.1f} to {high:,.1f})"


def compare(num_points: int, repeats: int, expected_s: dict[str, float]) -> None:
    """Prints one table; leaves in `expected_s` how long the plain code took."""
    z_NL, y_NK = made_points(num_points)
    wide_NL, random = z_NL.astype(np.float64), np.random.default_rng(1)
    print(f"\n{num_points:,} points\n")
    print(
        "| measure | plain, ms | ours, ms | ratio | scores apart |\n| --- | --- | --- | --- | --- |"
    )
    both = [name for name in PLAIN if expected_s.get(name, 0.0) <= PLAIN_LIMIT_S]
    plain_ms: dict[str, list[float]] = {name: [] for name in both}
    for name, plain in PLAIN.items():
        ours_ms = []
        for _ in range(repeats):  # by turns, so that a busy machine slows both
            took_ms, ours = milliseconds(lambda n=name: score(z_NL, y_NK, measures=[n])[n])
            ours_ms.append(took_ms)
            if name in both:
                took_ms, value = milliseconds(lambda p=plain: p(wide_NL, y_NK, random))
                plain_ms[name].append(took_ms)
        if name not in both:
            print(f"| {name} | not run | {spread(ours_ms)} | | |", flush=True)
            continue
        expected_s[name] = median(plain_ms[name]) / 1e3
        row = f"| {name} | {spread(plain_ms[name])} | {spread(ours_ms)}"
        print(f"{row} | {ratio(plain_ms[name], ours_ms)} | {abs(ours - value):.1e} |", flush=True)
    sums_ms = [sum(row) for row in zip(*plain_ms.values(), strict=True)]
    once = [
        milliseconds(lambda: score(z_NL, y_NK, measures=both)["cbd"])[0] for _ in range(repeats)
    ]
    label = "all" if len(both) == len(PLAIN) else f"the {len(both)} run by both"
    row = f"| **{label}, together** | {spread(sums_ms)} | {spread(once)}"
    print(f"{row} | {ratio(sums_ms, once)} | |", flush=True)


def cost_of_others(num_points: int, repeats: int) -> None:
    """Prints what the measures cost that have no plain code here."""
    z_NL, y_NK = made_points(num_points)
    print(f"\nThe other measures, {num_points:,} points\n\n| measure | ours, ms |\n| --- | --- |")
    for name in MEASURES:
        if name not in PLAIN:
            runs = [
                milliseconds(lambda n=name: score(z_NL, y_NK, measures=[n])[n])[0]
                for _ in range(repeats)
            ]
            print(f"| {name} | {spread(runs)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="10,000 points only, once")
    quick = parser.parse_args().quick
    versions = f"numpy {np.__version__}, scikit-learn {sklearn.__version__}"
    print(f"{platform.machine()}, Python {platform.python_version()}, {versions}, one thread")
    expected_s: dict[str, float] = {}
    with threadpool_limits(1):
        score(*made_points(1_000))  # loads what is loaded lazily
        for factor, repeats in ((1, 1),) if quick else ((1, 5), (4, 2), (16, 2)):
            compare(10_000 * factor, repeats, expected_s)
            if factor == 1:
                cost_of_others(10_000, repeats)
            expected_s = {name: 4.0 * seconds for name, seconds in expected_s.items()}


if __name__ == "__main__":
    main()
