"""The tree of a PromQL expression."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.demo.simulators.prometheus.promql.regexes import compile_regex


@dataclass(frozen=True)
class Matcher:
    name: str
    op: str
    value: str

    def matches(self, value: str) -> bool:
        """Regular expressions are anchored; a label that is absent counts as empty."""
        if self.op == "=":
            return value == self.value
        if self.op == "!=":
            return value != self.value
        found = compile_regex(self.value).fullmatch(value) is not None
        return found if self.op == "=~" else not found


@dataclass
class Number:
    position: int
    value: float


@dataclass
class String:
    position: int
    value: str


@dataclass
class Selector:
    """Units: milliseconds; `at` is an instant, "start" or "end". `range_ms` makes it a range vector."""

    position: int
    name: str
    matchers: list[Matcher]
    range_ms: int = 0
    offset_ms: int = 0
    at: int | str | None = None

    @property
    def all_matchers(self) -> tuple[Matcher, ...]:
        named = (Matcher("__name__", "=", self.name),) if self.name else ()
        return named + tuple(self.matchers)


@dataclass
class Subquery:
    position: int
    expression: Node
    range_ms: int
    step_ms: int
    """0 stands for the evaluation interval."""
    offset_ms: int = 0
    at: int | str | None = None


@dataclass
class Unary:
    position: int
    op: str
    expression: Node


@dataclass
class Matching:
    """How the series of two vectors find each other; `on` False means ignoring."""

    on: bool = False
    labels: tuple[str, ...] = ()
    group: str = ""
    """"left" or "right": the side with many series."""
    include: tuple[str, ...] = ()


@dataclass
class Binary:
    position: int
    op: str
    left: Node
    right: Node
    returns_bool: bool = False
    matching: Matching | None = None


@dataclass
class Aggregation:
    position: int
    op: str
    expression: Node
    parameter: Node | None = None
    labels: tuple[str, ...] = ()
    without: bool = False
    grouped: bool = False


@dataclass
class Call:
    position: int
    name: str
    arguments: list[Node] = field(default_factory=list)


@dataclass
class Paren:
    position: int
    expression: Node


Node = Number | String | Selector | Subquery | Unary | Binary | Aggregation | Call | Paren
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
SET_OPERATORS = frozenset({"and", "or", "unless"})


def selectors_of(node: Node) -> list[Selector]:
    """All selectors of an expression, in their order in the text."""
    if isinstance(node, Selector):
        return [node]
    if isinstance(node, Binary):
        return selectors_of(node.left) + selectors_of(node.right)
    if isinstance(node, Call):
        return [selector for argument in node.arguments for selector in selectors_of(argument)]
    if isinstance(node, Aggregation):
        return (selectors_of(node.parameter) if node.parameter else []) + selectors_of(node.expression)
    if isinstance(node, (Paren, Unary, Subquery)):
        return selectors_of(node.expression)
    return []
