"""What can go wrong while a query is evaluated, and what is merely worth a remark."""

from __future__ import annotations

from dataclasses import dataclass, field


class ExecutionFault(Exception):
    """The query is well formed but has no answer: HTTP 422."""


class EvaluationTimeout(Exception):
    """The query took longer than its timeout: HTTP 503."""


@dataclass
class Notes:
    """Shape: (text, position in the query) pairs, each once."""

    warnings: dict[tuple[str, int], None] = field(default_factory=dict)
    infos: dict[tuple[str, int], None] = field(default_factory=dict)

    def warn(self, text: str, position: int) -> None:
        self.warnings[(text, position)] = None

    def inform(self, text: str, position: int) -> None:
        self.infos[(text, position)] = None
