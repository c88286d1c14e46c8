"""A milestone record as the artifacts of an MLflow run.

Shapes: N points, L latent, K factors."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sweeper.messages import first_line
from sweeper.tracking import layout
from trainers.config import sorted_json
from trainers.saving.records import Milestone


def write_artifacts(
    folder: Path,
    milestone: Milestone,
    run_id: str,
    training_id: str,
    params: Mapping[str, str],
) -> str:
    """Writes latents.h5, trajectory.parquet, metrics.parquet and pcc.png into `folder`.

    A picture that cannot be drawn holds back no numbers: returns why, or ''."""
    _write_latents(folder / layout.LATENTS, milestone)
    _write_trajectory(folder / layout.TRAJECTORY, milestone)
    _write_metrics(folder / layout.METRICS, milestone, run_id, training_id, params)
    try:
        _write_pcc(folder / layout.PCC_PICTURE, milestone)
    except Exception as error:  # of a drawing library, or of the user's settings for it
        (folder / layout.PCC_PICTURE).unlink(missing_ok=True)
        return first_line(error)
    return ""


def write_own_code(folder: Path, files: Mapping[str, str]) -> None:
    """Writes {relative path: text} below `folder`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def last_values(milestone: Milestone) -> dict[str, float]:
    """The trajectory's values at the last recorded step, by name."""
    if not len(milestone.trajectory_ST):
        return {}
    last_T = milestone.trajectory_ST[-1, 1:]
    return dict(zip(milestone.trajectory_names, map(float, last_T), strict=True))


def _write_latents(path: Path, milestone: Milestone) -> None:
    import h5py

    about = milestone.about
    with h5py.File(path, "w") as file:
        file["mu"] = milestone.mu_NL
        file["logvar"] = milestone.logvar_NL
        file["factors"] = milestone.factors_NK
        file["indices"] = milestone.indices_N
        file.create_dataset("names", data=about["factor_names"], dtype=h5py.string_dtype())
        file["sizes"] = np.asarray(about["factor_sizes"], np.int64)
        file.attrs["dataset_fingerprint"] = about["dataset_fingerprint"]


def _write_trajectory(path: Path, milestone: Milestone) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns_TS = milestone.trajectory_ST.T
    table = {"iteration": columns_TS[0].astype(np.int64)}
    table |= dict(zip(milestone.trajectory_names, columns_TS[1:], strict=True))
    pq.write_table(pa.table(table), path)


def _write_metrics(
    path: Path, milestone: Milestone, run_id: str, training_id: str, params: Mapping[str, str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = {"run_id": run_id, "training_id": training_id, **params}
    row |= last_values(milestone) | dict(milestone.metrics)  # type: ignore[arg-type]
    metadata = {"about": sorted_json(milestone.about)}
    table = pa.table({key: [value] for key, value in row.items()})
    pq.write_table(table.replace_schema_metadata(metadata), path)


def extend_metrics(path: Path, scores: Mapping[str, float]) -> None:
    """Sets columns of the one row in `path`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    row = {name: table[name].to_pylist() for name in table.column_names}
    row |= {name: [value] for name, value in scores.items()}
    pq.write_table(pa.table(row).replace_schema_metadata(table.schema.metadata), path)


def _write_pcc(path: Path, milestone: Milestone) -> None:
    names = tuple(milestone.about["factor_names"])
    draw_pcc(path, milestone.mu_NL, milestone.factors_NK, names, last_values(milestone))


def draw_pcc(
    path: Path,
    mu_NL: np.ndarray,
    factors_NK: np.ndarray,
    names: tuple[str, ...],
    sigmas: Mapping[str, float],
) -> None:
    """The PCC heat map with each latent's learned sigma next to its row, as in Figure 7.2.

    names: of the factors.  sigmas: by metric key."""
    from sweeper.plotting.pcc_picture import pcc_png
    from trainers.measures import pcc_matrix

    labels = []
    for latent in range(mu_NL.shape[1]):
        sigma = sigmas.get(layout.sigma_key(latent))
        labels.append(f"z{latent}" if sigma is None else f"z{latent} ({abs(sigma):.2f})")
    path.write_bytes(pcc_png(pcc_matrix(mu_NL, factors_NK), names, labels))
