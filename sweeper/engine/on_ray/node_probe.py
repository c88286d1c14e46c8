"""What each node of the connected Ray has: checked by a small task that runs there."""

import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweeper.engine.on_ray.code_check import code_here, difference

_PACKAGES = ("ray", "torch", "numpy")
_TIMEOUT_S = 120.0  # a node's first task starts a process and imports the package


@dataclass(frozen=True)
class NodeReport:
    """One live node. versions: of Python and packages.  missing: (name, folder) of datasets that
    are not prepared.  code_error: how its code differs from the driver's, or ''.
    store_error: why the sweep store cannot be written, or ''.  store_shared: whether the driver's
    probe file is there.  gpu_unusable: whether PyTorch finds no GPU.  error: why the node could not
    be checked, or ''."""

    host: str
    cpus: float = 0.0
    gpus: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[tuple[str, str], ...] = ()
    code_error: str = ""
    store_error: str = ""
    store_shared: bool = True
    gpu_unusable: bool = False
    error: str = ""


def versions() -> dict[str, str]:
    """Of what must be equal on every node."""
    from sweeper.version import __version__

    found = {"python": platform.python_version(), "sweeper": __version__}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "none"
    return found


def probe_node(
    store: str,
    probe: str,
    datasets: Sequence[tuple[str, str]],
    gpu: bool = False,
    code: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Runs on a node; fields of NodeReport. datasets: (name, folder of prepared data).  probe: a
    file in the store.  gpu: whether a GPU is needed.  code: the driver's, `Code.to_dict()`."""
    from sweeper.errors import SweeperError
    from sweeper.store.probes import check_writable, has_probe
    from trainers.datasets.access.prepared import is_prepared

    try:
        check_writable(store)
        store_error = ""
    except SweeperError as error:
        store_error = str(error)
    return {
        "versions": versions(),
        "missing": tuple(pair for pair in datasets if not is_prepared(pair[0], Path(pair[1]))),
        "code_error": difference(code, "it") if code else "",
        "store_error": store_error,
        "store_shared": bool(store_error) or has_probe(store, probe),
        "gpu_unusable": gpu and _finds_no_gpu(),
    }


def _finds_no_gpu() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return False  # Ray may hide GPUs from a task that asked for none, as this one did
    import torch

    return not torch.cuda.is_available()


def probe_nodes(
    store: str, probe: str, datasets: Sequence[tuple[str, str]], gpu: bool = False
) -> list[NodeReport]:
    """A report of every live node that has a CPU or GPU to train on. gpu: whether trainings use
    GPUs where there are some."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    code = code_here().to_dict()
    pending = []
    for node in ray.nodes():
        cpus, gpus = (node["Resources"].get(name, 0.0) for name in ("CPU", "GPU"))
        if not node["Alive"] or not (cpus or gpus):
            continue
        on_node = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        task = ray.remote(probe_node).options(
            num_cpus=0, max_retries=0, scheduling_strategy=on_node
        )
        host = f"{node['NodeManagerHostname']} ({node['NodeName']})"
        answer = task.remote(store, probe, datasets, gpu and gpus > 0, code)
        pending.append(({"host": host, "cpus": cpus, "gpus": gpus}, answer))
    return [_report(about, answer) for about, answer in pending]


def _report(about: dict[str, Any], answer: Any) -> NodeReport:
    import ray

    try:
        return NodeReport(**about, **ray.get(answer, timeout=_TIMEOUT_S))
    except Exception as error:  # whatever a node that is not set up raises
        lines = [line for line in str(error).splitlines() if line.strip()]
        return NodeReport(**about, error=lines[-1] if lines else repr(error))


def node_sizes() -> list[tuple[float, float]]:
    """(CPUs, GPUs) of every live node of the connected Ray."""
    import ray

    found = (node["Resources"] for node in ray.nodes() if node["Alive"])
    return [(resources.get("CPU", 0.0), resources.get("GPU", 0.0)) for resources in found]
