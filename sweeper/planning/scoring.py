"""When a training is scored and on how many images, with the warnings of a rehearsal."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from sweeper.grid.blocks.dataset_facts import DatasetFacts
from sweeper.grid.blocks.settings import Evaluation as EvaluationBlock
from trainers.config import Evaluation

REHEARSAL_POINTS = 500


def scaled_milestones(asked: tuple[int, ...], scale: float) -> tuple[tuple[int, ...], list[str]]:
    """Milestones times `scale`, rounded up, and a warning for each two that become equal."""
    exact = Fraction(repr(scale))
    merged: dict[int, int] = {}
    warnings = []
    for iterations in sorted(asked):
        scaled = ceil(iterations * exact)
        if scaled in merged:
            warnings.append(
                f"{merged[scaled]} and {iterations} iterations both become {scaled} at scale "
                f"{scale}."
            )
        merged.setdefault(scaled, iterations)
    return tuple(merged), warnings


def evaluation_of(
    asked: EvaluationBlock, dataset: str, facts: DatasetFacts, scale: float, points: int | None
) -> tuple[Evaluation, list[str]]:
    """How milestones on a dataset are scored, and warnings.

    points: number of images, in place of the grid's. A rehearsal (scale below 1) takes fewer, or
    scoring would take longer than training."""
    num_points = asked.num_points if points is None else points
    warnings: list[str] = []
    if points is not None or "num_points" in asked.model_fields_set:
        warnings += _data_warnings(asked, num_points, dataset, facts)
    if points is None and scale < 1 and num_points > REHEARSAL_POINTS:
        warnings.append(
            f"at scale {scale} milestones are scored on {REHEARSAL_POINTS} images, not "
            f"{num_points:,}; --points sets it."
        )
        num_points = REHEARSAL_POINTS
    evaluation = Evaluation(
        protocol=asked.protocol,
        num_points=num_points,
        alpha=asked.alpha,
        split_seed=asked.split.seed,
        validation_fraction=asked.split.validation,
        test_fraction=asked.test_fraction,
    )
    return evaluation, warnings


def _data_warnings(
    asked: EvaluationBlock, num_points: int, dataset: str, facts: DatasetFacts
) -> Iterator[str]:
    """Constant factors, and splits with fewer images than are asked for."""
    if facts.constant_factors:
        yield (
            f"{dataset}: {', '.join(facts.constant_factors)} has one value in every image, which "
            "says nothing about the latents and lowers measures that average over factors."
        )
    parts = {"validation": asked.split.validation, "test": asked.test_fraction}
    for part, fraction in parts.items():
        held = int(facts.num_images * fraction)
        if 0 < held < num_points:
            yield (
                f"{dataset}: milestones are scored on all {held:,} {part} images, fewer than the "
                f"num_points of {num_points:,} asked for."
            )
