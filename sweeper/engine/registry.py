"""Which engines there are."""

from sweeper.engine.engine import Engine
from sweeper.errors import UsageError
from sweeper.messages import quoted

ENGINES = ("ray", "local")


def open_engine(name: str, address: str | None = None) -> Engine:
    """The engine of this name. Raises UsageError."""
    if name not in ENGINES:
        raise UsageError(f"--engine {quoted(name)}: is unknown. Known: {', '.join(ENGINES)}.")
    if name == "local":
        from sweeper.engine.in_process import InProcessEngine

        if address is not None:
            raise UsageError("--engine local trains in this process: leave out --address")
        return InProcessEngine()
    from sweeper.engine.on_ray.engine import RayEngine

    return RayEngine(address)
