"""Why trainings of a plan are to be run: what differs from the nearest stored training.

Trainings are compared by their identities, of which MLflow holds one in a tag of each run. Runs
written before that tag existed are compared by their parameters, which hold less."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sweeper.messages import counted
from sweeper.planning.plan import Plan, Training
from sweeper.tracking import layout
from sweeper.tracking.reading.declared import declared_params
from sweeper.tracking.reading.stored_run import StoredRun
from trainers.specs.own import PARTS

Identity = Mapping[str, str]  # a setting's name -> its value as text

_REVISION = "revision of the "
_CODE = "code of the "
_EVALUATION = ("protocol", "num_points")  # parameters in MLflow that belong to `evaluation`


@dataclass(frozen=True)
class StoredTraining:
    """A training of which MLflow has runs.  whole: whether `identity` has every setting."""

    identity: Identity
    iterations: frozenset[int]
    whole: bool


def reasons(plan: Plan, stored: Mapping[str, StoredRun]) -> dict[str, str]:
    """{training id: why it is to be run}, for each training that is. stored: runs in MLflow."""
    trainings = stored_trainings(stored.values())
    similar: dict[tuple[str, str], list[StoredTraining]] = {}
    for training in trainings.values():
        similar.setdefault(_kind(training.identity), []).append(training)
    return {
        training.training_id: _reason(training, trainings, similar)
        for training in plan.trainings
        if training.todo
    }


def reason_lines(found: Mapping[str, str]) -> list[str]:
    """The reasons, each once with the number of trainings that have it, the most frequent first."""
    return [
        f"  {counted(count, 'training')}: {reason}"
        for reason, count in Counter(found.values()).most_common()
    ]


def flat_identity(identity: Mapping[str, object], model: str) -> dict[str, str]:
    """An identity with nested settings under names of their own, and values as text."""
    flat: dict[str, str] = {}
    for key, value in identity.items():
        if key == "code" and isinstance(value, Mapping):
            flat |= {f"{_CODE}{part}": str(digest) for part, digest in value.items()}
        elif key == "revisions" and isinstance(value, Mapping):
            flat |= {f"{_REVISION}{part}": str(number) for part, number in value.items()}
        elif key == "params" and isinstance(value, Mapping):
            flat |= {f"{model}.{name}": str(item) for name, item in value.items()}
        elif isinstance(value, Mapping):
            flat |= {f"{key}.{name}": str(item) for name, item in value.items()}
        else:
            flat[key] = str(value)
    return flat


def stored_trainings(runs: Iterable[StoredRun]) -> dict[str, StoredTraining]:
    """Trainings by id, with the iterations of their finished or diverged runs."""
    found: dict[str, StoredTraining] = {}
    for run in runs:
        training_id = run.tags.get(layout.TRAINING_ID, "")
        settled = run.tags.get(layout.STATUS) in (layout.FINISHED, layout.DIVERGED)
        iterations = {int(run.params["iterations"])} if settled else set()
        known = found.get(training_id)
        if known is None:
            identity, whole = _stored_identity(run)
            found[training_id] = StoredTraining(identity, frozenset(iterations), whole)
        else:
            found[training_id] = StoredTraining(
                known.identity, known.iterations | iterations, known.whole
            )
    return found


def _stored_identity(run: StoredRun) -> tuple[Identity, bool]:
    model = run.params["model"]
    if layout.IDENTITY in run.tags:
        return flat_identity(json.loads(run.tags[layout.IDENTITY]), model), True
    common = {name: run.params[name] for name in layout.COMMON_PARAMS if name in run.params}
    common.pop("iterations", None)
    evaluation = {name: common.pop(name) for name in _EVALUATION if name in common}
    params = {k: v for k, v in declared_params(run).items() if k not in layout.COMMON_PARAMS}
    return flat_identity({**common, "params": params, "evaluation": evaluation}, model), False


def _reason(
    training: Training,
    stored: Mapping[str, StoredTraining],
    similar: Mapping[tuple[str, str], list[StoredTraining]],
) -> str:
    if training.unresolved:
        return f"waits for learned values: {', '.join(training.unresolved)}"
    same = stored.get(training.training_id)
    if same is not None and same.iterations:
        return (
            f"iterations {_listed(training.todo)}: not stored; {_listed(same.iterations)}: stored"
        )
    if same is not None:
        return "its stored runs have failed"
    identity = flat_identity(training.config.identity(), training.config.model)
    candidates = similar.get(_kind(identity), [])
    if not candidates:
        return f"no training of {training.config.model} on {training.config.dataset} is stored"
    differences = min((list(_differences(identity, one)) for one in candidates), key=len)
    return "; ".join(differences) or (
        "a setting that older runs do not record: the split, alpha or the sharing of iterations"
    )


def _differences(identity: Identity, stored: StoredTraining) -> Iterator[str]:
    """One text for each setting that differs, in alphabetical order."""
    other = stored.identity
    for name in sorted(identity.keys() | other.keys()):
        if name.startswith(_REVISION):
            wanted, there = identity.get(name, "0"), other.get(name, "0")
            part = name.removeprefix(_REVISION)
            if wanted != there:
                named = identity[part] if part in identity else part
                yield f"{named}: revision {wanted}, stored runs have {there}"
        elif name.startswith(_CODE):
            yield from _code_difference(name.removeprefix(_CODE), identity, other)
        elif name in other and name in identity:
            if identity[name] != other[name]:
                yield f"{name}: {identity[name]}, the nearest stored training has {other[name]}"
        elif stored.whole:
            yield f"{name}: {identity.get(name, 'absent')}, stored: {other.get(name, 'absent')}"


def _code_difference(part: str, identity: Identity, stored: Identity) -> Iterator[str]:
    """'./my_models.py has changed: gain_vae was trained with other code', where that is so."""
    wanted, there = identity.get(f"{_CODE}{part}"), stored.get(f"{_CODE}{part}")
    own = next((p for p in PARTS.values() if (p.kind, p.name) == (part, identity.get(part))), None)
    if wanted == there:
        return
    if wanted and there and own is not None:
        yield (
            f"{own.place} has changed: its {part} {own.name} has the digest {wanted}, stored runs "
            f"have {there}"
        )
    else:
        yield f"code of the {part}: {wanted or 'built in'}, stored runs have {there or 'none'}"


def _kind(identity: Identity) -> tuple[str, str]:
    return identity["dataset"], identity["model"]


def _listed(iterations: Iterable[int]) -> str:
    return ", ".join(f"{number:,}" for number in sorted(iterations))
