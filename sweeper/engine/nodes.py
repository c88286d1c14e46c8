"""The live nodes of the connected Ray, and how many trainings they have room for."""

import math
import time

_REFRESH_S = 2.0  # the cluster is asked again after so long


class Nodes:
    """room() counts what fits on all nodes by what a training asks for, and `ahead` more, so that
    the next one waits at Ray's own door (and an autoscaler sees that it does)."""

    def __init__(
        self, cpu: float, gpu: float, max_pending: int, *, in_cluster: bool = False
    ) -> None:
        """joined: whether these are nodes of a cluster, which come and go."""
        self.in_cluster = in_cluster
        self._cpu, self._gpu, self._ahead = cpu, gpu, max_pending
        self._draining: set[str] = set()
        self._leaving: frozenset[str] = frozenset()
        self._asked = -math.inf
        self._hosts: dict[str, str] = {}
        self._alive: frozenset[str] = frozenset()
        self._slots = 0

    def alive(self) -> frozenset[str]:
        """Ids of the nodes that are up, big enough for one training, and there to stay."""
        self._refresh()
        return self._alive

    def mark_draining(self, node: str) -> None:
        """Takes note that a node is about to go."""
        self._draining.add(node)
        self._asked = -math.inf

    def draining(self) -> frozenset[str]:
        """Ids of the nodes that are up and about to go."""
        self._refresh()
        return self._leaving

    def capacity(self) -> int:
        """How many trainings may be handed out at a time."""
        self._refresh()
        return self._slots + self._ahead

    def host(self, node: str) -> str:
        """The name of a node, also of one that is gone; '' for an unknown one."""
        return self._hosts.get(node, "")

    def _refresh(self) -> None:
        if time.monotonic() - self._asked < _REFRESH_S:
            return
        import ray

        alive, draining, slots = set(), set(), 0
        for node in ray.nodes():
            self._hosts[node["NodeID"]] = f"{node['NodeManagerHostname']} ({node['NodeName']})"
            fit = self._fit(node["Resources"]) if node["Alive"] else 0
            if node["Alive"] and node["NodeID"] in self._draining:
                draining.add(node["NodeID"])
            elif fit:
                alive.add(node["NodeID"])
                slots += fit
        self._alive, self._leaving = frozenset(alive), frozenset(draining)
        self._slots, self._asked = slots, time.monotonic()

    def _fit(self, resources: dict[str, float]) -> int:
        cpus = math.floor(resources.get("CPU", 0.0) / self._cpu)
        if not self._gpu:
            return cpus
        gpus = resources.get("GPU", 0.0)
        # A share of a GPU lies on one GPU: three of 0.4 do not fit on two.
        share = math.floor(gpus) * math.floor(1 / self._gpu) if self._gpu < 1 else 0
        return min(cpus, share if self._gpu < 1 else math.floor(gpus / self._gpu))
