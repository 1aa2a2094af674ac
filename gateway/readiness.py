"""Whether this process wants new requests: no longer, from the signal that asks it to end."""

from __future__ import annotations


class Readiness:
    """Told to balancers by /health/ready, so that they turn elsewhere before the socket closes."""

    def __init__(self) -> None:
        self.is_stopping = False

    def stop(self) -> None:
        """From now on it is not ready."""
        self.is_stopping = True
