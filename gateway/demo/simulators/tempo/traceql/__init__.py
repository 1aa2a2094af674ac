"""TraceQL as Tempo reads it: text to tokens, tokens to nodes, nodes to functions over spans."""

from __future__ import annotations
