"""The demo's scenario: a shop and a bank whose traces, logs, metrics and errors tell of the same requests."""

from __future__ import annotations

from gateway.demo.scenario.requests import Request
from gateway.demo.scenario.scenario import Scenario
from gateway.demo.scenario.signals import ErrorData, LogData, Outage, SpanData, SpanEvent, SpanLink

__all__ = ["ErrorData", "LogData", "Outage", "Request", "Scenario", "SpanData", "SpanEvent", "SpanLink"]
