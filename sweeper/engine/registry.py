"""Which engines there are."""

from sweeper.engine.engine import Engine
from sweeper.errors import UsageError
from sweeper.messages import quoted
from sweeper.slurm.allocation import check_on_node, current_allocation

ENGINES = ("ray", "local")


def open_engine(name: str, address: str | None = None) -> Engine:
    """The engine of this name; inside a Slurm allocation, with what that gives. Raises
    UsageError."""
    if name not in ENGINES:
        raise UsageError(f"--engine {quoted(name)}: is unknown. Known: {', '.join(ENGINES)}.")
    if name == "local":
        from sweeper.engine.in_process import InProcessEngine

        if address is not None:
            raise UsageError("--engine local trains in this process: leave out --address")
        return InProcessEngine()
    from sweeper.engine.on_ray.engine import RayEngine

    if address is not None:
        return RayEngine(address)
    check_on_node()
    allocation = current_allocation()
    if allocation is None:
        return RayEngine(None)
    if allocation.num_nodes > 1:
        from sweeper.engine.on_slurm.engine import SlurmEngine

        return SlurmEngine(allocation)
    return RayEngine(None, cpus=allocation.cpus, gpus=allocation.gpus)
