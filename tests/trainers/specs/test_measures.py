"""What is known of measures without their code."""

from trainers.specs.measures import MEASURES, lower_is_better, with_companions


def test_less_is_better_of_losses_and_of_dependence_between_latents():
    better = {name for name in MEASURES if lower_is_better(name)}
    assert better == {
        "gaussian_total_correlation",
        "gaussian_wasserstein_correlation",
        "gaussian_wasserstein_correlation_norm",
        "mutual_info_score",
    }
    assert lower_is_better("measure/mutual_info_score") and lower_is_better("valid/recon")
    assert not lower_is_better("measure/sap.r1") and not lower_is_better("measure/own")


def test_companions_follow_once():
    assert with_companions(["infom", "cbd", "infoc"]) == ("infom", "infoe", "cbd", "infoc")
    assert with_companions(["infoe", "infom"]) == ("infoe", "infom")
    assert with_companions(["thesis"]) == ("thesis",)


def test_companions_are_measures_that_are_read_alone():
    for spec in MEASURES.values():
        assert not spec.companion or not MEASURES[spec.companion].companion


def test_stored_names_are_those_of_no_other_measure():
    stored = [spec.stored_name for spec in MEASURES.values()]
    assert len(set(stored)) == len(stored)
    assert MEASURES["sap"].stored_name == "sap.r1" and MEASURES["cbd"].stored_name == "cbd"
