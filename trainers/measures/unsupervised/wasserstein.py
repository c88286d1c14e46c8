"""Gaussian Wasserstein correlation: the distance of the latents from independent ones.

    gaussian_wasserstein_correlation      W = 2 tr V - 2 tr (D^1/2 V D^1/2)^1/2
    gaussian_wasserstein_correlation_norm W / tr V

V = Cov[z] with divisor N - 1, D its diagonal. W is the squared 2-Wasserstein distance of N(0, V)
and N(0, D).

Source: Locatello et al. 2019, as in disentanglement_lib.
Range: lower is better. W 0 to infinity, in the square of the latents' scale; W / tr V 0 to 2.
Needs: latents alone.
Estimator: the covariance of all points; the same in both protocols. Deterministic.
Failure cases: both see linear dependence alone and ignore factors: noise scores 0. W of latents of
    small scale is small, however dependent they are. Constant latents alone: 0. W beyond the range
    of double precision: MeasureError.

Shapes: N points, L latents."""

import numpy as np

from trainers.errors import MeasureError
from trainers.measures.shared.statistics import Statistics


def gaussian_wasserstein_correlation(stats: Statistics) -> float:
    distance, _ = _distance_and_trace(stats)
    try:
        with np.errstate(over="raise"):
            return float(np.ldexp(distance, 2 * _largest_exponent(stats)))
    except FloatingPointError:
        raise MeasureError("exceeds the range of double precision: scale the latents") from None


def gaussian_wasserstein_correlation_norm(stats: Statistics) -> float:
    distance, trace = _distance_and_trace(stats)
    return distance / trace if trace > 0.0 else 0.0


def _distance_and_trace(stats: Statistics) -> tuple[float, float]:
    """W and tr V of the latents divided by 2 ** _largest_exponent."""
    shift_L = np.maximum(stats.exponents_L - _largest_exponent(stats), -500)
    scaled_NL = np.ldexp(stats.unit_NL, shift_L)
    centred_NL = scaled_NL - scaled_NL.mean(axis=0)
    centred_NL[:, stats.constant_L] = 0.0
    covariance_LL = centred_NL.T @ centred_NL / (stats.num_points - 1)
    std_L = np.sqrt(np.diag(covariance_LL))
    eigenvalues_L = np.linalg.eigvalsh(std_L[:, None] * covariance_LL * std_L)
    trace = float(np.trace(covariance_LL))
    roots = float(np.sqrt(np.maximum(eigenvalues_L, 0.0)).sum())
    return max(0.0, 2.0 * trace - 2.0 * roots), trace


def _largest_exponent(stats: Statistics) -> int:
    return int(stats.exponents_L.max())
