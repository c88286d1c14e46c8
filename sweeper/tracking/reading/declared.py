"""Which parameters and metrics of a run the program wrote.

What people add to a run, in MLflow's UI or by its client, is kept and is no configuration and no
score."""

import json

from sweeper.tracking import layout
from sweeper.tracking.reading.stored_run import StoredRun
from trainers.specs.measures import MEASURES
from trainers.specs.models import MODELS


def declared_params(run: StoredRun) -> dict[str, str]:
    """The parameters that are settings of the run: those of every run, and those of its model."""
    names = {*layout.COMMON_PARAMS, layout.FACTORS, layout.FUSED}
    spec = MODELS.get(run.params.get("model", ""))
    identity = run.tags.get(layout.IDENTITY)
    if spec is not None:
        names |= {param.name for param in spec.params}
    if identity is not None:
        names |= set(json.loads(identity).get("params", {}))
    if spec is None and identity is None:  # a model of another version
        return dict(run.params)
    return {name: value for name, value in run.params.items() if name in names}


def is_declared_score(run: StoredRun, key: str) -> bool:
    """Whether a metric is one of a milestone: a measure, of any revision; a loss; the number of
    active latents."""
    if key == layout.LATENT_ACTIVE:
        return True
    name = key.removeprefix(layout.TEST_PREFIX)
    if name.startswith(layout.MEASURE_PREFIX):
        measure = name.removeprefix(layout.MEASURE_PREFIX)
        scored = layout.split_list(run.tags.get(layout.MEASURES, ""))
        return measure.partition(".r")[0] in MEASURES or measure in scored
    kinds = (layout.VALID_PREFIX, layout.TEST_PREFIX)
    return key in {prefix + loss for prefix in kinds for loss in ("recon", "kl")}
