"""A confirmation as a page and as JSON: scores, shrinkage, and whether the order stands."""

import math
from collections.abc import Iterator
from typing import Any

from sweeper.analysis.comparison import settings_text
from sweeper.analysis.statistics.spread import LEVEL, Spread, student_interval
from sweeper.analysis.titles import dataset_title, model_title
from sweeper.confirm.arms import Arm, by_dataset
from sweeper.confirm.confirmation import Confirmation
from sweeper.confirm.race import Race
from sweeper.tables.pages.page import NO_VALUE, Page, PageCell, PageSection

HEADER = ("Dataset", "Model", "Selected", "Fresh seeds", "Shrinkage", "Seeds", "Settings")


def confirmation_page(found: Confirmation) -> Page:
    """A row for each configuration, the winner of each model before its rivals."""
    sections = tuple(
        PageSection(dataset_title(arms[0].dataset), tuple(_cells(arm, found) for arm in arms))
        for arms in by_dataset(found.arms).values()
    )
    mark = f" ({found.mark})" if found.mark else ""
    title = f"Winners of {found.grid} by {found.rule.by.title} on fresh seeds{mark}"
    return Page(title, HEADER, sections, tuple(_notes(found)), left=(0, 1, 6))


def confirmation_json(found: Confirmation) -> dict[str, Any]:
    """The same as plain JSON values."""
    return {
        "grid": found.grid,
        "select": found.rule.by.name,
        "population": found.mark or "real",
        "settled": found.is_settled,
        "waiting": found.is_waiting,
        "configurations": [_arm_json(arm, found) for arm in found.arms],
        "orders": [
            {
                "dataset": dataset,
                "source": source,
                "selected": selected_order(arms, found),
                "fresh": [model for model, _ in found.races[dataset, source].order],
                "settled": list(found.races[dataset, source].settled),
                "stands": order_stands(arms, found),
            }
            for (dataset, source), arms in by_dataset(found.arms).items()
        ],
    }


def fresh_spread(arm: Arm, found: Confirmation) -> Spread | None:
    """Mean of the fresh seeds with Student's interval, or None without a score."""
    values = found.values(arm)
    return student_interval(values) if values else None


def shrinkage(arm: Arm, found: Confirmation) -> float:
    """By how much the selected score is better than that of fresh seeds; NaN without one."""
    fresh = fresh_spread(arm, found)
    sign = -1 if found.rule.by.lower_is_better else 1
    return sign * (arm.selected.value - fresh.mean) if fresh else math.nan


def selected_order(arms: list[Arm], found: Confirmation) -> list[str]:
    """The models by the scores that chose, best first."""
    sign = 1 if found.rule.by.lower_is_better else -1
    chosen = [arm for arm in arms if arm.rank == 0]
    return [arm.label for arm in sorted(chosen, key=lambda arm: sign * arm.selected.value)]


def order_stands(arms: list[Arm], found: Confirmation) -> bool:
    """Whether fresh seeds order the models as the selection did; of one model, whether its winner
    is still the best of its configurations."""
    order = found.races[arms[0].dataset, arms[0].cell.config.source].order
    if len(selected_order(arms, found)) == 1:
        return bool(order) and order[0][1] == arms[0].name
    return [model for model, _ in order] == selected_order(arms, found)


def _cells(arm: Arm, found: Confirmation) -> tuple[PageCell, ...]:
    fresh, shrunk = fresh_spread(arm, found), shrinkage(arm, found)
    texts = (
        model_title(arm.label) + (f", rival {arm.rank}" if arm.rank else ""),
        f"{arm.selected.value:.3f}",
        _interval(fresh),
        NO_VALUE if math.isnan(shrunk) else f"{shrunk:+.3f}",
        _seeds(arm, found),
        settings_text(arm.selected),
    )
    return tuple(map(PageCell, texts))


def _interval(fresh: Spread | None) -> str:
    if fresh is None:
        return NO_VALUE
    interval = f" ({fresh.low:.3f} to {fresh.high:.3f})" if fresh.n > 1 else ""
    return f"{fresh.mean:.3f}{interval}"


def _seeds(arm: Arm, found: Confirmation) -> str:
    """'5', '3, dropped', '4, 1 without score'."""
    lost = found.num_without_score(arm)
    parts = [str(len(found.values(arm)))]
    parts += [f"{lost} without score"] if lost else []
    parts += ["dropped"] if arm.name in _race(arm, found).dropped else []
    return ", ".join(parts)


def _notes(found: Confirmation) -> Iterator[str]:
    for (dataset, _), arms in by_dataset(found.arms).items():
        yield from _order_notes(dataset, arms, found)
    every = [shrinkage(arm, found) for arm in found.arms if arm.rank == 0]
    shrunk = [value for value in every if math.isfinite(value)]
    if shrunk:
        yield (
            f"Mean shrinkage of the winners: {math.fsum(shrunk) / len(shrunk):+.3f} (positive: the "
            "selected score was better than that of fresh seeds)."
        )
    yield (
        f"Fresh seeds took no part in the selection: mean and {LEVEL:.0%} interval (Student's t). "
        f"Decisions: {1 - found.options.race.level:.0%} for all comparisons and looks of a dataset "
        "together (docs/winners.md)."
    )
    if found.is_over_budget:
        yield f"Stopped: the next seeds need more than {found.options.max_trainings} trainings."


def _order_notes(dataset: str, arms: list[Arm], found: Confirmation) -> Iterator[str]:
    own = _race(arms[0], found)
    if not own.order:
        yield f"{dataset}: no order yet, fresh seeds are missing."
        return
    best = dict(own.order)
    if len(best) > 1:
        verdict = "stands" if order_stands(arms, found) else "does not stand"
        before = " > ".join(selected_order(arms, found))
        orders = f"Selected: {before}. Fresh: {_chain(own)}."
        yield f"{dataset}: the order of the models {verdict}. {orders}"
    by_name = {arm.name: arm for arm in arms}
    for model, name in best.items():
        rank = by_name[name].rank
        if rank:
            is_out = any(a.label == model and not a.rank and a.name in own.dropped for a in arms)
            verdict = "is better than" if is_out else "has a higher mean than"
            if not is_out and found.rule.by.lower_is_better:
                verdict = "has a lower mean than"
            settled = "" if is_out else " (not settled)"
            yield f"{dataset} {model}: rival {rank} {verdict} the selected winner{settled}."


def _chain(own: Race) -> str:
    """'l_vae > vae (open) > beta_vae'."""
    names = [model for model, _ in own.order]
    parts = [names[0]]
    for name, is_settled in zip(names[1:], own.settled, strict=True):
        parts.append(f"> {name}" if is_settled else f"> {name} (not settled)")
    return " ".join(parts)


def _race(arm: Arm, found: Confirmation) -> Race:
    return found.races[arm.dataset, arm.cell.config.source]


def _arm_json(arm: Arm, found: Confirmation) -> dict[str, Any]:
    fresh = fresh_spread(arm, found)
    return {
        "dataset": arm.dataset,
        "model": arm.label,
        "rival": arm.rank,
        "settings": settings_text(arm.selected),
        "selected_score": arm.selected.value,
        "selected_run_ids": [run["run_id"] for run in arm.selected.runs],
        "fresh": None if fresh is None else vars(fresh),
        "fresh_scores": found.values(arm),
        "without_score": found.num_without_score(arm),
        "shrinkage": shrinkage(arm, found),
        "dropped": arm.name in _race(arm, found).dropped,
    }
