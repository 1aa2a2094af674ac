"""A server that answers as Prometheus does, out of the demo's scenario."""

from __future__ import annotations

from gateway.demo.simulators.prometheus.app import create_app

__all__ = ["create_app"]
