"""The page of measures: equation, source, range, needs, estimator, failure cases and cost."""

import inspect
import json
import re
import sys
from pathlib import Path

from docs.tools.reference.equations import MEASURES_TEX, UDR_TEX
from docs.tools.reference.markdown import escape, prose, table
from sweeper.analysis.udr import ranking
from trainers.measures import MEASURES as FUNCTIONS
from trainers.specs.measures import MEASURES, MeasureSpec

COSTS = Path(__file__).parents[1] / "measure_costs.json"
_PARTS = ("Range", "Needs", "Estimator", "Failure cases", "Departure")

ABOUT = """\
There are two protocols: `thesis`, the code of Carbonneau et al.'s review, which the thesis uses,
and `locatello`, that of disentanglement_lib. Both are tested against values computed with the
original code. Higher is better unless a row says otherwise. `measures: thesis` in a grid means
those that the thesis reports, and `all` every one.

$z_j$ is latent $j$ of $L$, $y_k$ factor $k$ of $K$; $I$ is mutual information and $H$ entropy, in
nats. $\\mathrm{gap}$ is the largest value less the second largest. A *factor grid* is a dataset
with an image for every combination of factor values, on which a measure can hold one factor. Costs
are seconds for 10,000 points, five latents and five factors on one thread of a two-core machine;
caches that measures share are counted for each.

`sap` predicts a factor by decision trees on one latent (thesis) or linear support vector
classifiers (locatello). Up to version 0.1.0 it was what is `sap_regression` now. A measure's
scores carry its revision (`measure/sap.r1` in MLflow): scores by an older definition stay in the
store and are never shown with new ones, and launching the same grid again computes the new ones
from the stored latents, without training.

`infom`, `infoc` and `dcies_explicitness` always come with their companions `infoe` and
`dcies_informativeness`: pure noise scores 0.57, 0.43 and 0.99 in them. A grid that selects by one
of them alone gets a warning.

A measure that needs a factor grid compares images chosen to share a factor's value. CelebA has no
factor grid, and `sweeper plan` rejects the combination."""


def measures_page() -> str:
    own = map(_section, MEASURES.values())
    return "\n\n".join(["# Measures", ABOUT, _overview(), *own, _between_seeds()])


def _between_seeds() -> str:
    """udr and udr_spearman, which no run has alone."""
    notes = _parts(inspect.getdoc(ranking) or "")
    rows = [
        f"- {part}: {escape(text)}" for part, text in notes.items() if part and part != "Shapes"
    ]
    return "\n\n".join(
        [
            "(measure-udr)=\n## udr, udr_spearman: scores between seeds",
            f"$$\n{UDR_TEX}\n$$",
            prose(notes[""]),
            "\n".join(rows) + "\n- Cost: reads the latents of every run; for five seeds, five "
            "latents and 10,000 points 0.01 s (`udr`) and 0.1 s (`udr_spearman`). Not stored in "
            "MLflow: tables, `sweeper select` and `sweeper compare` compute them where a grid "
            "selects by one, or with `--by udr`.",
        ]
    )


def _overview() -> str:
    rows = [
        (f"[`{s.name}`](#measure-{_slug(s.name)})", escape(s.definition), s.range, s.needs, cost(s))
        for s in MEASURES.values()
    ]
    return table(("measure", "definition", "range", "needs", "cost"), rows)


def cost(spec: MeasureSpec) -> str:
    """'0.2 s', from docs/tools/measure_costs.json."""
    seconds = json.loads(COSTS.read_text(encoding="utf-8")).get(spec.name)
    if seconds is None:
        return "not timed"
    return f"{seconds:.2g} s" if seconds >= 0.01 else "under 0.01 s"


def _slug(name: str) -> str:
    return name.replace("_", "-")


def _section(spec: MeasureSpec) -> str:
    notes = docstring_parts(spec.name)
    companion = f"Shown with its companion `{spec.companion}`." if spec.companion else ""
    return "\n\n".join(
        [
            f"(measure-{_slug(spec.name)})=\n## {spec.name}: {spec.title}",
            f"$$\n{MEASURES_TEX[spec.name]}\n$$",
            f"{escape(spec.definition[0].upper() + spec.definition[1:])}. {companion}",
            prose(notes[""]),
            "- Source: " + escape(spec.source) + ".\n" + f"- Range: {spec.range}"
            f"{'; lower is better' if spec.lower_is_better else ''}.\n"
            f"- Cost: {cost(spec)}. Needs: {spec.needs}. In MLflow: `measure/{spec.stored_name}`.\n"
            + "\n".join(
                f"- {part}: {escape(notes[part])}"
                for part in _PARTS
                if part in notes and part not in ("Range", "Needs")
            ),
        ]
    )


def docstring_parts(name: str) -> dict[str, str]:
    """{'Estimator': ..}: the labelled parts of the docstring of the measure's file; '': what is
    above them."""
    return _parts(inspect.getdoc(sys.modules[FUNCTIONS[name].__module__]) or "")


def _parts(text: str) -> dict[str, str]:
    found = re.split(rf"^({'|'.join([*_PARTS, 'Source', 'Shapes'])}): ", text, flags=re.MULTILINE)
    return {"": found[0]} | {
        part: " ".join(body.split("\n\n")[0].split())
        for part, body in zip(found[1::2], found[2::2], strict=True)
    }
