"""Whether this node is about to go: asked in a thread, so that no training waits for the answer.

Ray calls it draining. A node drains for up to 30 s after its `ray start --block` got SIGTERM, as in
a pod that is deleted or on a spot machine that is taken back, and when an autoscaler says so."""

import logging
import threading

log = logging.getLogger(__name__)

_POLL_INTERVAL_S = 2.0


class DrainWatcher:
    """given: set once this node is about to go; it never stays after all."""

    def __init__(self) -> None:
        self.draining = threading.Event()
        threading.Thread(target=self._ask, name="notice", daemon=True).start()

    def _ask(self) -> None:
        import ray
        from ray._private.state import state

        here = ray.get_runtime_context().get_node_id()
        try:
            while here not in state.get_draining_nodes():
                self.draining.wait(_POLL_INTERVAL_S)
        except Exception as error:  # of another version of Ray, or at the end of this one
            log.info("whether this node is about to go is not known: %s", error)
            return
        self.draining.set()
