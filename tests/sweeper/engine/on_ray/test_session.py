"""Starting Ray: whatever it raises becomes one line with a remedy."""

import pytest

from sweeper.engine.on_ray.session import ray_session
from sweeper.errors import EngineError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Exception("The current node timed out during startup."), "until it is less busy"),
        (OSError("validate_socket_filename failed: AF_UNIX path length"), "RAY_TMPDIR=/tmp"),
        (KeyError("object_store"), "a local Ray cannot be used: 'object_store'"),
    ],
)
def test_what_ray_raises_is_one_line_with_a_remedy(monkeypatch, error, line):
    import ray

    def fails(**_):
        raise error

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", fails)
    with pytest.raises(EngineError) as caught, ray_session(None):
        pass
    assert line in str(caught.value) and "\n" not in str(caught.value)
