"""Whether this node is draining, checked in a thread of its own.

A node drains for up to 30 s after its `ray start --block` got SIGTERM, as in a pod that is deleted
or on a spot machine that is reclaimed, and when an autoscaler removes it."""

import logging
import threading

log = logging.getLogger(__name__)

_POLL_INTERVAL_S = 2.0


class DrainWatcher:
    """draining: set once this node is draining; never cleared."""

    def __init__(self) -> None:
        self.draining = threading.Event()
        threading.Thread(target=self._poll, name="drain-watcher", daemon=True).start()

    def _poll(self) -> None:
        import ray
        from ray._private.state import state

        here = ray.get_runtime_context().get_node_id()
        try:
            while here not in state.get_draining_nodes():
                self.draining.wait(_POLL_INTERVAL_S)
        except Exception as error:  # another version of Ray, or Ray is shutting down
            log.info("cannot check whether this node is draining: %s", error)
            return
        self.draining.set()
