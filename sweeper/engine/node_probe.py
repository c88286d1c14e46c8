"""What each node of the connected Ray is and sees: asked by a small task that runs on it."""

import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PACKAGES = ("ray", "torch", "numpy")


_TIMEOUT_S = 120.0  # a node's first task starts a process and loads the package


@dataclass(frozen=True)
class NodeReport:
    """One live node. versions: of Python and packages.  missing: datasets that are not prepared.

    store_error: why the sweep store cannot be written, or '' where it can.  store_shared: whether
    the driver's probe file is there.  gpu_unusable: whether PyTorch finds no GPU.  error: why
    nothing is known of the node, or ''."""

    host: str
    cpus: float = 0.0
    gpus: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[tuple[str, str], ...] = ()
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
    store: str, probe: str, datasets: Sequence[tuple[str, str]], gpu: bool = False
) -> dict[str, Any]:
    """Runs on a node. datasets: (name, folder of prepared data).  probe: a file in the store.
    gpu: whether a GPU is looked for."""
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
        "store_error": store_error,
        "store_shared": bool(store_error) or has_probe(store, probe),
        "gpu_unusable": gpu and _finds_no_gpu(),
    }


def _finds_no_gpu() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return False  # Ray may hide GPUs from what asked for none, as this did
    import torch

    return not torch.cuda.is_available()


def probe_nodes(
    store: str, probe: str, datasets: Sequence[tuple[str, str]], gpu: bool = False
) -> list[NodeReport]:
    """A report of every live node that has a CPU or GPU to train on. gpu: whether trainings are
    to use GPUs where there are some."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    asked = []
    for node in ray.nodes():
        resources = node["Resources"]
        cpus, gpus = resources.get("CPU", 0.0), resources.get("GPU", 0.0)
        if not node["Alive"] or not (cpus or gpus):
            continue
        there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        task = ray.remote(probe_node).options(num_cpus=0, max_retries=0, scheduling_strategy=there)
        about: dict[str, Any] = {"host": f"{node['NodeManagerHostname']} ({node['NodeName']})"}
        told = task.remote(store, probe, datasets, gpu and gpus > 0)
        asked.append((about | {"cpus": cpus, "gpus": gpus}, told))
    reports = []
    for about, reference in asked:
        try:
            reports.append(NodeReport(**about, **ray.get(reference, timeout=_TIMEOUT_S)))
        except Exception as error:  # whatever a node that is not set up answers
            lines = [line for line in str(error).splitlines() if line.strip()]
            reports.append(NodeReport(**about, error=lines[-1] if lines else repr(error)))
    return reports


def node_sizes() -> list[tuple[float, float]]:
    """(CPUs, GPUs) of every live node of the connected Ray."""
    import ray

    found = (node["Resources"] for node in ray.nodes() if node["Alive"])
    return [(resources.get("CPU", 0.0), resources.get("GPU", 0.0)) for resources in found]
