"""Weights of the best milestone of a training, kept beside its records."""

import io
import json
import math
from typing import Any

import torch
from torch import nn

from trainers.errors import RecordError
from trainers.folders import Folder, numbered, read_digested, write_digested
from trainers.records import Milestone, find_records, read_milestone

_PREFIX = "weights"


def kept_weights(folder: Folder) -> tuple[int, str] | None:
    """(iteration, file name) of the kept weights in `folder`, or None."""
    return next(reversed(numbered(folder, _PREFIX).items()), None)


def read_weights(folder: Folder, name: str) -> dict[str, Any]:
    """{'iteration', 'by', 'network': state dict, 'about': dict}. Raises RecordError if damaged."""
    content: dict[str, Any] = torch.load(
        io.BytesIO(read_digested(folder, name)), map_location="cpu", weights_only=True
    )
    return content | {"about": json.loads(content["about"])}


def best_so_far(folder: Folder, by: str) -> float:
    """The score of the milestone whose weights are kept, or -inf."""
    kept = kept_weights(folder)
    record = find_records(folder).milestones.get(kept[0]) if kept else None
    if record is None:
        return -math.inf
    try:
        return read_milestone(folder, record).metrics.get(by, -math.inf)
    except RecordError:
        return -math.inf


def keep_weights(folder: Folder, network: nn.Module, milestone: Milestone, by: str) -> None:
    """Keeps the network's weights as those of `milestone`, best by `by`; drops older ones."""
    buffer = io.BytesIO()
    content = {
        "iteration": milestone.iteration,
        "by": by,
        "network": network.state_dict(),
        "about": json.dumps(dict(milestone.about), sort_keys=True),
    }
    torch.save(content, buffer)
    stem = f"{_PREFIX}-{milestone.iteration:012d}"
    new = write_digested(folder, stem, ".pt", buffer.getbuffer())
    for name in numbered(folder, _PREFIX).values():
        if name != new:
            folder.delete(name)
