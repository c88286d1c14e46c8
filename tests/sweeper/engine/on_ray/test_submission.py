"""Jobs of a cluster: addresses that lead nowhere are named at once, with a remedy."""

import pytest

from sweeper.engine.on_ray.submission import stop
from sweeper.errors import EngineError
from tests.faults.clusters import free_port


@pytest.mark.parametrize("address", ["127.0.0.1:6379", "auto", "http://", "http://[::1", "ray://a"])
def test_an_address_that_is_no_dashboard_is_refused(address):
    with pytest.raises(EngineError, match="such as http://HOST:8265"):
        stop(address, None)


def test_a_dashboard_that_does_not_answer_is_named_with_what_to_check():
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(EngineError, match="no Ray dashboard answers.*port 8265 by default"):
        stop(address, "job")
