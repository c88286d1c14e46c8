"""UDR as a column of runs: computed from the latents of the seeds of each configuration.

Shapes: N points, L latents."""

from collections.abc import Sequence
from typing import Any

from sweeper.analysis.scores import Score
from sweeper.analysis.selection import configuration
from sweeper.analysis.study import RunRow, Study
from sweeper.errors import TrackingError
from sweeper.messages import counted
from sweeper.tracking import layout


def with_seed_score(
    study: Study, cells: Sequence[RunRow], by: Score
) -> tuple[tuple[RunRow, ...], list[str]]:
    """The cells with the column of `by`, and a note for each reason why some have no score.

    It is computed from the finished runs of each configuration, two at least, whose latents are
    of the same images."""
    groups: dict[tuple[Any, ...], dict[str, RunRow]] = {}
    for cell in cells:
        if cell["status"] == layout.FINISHED:
            groups.setdefault(configuration(cell), {})[cell["run_id"]] = cell
    scores: dict[str, float] = {}
    without: dict[str, list[list[str]]] = {}
    for runs in groups.values():
        found = _scores(study, sorted(runs.values(), key=lambda run: run["run_id"]), by.name)
        if isinstance(found, str):
            without.setdefault(found, []).append(list(runs))
        else:
            scores |= found
    scored = tuple({**c, by.column: scores.get(c["run_id"], float("nan"))} for c in cells)
    return scored, [_note(by.name, reason, runs) for reason, runs in without.items()]


def _scores(study: Study, runs: Sequence[RunRow], name: str) -> dict[str, float] | str:
    """{run id: score}, or why there is none. Computed once for a study."""
    ids = [run["run_id"] for run in runs]
    key = (name, *ids)
    if key not in study.seed_scores:
        study.seed_scores[key] = _computed(study, runs, name)
    return study.seed_scores[key]


def _computed(study: Study, runs: Sequence[RunRow], name: str) -> dict[str, float] | str:
    import numpy as np

    from sweeper.analysis.udr.ranking import SIMILARITIES, mean_kl

    if len(runs) < 2:
        return "only one seed has finished"
    try:
        latents = [study.latents(run["run_id"]) for run in runs]
    except TrackingError:
        return "latents of a seed cannot be read"
    first = latents[0].indices_N
    same = all(np.array_equal(first, other.indices_N) for other in latents)
    if not same or len({run["fingerprint"] for run in runs}) > 1:
        return "seeds were scored on different images"
    mu_MNL = np.stack([one.mu_NL for one in latents])
    kl_ML = np.stack([mean_kl(one.mu_NL, one.logvar_NL) for one in latents])
    scores = SIMILARITIES[name](mu_MNL, kl_ML)
    return {run["run_id"]: float(s) for run, s in zip(runs, scores, strict=True)}


def _note(name: str, reason: str, groups: Sequence[Sequence[str]]) -> str:
    many = counted(len(groups), "configuration has", "configurations have")
    return f"{many} no {name}, because {reason} (runs {', '.join(sorted(groups[0]))})."
