"""A simulated Tempo: the real one's HTTP interface and TraceQL over the demo's scenario."""

from __future__ import annotations

from gateway.demo.simulators.tempo.app import create_app

__all__ = ["create_app"]
