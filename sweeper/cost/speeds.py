"""Measured speeds of trainings, kept in timings.json in the sweep store.

A speed is valid for one machine with a number of trainings at a time, and for one kind of training;
of a fused training it is the time of its program divided by the trainings in it.
The kind is everything that changes a step's time (network, image, batch size, latent size,
precision, the model's family) or the time of scoring (measures, points, protocol)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sweeper.cost.machine import Slots
from sweeper.ids import canonical
from sweeper.store.address import local_folder
from trainers.config import TrainingConfig
from trainers.files import write_then_rename

NAME = "timings.json"
_FORMAT = 1


@dataclass(frozen=True)
class Speed:
    """Seconds. step_s: one optimiser step.  score_s: one milestone, scored and recorded.
    open_s: from the start of the trial to the first step.  close_s: the last checkpoint.
    probed: whether `plan` timed it for a moment, and no launch measured it."""

    step_s: float
    score_s: float = 0.0
    open_s: float = 0.0
    close_s: float = 0.0
    probed: bool = False

    def seconds(self, steps: int, milestones: int) -> float:
        """Seconds of one training with `steps` steps, scored at `milestones` milestones."""
        if not steps and not milestones:
            return 0.0
        return self.open_s + steps * self.step_s + milestones * self.score_s + self.close_s


@dataclass
class Speeds:
    """{kind: {batch size: speed}} of one machine."""

    by_kind: dict[str, dict[int, Speed]] = field(default_factory=dict)

    def of(self, config: TrainingConfig) -> Speed | None:
        """The speed measured for this kind. For another batch size: on the line through the two
        nearest measured ones, or in proportion to the only one; None for a kind not measured."""
        known = self.by_kind.get(kind_of(config), {})
        if config.batch_size in known or not known:
            return known.get(config.batch_size)
        near = sorted(known, key=lambda size: (abs(size - config.batch_size), size))[:2]
        first = known[near[0]]
        if len(near) == 1:
            step_s = first.step_s * config.batch_size / near[0]
        else:
            slope = (known[near[1]].step_s - first.step_s) / (near[1] - near[0])
            step_s = first.step_s + slope * (config.batch_size - near[0])
        step_s = max(step_s, 0.1 * first.step_s)
        return replace(first, step_s=step_s)

    def update(self, newer: "Speeds") -> None:
        """Adds the speeds of another set, which replace older ones."""
        for kind, sizes in newer.by_kind.items():
            self.by_kind.setdefault(kind, {}).update(sizes)

    def add(self, config: TrainingConfig, speed: Speed) -> None:
        self.by_kind.setdefault(kind_of(config), {})[config.batch_size] = speed


def kind_of(config: TrainingConfig) -> str:
    """The settings that determine a training's speed, except the batch size."""
    return canonical(
        {
            "dataset": config.dataset if config.digest is None else config.digest,
            "source": config.source,
            "network": config.network,
            "latent_dim": config.latent_dim,
            "precision": config.precision,
            "reconstruction": config.reconstruction,
            "family": family_of(config.model),
            "measures": None if config.measures is None else sorted(config.measures),
            "num_points": config.evaluation.num_points,
            "protocol": config.evaluation.protocol,
            "test": config.evaluation.test_fraction > 0,
            **({"fused": True} if config.fused else {}),
        }
    )


def family_of(model: str) -> str:
    """'adversarial' for a model that trains a second network, else 'plain'."""
    return "adversarial" if model == "factor_vae" else "plain"


def read_speeds(store: str, slots: Slots, *, exact: bool = False) -> Speeds:
    """Speeds measured with these resources: with as many workers, or with the nearest number.

    exact: only with as many workers."""
    every = _read(store)
    near = sorted(
        (key for key in every if key.startswith(slots.key_without_workers)),
        key=lambda key: abs(int(key.removeprefix(slots.key_without_workers)) - slots.workers),
    )
    if exact:
        near = [key for key in near if key == slots.key]
    found = Speeds()
    for machine in reversed(near):
        kinds = every[machine].items()
        found.update(Speeds({kind: _by_size(sizes) for kind, sizes in kinds}))
    return found


def write_speeds(
    store: str, slots: Slots, measured: Iterable[tuple[TrainingConfig, Speed]]
) -> None:
    """Adds measured speeds, which replace older ones. Written to a temporary file, then renamed."""
    every = _read(store)
    known = every.setdefault(slots.key, {})
    for config, speed in measured:
        known.setdefault(kind_of(config), {})[str(config.batch_size)] = asdict(speed)
    path = local_folder(store) / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_then_rename(path) as file:
        file.write_text(json.dumps({"format": _FORMAT, "machines": every}, indent=1))


def _by_size(sizes: Mapping[str, Mapping[str, Any]]) -> dict[int, Speed]:
    return {int(size): Speed(**speed) for size, speed in sizes.items()}


def _read(store: str) -> dict[str, dict[str, dict[str, Mapping[str, Any]]]]:
    try:
        data = json.loads((local_folder(store) / NAME).read_text())
        machines = data["machines"] if data["format"] == _FORMAT else {}
        return machines if isinstance(machines, dict) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
