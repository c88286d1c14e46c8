"""The live nodes of the connected Ray, and how many trainings fit on them."""

import math
import time

_REFRESH_S = 2.0  # seconds for which an answer of the cluster is used


class Nodes:
    """`capacity` counts what fits on all nodes by the resources of a training, and `max_pending`
    more, so that one more trial is always pending in Ray, where an autoscaler sees it."""

    def __init__(
        self, cpu: float, gpu: float, max_pending: int, *, in_cluster: bool = False
    ) -> None:
        """in_cluster: whether these are nodes of a cluster, which come and go."""
        self.in_cluster = in_cluster
        self._cpu, self._gpu, self._max_pending = cpu, gpu, max_pending
        self._draining: set[str] = set()
        self._draining_alive: frozenset[str] = frozenset()
        self._refreshed = -math.inf
        self._hosts: dict[str, str] = {}
        self._alive: frozenset[str] = frozenset()
        self._slots = 0

    def alive(self) -> frozenset[str]:
        """Ids of the nodes that are up, big enough for one training, and not draining."""
        self._refresh()
        return self._alive

    def mark_draining(self, node: str) -> None:
        """Records that a node is draining."""
        self._draining.add(node)
        self._refreshed = -math.inf

    def draining(self) -> frozenset[str]:
        """Ids of the nodes that are up and draining."""
        self._refresh()
        return self._draining_alive

    def capacity(self) -> int:
        """How many trainings may run or be pending at a time."""
        self._refresh()
        return self._slots + self._max_pending

    def host(self, node: str) -> str:
        """The name of a node, also of a lost one; '' for an unknown one."""
        return self._hosts.get(node, "")

    def _refresh(self) -> None:
        if time.monotonic() - self._refreshed < _REFRESH_S:
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
        self._alive, self._draining_alive = frozenset(alive), frozenset(draining)
        self._slots, self._refreshed = slots, time.monotonic()

    def _fit(self, resources: dict[str, float]) -> int:
        cpus = math.floor(resources.get("CPU", 0.0) / self._cpu)
        if not self._gpu:
            return cpus
        gpus = resources.get("GPU", 0.0)
        # A share of a GPU lies on one GPU: three of 0.4 do not fit on two.
        share = math.floor(gpus) * math.floor(1 / self._gpu) if self._gpu < 1 else 0
        return min(cpus, share if self._gpu < 1 else math.floor(gpus / self._gpu))
