"""Evaluates PromQL: a vector over a grid of instants is a list of columns, one per series."""

from __future__ import annotations

from gateway.demo.simulators.prometheus.engine.columns import Column
from gateway.demo.simulators.prometheus.engine.evaluator import Evaluator
from gateway.demo.simulators.prometheus.engine.faults import EvaluationTimeout, ExecutionFault, Notes

__all__ = ["Column", "EvaluationTimeout", "Evaluator", "ExecutionFault", "Notes"]
