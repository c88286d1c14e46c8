"""A user's own code in a worker: sent with the job, checked and loaded there."""

import importlib.util
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trainers.config import TrainingConfig
from trainers.errors import OwnCodeError
from trainers.own_code.registry import sources_of, use_source
from trainers.own_code.source import Source, find_source
from trainers.specs.own import OWN_SOURCE, Kind


def code_to_send(config: TrainingConfig) -> list[dict[str, Any]]:
    """The sources that a training needs, as plain JSON values; [] where all parts are built in."""
    sources = sources_of(parts_of_training(config))
    return [source.to_dict() | {"digest": source.digest} for source in sources]


def parts_of_training(config: TrainingConfig) -> list[tuple[Kind, str]]:
    """(kind, name) of what a training and its scores are made of."""
    measures: list[tuple[Kind, str]] = [("measure", name) for name in config.measures or ()]
    dataset: list[tuple[Kind, str]] = [("dataset", config.dataset)]
    if config.source != OWN_SOURCE:
        dataset = []
    return [("model", config.model), ("network", config.network), *dataset, *measures]


def use_sent(sent: Iterable[Mapping[str, Any]], where: str) -> None:
    """Loads what `code_to_send` gave. where: this process, as in 'the worker on host a'.

    A module that is installed here must be the driver's; one that is not is loaded from what was
    sent. Raises OwnCodeError."""
    for plain in sent:
        values = dict(plain)
        digest = values.pop("digest")
        source = Source(**values)
        if source.module and importlib.util.find_spec(source.module.partition(".")[0]) is not None:
            source = find_source(source.module, Path())
        if source.digest != digest:
            raise OwnCodeError(
                f"{where} has other code of {source.place} than the launch (digest "
                f"{source.digest}, the launch {digest}). Install the same version on both"
            )
        use_source(source)
