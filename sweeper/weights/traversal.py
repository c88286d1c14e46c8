"""Figure 6.2: latent traversals. One latent at a time is varied and decoded.

One row for each latent: the other latents keep the values of an anchor, this one takes values of a
range. The thesis chooses latent and range of each row by eye; the default here is every informative
latent, by its mean KL over the evaluation points, from -3 to 3.

Shapes: D dimensions, S steps, L latent, N points, C H W image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sweeper.analysis.study import Study, run_named
from sweeper.analysis.titles import dataset_title, model_title
from sweeper.errors import UsageError
from sweeper.plotting.files import figure_contents, write_files
from sweeper.plotting.style import new_figure
from sweeper.tracking import layout
from sweeper.tracking.reading.artifacts import Latents
from sweeper.weights.find import find_weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 9
ROWS = 9  # the number of rows in the thesis
FULL = (-3.0, 3.0)
INFORMATIVE_NATS = 0.01


@dataclass(frozen=True)
class Traversal:
    """pictures_DSCHW: in [0, 1].  ranges_D2: first and last value of each row.

    change_DS: root mean square difference between a picture and that of the anchor."""

    run_id: str
    title: str
    dims_D: tuple[int, ...]
    kl_nats_L: np.ndarray
    ranges_D2: tuple[tuple[float, float], ...]
    values_DS: np.ndarray
    pictures_DSCHW: np.ndarray
    change_DS: np.ndarray
    notes: tuple[str, ...]
    is_synthetic: bool = False

    def rows(self) -> tuple[Sequence[str], list[Sequence[object]]]:
        header = ("run_id", "latent", "kl_nats", "value", "change_rms", "mean_intensity")
        return (*header, "population"), [
            (
                self.run_id,
                dim,
                float(self.kl_nats_L[dim]),
                float(self.values_DS[row, step]),
                float(self.change_DS[row, step]),
                float(self.pictures_DSCHW[row, step].mean()),
                "synthetic" if self.is_synthetic else "real",
            )
            for row, dim in enumerate(self.dims_D)
            for step in range(self.values_DS.shape[1])
        ]


def compute_traversal(
    study: Study,
    run: str,
    store: str,
    *,
    dims: Sequence[int] | None = None,
    ranges: Sequence[tuple[float, float]] = (FULL,),
    steps: int = STEPS,
    point: int | None = None,
) -> Traversal:
    """ranges: one for all dimensions, or one for each.  point: the evaluation point whose latents
    are the anchor; None: the point nearest to the mean.

    Raises UsageError, MissingWeights, TrackingError."""
    run_id = run_named(study, run)
    weights = find_weights(study.uri, study.stored[run_id], store)
    latents = study.latents(run_id)
    kl_nats_L = mean_kl(latents)
    chosen = _dims(dims, kl_nats_L)
    limits = _ranges(ranges, chosen)
    anchor = _anchor(latents, point)
    values_DS = np.stack([np.linspace(low, high, steps) for low, high in limits])
    codes_DSL = np.tile(latents.mu_NL[anchor], (len(chosen), steps, 1))
    for row, dim in enumerate(chosen):
        codes_DSL[row, :, dim] = values_DS[row]
    pictures_DSCHW, still_CHW = _decoded(weights.build(), codes_DSL, latents.mu_NL[anchor])
    stored = study.stored[run_id]
    is_stand_in = stored.tags.get(layout.SYNTHETIC) == "true"
    title = f"{model_title(stored.params['model'])} on {dataset_title(stored.params['dataset'])}"
    return Traversal(
        run_id,
        f"{title} (synthetic)" if is_stand_in else title,
        chosen,
        kl_nats_L,
        limits,
        values_DS,
        pictures_DSCHW,
        np.sqrt(((pictures_DSCHW - still_CHW) ** 2).mean(axis=(2, 3, 4))),
        (f"Run {run_id}; anchor: evaluation point {anchor}.",),
        is_stand_in,
    )


def mean_kl(latents: Latents) -> np.ndarray:
    """(L,): KL of each latent from the prior, in nats, mean over the points."""
    mu_NL, logvar_NL = latents.mu_NL.astype(float), latents.logvar_NL.astype(float)
    return np.asarray(0.5 * (mu_NL**2 + np.exp(logvar_NL) - 1 - logvar_NL).mean(axis=0))


def _dims(asked: Sequence[int] | None, kl_nats_L: np.ndarray) -> tuple[int, ...]:
    """The requested dimensions, or the most informative ones, at least one."""
    if asked is None:
        order = np.argsort(-kl_nats_L, kind="stable")
        informative = [int(dim) for dim in order if kl_nats_L[dim] > INFORMATIVE_NATS]
        return tuple((informative or [int(order[0])])[:ROWS])
    wrong = [dim for dim in asked if not 0 <= dim < len(kl_nats_L)]
    if wrong or not asked:
        raise UsageError(f"dims {list(asked)}: the run has latents 0 to {len(kl_nats_L) - 1}")
    return tuple(asked)


def _ranges(
    ranges: Sequence[tuple[float, float]], dims: Sequence[int]
) -> tuple[tuple[float, float], ...]:
    found = tuple(ranges) * len(dims) if len(ranges) == 1 else tuple(ranges)
    if len(found) != len(dims):
        raise UsageError(
            f"{len(ranges)} ranges for {len(dims)} dims: give one range, or one for each"
        )
    if not all(math.isfinite(low) and math.isfinite(high) and low != high for low, high in found):
        raise UsageError(f"ranges {list(found)}: each needs two finite values that differ")
    return found


def _anchor(latents: Latents, point: int | None) -> int:
    count = len(latents.mu_NL)
    if point is None:
        away_N = ((latents.mu_NL - latents.mu_NL.mean(axis=0)) ** 2).sum(axis=1)
        return int(away_N.argmin())
    if not 0 <= point < count:
        raise UsageError(f"point {point}: the run has evaluation points 0 to {count - 1}")
    return point


def _decoded(
    network: Any, codes_DSL: np.ndarray, anchor_L: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    import torch

    flat = np.concatenate([codes_DSL.reshape(-1, codes_DSL.shape[-1]), anchor_L[None]])
    with torch.no_grad():
        pictures = torch.sigmoid(network.decode(torch.from_numpy(flat).float())).numpy()
    return pictures[:-1].reshape(*codes_DSL.shape[:2], *pictures.shape[1:]), pictures[-1]


def draw_traversal(data: Traversal) -> "Figure":
    """One row of pictures for each dimension, with its range in brackets, as in the thesis."""
    count, steps = data.values_DS.shape
    figure = new_figure(0.75 * steps + 1.3, 0.78 * count + 0.3)
    axes = figure.subplots(count, steps, squeeze=False)
    for row, (dim, (low, high)) in enumerate(zip(data.dims_D, data.ranges_D2, strict=True)):
        for step in range(steps):
            axis = axes[row, step]
            picture_HWC = data.pictures_DSCHW[row, step].transpose(1, 2, 0)
            axis.imshow(picture_HWC.squeeze(), cmap="gray", vmin=0, vmax=1)
            axis.set_xticks([])
            axis.set_yticks([])
            axis.spines[:].set_visible(False)
        name = f"z{dim}\n[{low:g}, {high:g}]"
        axes[row, 0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=4)
    figure.suptitle(data.title)
    return figure


def write_traversal(data: Traversal, folder: Path) -> list[Path]:
    """figure_6_2.png, .svg and .csv, or figure_6_2_synthetic..; their paths."""
    stem = "figure_6_2_synthetic" if data.is_synthetic else "figure_6_2"
    return write_files(folder, stem, figure_contents(draw_traversal(data), *data.rows()))
