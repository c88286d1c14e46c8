"""Two runs of one id: what is to be done with the other store's."""

import pytest

from sweeper.sharing.compare import compare
from sweeper.tracking.reading.stored_run import StoredRun

SCORES = {"measure/cbd": 0.5, "valid/recon": 20.0, "loss/kl": float("nan")}


def run(status="finished", fingerprint="data-1", **metrics):
    state = {"finished": "FINISHED", "": "RUNNING"}.get(status, "FAILED")
    tags = {"sweeper.status": status, "sweeper.dataset_fingerprint": fingerprint}
    values = SCORES | {name.replace("__", "/"): value for name, value in metrics.items()}
    return StoredRun("m", "1", state, 0, 1, "", {}, tags, values)


@pytest.mark.parametrize(
    ("theirs", "ours", "kind"),
    [
        (run(), None, "new"),
        (run(), run(), "same"),
        (run(), run(""), "new"),
        (run(""), run(), "unfinished"),
        (run("failed"), None, "new"),
        (run("failed"), run(), "same"),
        (run(), run("failed"), "better"),
        (run("diverged"), run("failed"), "better"),
        (run("diverged"), run("diverged"), "same"),
        (run("diverged"), run(), "conflict"),
        (run(), run("diverged"), "conflict"),
        (run(measure__cbd=0.5 + 1e-17), run(), "same"),  # the same double
        (run(measure__cbd=0.5 + 1e-15), run(), "conflict"),
        (run(loss__kl=1.0), run(), "conflict"),
        (run(fingerprint="data-2"), run(), "conflict"),
        (run(measure__mig=0.1), run(), "more scores"),
        (run(), run(measure__mig=0.1), "same"),
        (run(measure__mig=0.1, measure__cbd=0.4), run(), "conflict"),
    ],
)
def test_kinds(theirs, ours, kind):
    assert compare(theirs, ours).kind == kind


def test_a_difference_names_both_values():
    found = compare(run(measure__cbd=0.25), run())
    assert found.differences == ("measure/cbd: 0.5 here, 0.25 there",)


def test_only_missing_scores_are_added():
    found = compare(run(measure__mig=0.1, sigma__z0=3.0), run())
    assert found.scores == {"measure/mig": 0.1}
