"""PromQL as text and as a tree: lexer, parser, types, and the text in its usual form."""

from __future__ import annotations

from gateway.demo.simulators.prometheus.promql.faults import ParseFault
from gateway.demo.simulators.prometheus.promql.parser import parse, parse_matchers

__all__ = ["ParseFault", "parse", "parse_matchers"]
