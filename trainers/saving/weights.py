"""Weights of milestones, kept beside their records: of the best one, or of all."""

import io
import json
import math
from typing import Any

import torch
from torch import nn

from trainers.errors import RecordError
from trainers.saving.folders import Folder, files_by_number, read_digested, write_digested
from trainers.saving.records import Milestone, find_records, read_milestone, sorted_json
from trainers.specs.measures import lower_is_better

_PREFIX = "weights"


def kept_weights(folder: Folder, iteration: int | None = None) -> tuple[int, str] | None:
    """(iteration, file name) of the kept weights in `folder`, the last or those of `iteration`."""
    kept = files_by_number(folder, _PREFIX)
    if iteration is not None:
        return (iteration, kept[iteration]) if iteration in kept else None
    return next(reversed(kept.items()), None)


def read_weights(folder: Folder, name: str) -> dict[str, Any]:
    """{'iteration', 'by', 'network': state dict, 'about': dict}. Raises RecordError if damaged."""
    content: dict[str, Any] = torch.load(
        io.BytesIO(read_digested(folder, name)), map_location="cpu", weights_only=True
    )
    return content | {"about": json.loads(content["about"])}


def best_kept(folder: Folder, by: str) -> float:
    """How good the milestone is whose weights are kept (see `selection_value`), or -inf."""
    kept = kept_weights(folder)
    record = find_records(folder).milestones.get(kept[0]) if kept else None
    if record is None:
        return -math.inf
    try:
        return selection_value(read_milestone(folder, record), by)
    except RecordError:
        return -math.inf


def selection_value(milestone: Milestone, by: str) -> float:
    """The metric `by`, higher is better: one of which less is better counts negative, a missing
    one as -inf."""
    sign = -1.0 if lower_is_better(by) else 1.0
    return sign * milestone.metrics.get(by, -sign * math.inf)


def keep_weights(
    folder: Folder, network: nn.Module, milestone: Milestone, by: str, *, replace: bool
) -> None:
    """Keeps the network's weights as those of `milestone`. alone: drops those kept before."""
    buffer = io.BytesIO()
    content = {
        "iteration": milestone.iteration,
        "by": by,
        "network": network.state_dict(),
        "about": sorted_json(milestone.about),
    }
    torch.save(content, buffer)
    stem = f"{_PREFIX}-{milestone.iteration:012d}"
    new = write_digested(folder, stem, ".pt", buffer.getbuffer())
    if replace:
        for name in files_by_number(folder, _PREFIX).values():
            if name != new:
                folder.delete(name)
