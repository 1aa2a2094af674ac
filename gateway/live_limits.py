"""Bounds on one live connection."""

from __future__ import annotations

from msgspec import Struct


class LiveLimits(Struct, frozen=True, kw_only=True):
    """The defaults of the settings are in `gateway.endpoint_settings`."""

    operations: int = 100
    """At once on one socket."""
    initialisation_s: float = 3.0
    ping_every_s: float = 25.0
    send_timeout_s: float = 30.0
    """How long a client may leave what is sent unread."""
