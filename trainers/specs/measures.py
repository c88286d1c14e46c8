"""The measures a grid may name: range, what each needs, source."""

from dataclasses import dataclass
from typing import Literal

Protocol = Literal["thesis", "locatello"]
PROTOCOLS: tuple[Protocol, ...] = ("thesis", "locatello")


@dataclass(frozen=True)
class MeasureSpec:
    """What is known of a measure without its code. Higher is better for all of them.

    needs: 'factors' (labels suffice) or 'factor grid' (it intervenes on factors)."""

    name: str
    title: str
    definition: str
    range: str
    needs: Literal["factors", "factor grid"]
    source: str


MEASURES: dict[str, MeasureSpec] = {
    spec.name: spec
    for spec in (
        MeasureSpec(
            "cbd",
            "CbD",
            "alpha compactness + (1 - alpha) modularity",
            "0 to 1",
            "factors",
            "thesis, eq. 5.8",
        ),
        MeasureSpec(
            "cbd_compactness",
            "CbD compactness",
            "mean over latents of the gap of the two largest |PCC|",
            "0 to 1",
            "factors",
            "thesis, eq. 5.6",
        ),
        MeasureSpec(
            "cbd_modularity",
            "CbD modularity",
            "mean over factors of the gap of the two largest |PCC|",
            "0 to 1",
            "factors",
            "thesis, eq. 5.7",
        ),
    )
}
