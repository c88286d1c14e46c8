"""All checks, by kind of part."""

from collections.abc import Iterator
from functools import partial

from trainers.contracts import dataset, measure, model, network
from trainers.contracts.resuming import check_resume, check_resume_after_kill
from trainers.contracts.small_training import check_same_seed
from trainers.contracts.verdict import Check, Verdict, verdict
from trainers.specs.own import Kind

KILLED = "resumes bitwise after a kill"
COST = "cost on 10,000 points"
# The other checks need what these check: where one fails, they would only repeat its mistake.
NEEDED = ("constructs", "shapes for each dataset", "scores")


def _trained(kind: Kind) -> dict[str, Check]:
    return {
        "same seed, same bits": partial(check_same_seed, kind),
        "resumes bitwise from a checkpoint": partial(check_resume, kind),
        KILLED: partial(check_resume_after_kill, kind),
    }


CHECKS: dict[Kind, dict[str, Check]] = {
    "model": {
        "constructs": model.constructs,
        "finite loss and gradient": model.finite,
        "no transfer to the host in a step": model.no_transfer,
        "shapes for each dataset": model.shapes,
        "logged values": model.logged,
        "no change in eval mode": model.eval_mode,
        "independent of the number of points": model.batch_size,
        **_trained("model"),
    },
    "network": {
        "constructs": network.constructs,
        "shapes for each dataset": network.shapes,
        "no transfer to the host in a step": network.no_transfer,
        "finite gradients": network.gradients,
        "each image on its own": network.alone,
        **_trained("network"),
    },
    "dataset": {
        "constructs": dataset.constructs,
        "images": dataset.images,
        "factors": dataset.factors,
        "same index, same bits": dataset.determinism,
    },
    "measure": {
        "scores": measure.scores,
        "range": measure.in_range,
        "order of latents": measure.permutation,
        "repeatable": measure.repeatable,
        COST: measure.cost,
    },
}


def check_part(kind: Kind, name: str, data_dir: str | None = None) -> Iterator[Verdict]:
    """A verdict for each check, in order, up to one of NEEDED that fails.

    The part is built in or loaded.  data_dir: of prepared datasets; None for the default."""
    for title, check in CHECKS[kind].items():
        if kind == "dataset":
            check = partial(check, data_dir=data_dir)  # type: ignore[call-arg]
        found = verdict(kind, name, title, check)
        yield found
        if title in NEEDED and not found.ok:
            return
