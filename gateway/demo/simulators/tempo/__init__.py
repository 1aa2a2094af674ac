"""A simulated Tempo: the real one's HTTP interface and TraceQL over the demo's scenario."""

from __future__ import annotations
