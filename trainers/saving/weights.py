"""Weights of the best milestone, or of all, kept in the folder of their records; those of the
last one are in its checkpoint too."""

import io
import json
import math
from typing import Any

import torch
from torch import nn

from trainers.config import KeepRule, sorted_json
from trainers.errors import RecordError
from trainers.saving.checkpoints import PREFIX as CHECKPOINT
from trainers.saving.checkpoints import load_checkpoint
from trainers.saving.folders import Folder, files_by_number, read_digested, write_digested
from trainers.saving.records import Milestone, find_records, read_milestone

_PREFIX = "weights"


def kept_weights(folder: Folder, iteration: int | None = None) -> tuple[int, str] | None:
    """(iteration, file name) of the kept weights of `iteration`, or of the last one; else None."""
    kept = files_by_number(folder, _PREFIX)
    if iteration is not None:
        return (iteration, kept[iteration]) if iteration in kept else None
    return next(reversed(kept.items()), None)


def read_weights(folder: Folder, name: str) -> dict[str, Any]:
    """{'iteration', 'by', 'network': state dict, 'about': dict}. Raises RecordError."""
    content: dict[str, Any] = torch.load(
        io.BytesIO(read_digested(folder, name)), map_location="cpu", weights_only=True
    )
    return content | {"about": json.loads(content["about"])}


def checkpointed_weights(folder: Folder, iteration: int) -> dict[str, Any] | None:
    """The weights of `iteration` from the checkpoint written there, as `read_weights` returns them
    but without 'by'; None without that checkpoint or without the record of the milestone.

    Raises RecordError for a damaged record."""
    name = files_by_number(folder, CHECKPOINT).get(iteration)
    record = find_records(folder).milestones.get(iteration)
    state = load_checkpoint(folder, name) if name and record else None
    if state is None or record is None:
        return None
    about = read_milestone(folder, record).about
    return {"iteration": iteration, "network": state["network"], "about": about}


Value = tuple[float, float]
NO_CANDIDATE = (-math.inf, -math.inf)


def best_kept(folder: Folder, rule: KeepRule) -> Value:
    """The value of the milestone whose weights are kept, or NO_CANDIDATE."""
    kept = kept_weights(folder)
    record = find_records(folder).milestones.get(kept[0]) if kept else None
    if record is None:
        return NO_CANDIDATE
    try:
        return selection_value(read_milestone(folder, record), rule)
    except RecordError:
        return NO_CANDIDATE


def selection_value(milestone: Milestone, rule: KeepRule) -> Value:
    """What milestones of one training are compared by, higher is better: the score, then the lower
    reconstruction. NO_CANDIDATE without a finite score, and for a collapsed representation."""
    score = milestone.metrics.get(rule.metric, math.nan)
    collapsed = milestone.metrics.get("latent/active", math.inf) < rule.min_active
    if collapsed or not math.isfinite(score):
        return NO_CANDIDATE
    if rule.last_only:
        return float(milestone.iteration), 0.0
    recon = milestone.metrics.get("valid/recon", math.inf)
    return -score if rule.lower_is_better else score, -recon


def keep_weights(
    folder: Folder, network: nn.Module, milestone: Milestone, metric: str, *, replace: bool
) -> None:
    """Keeps the network's weights as those of `milestone`. replace: drops those kept before."""
    buffer = io.BytesIO()
    content = {
        "iteration": milestone.iteration,
        "by": metric,
        "network": network.state_dict(),
        "about": sorted_json(milestone.about),
    }
    torch.save(content, buffer)
    stem = f"{_PREFIX}-{milestone.iteration:012d}"
    with buffer.getbuffer() as data:
        new = write_digested(folder, stem, ".pt", data)
    if replace:
        for name in files_by_number(folder, _PREFIX).values():
            if name != new:
                folder.delete(name)
