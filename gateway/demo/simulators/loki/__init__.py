"""A Loki of one process: the HTTP interface and LogQL of the real server over the demo's scenario."""

from __future__ import annotations

from gateway.demo.simulators.loki.app import create_app

__all__ = ["create_app"]
