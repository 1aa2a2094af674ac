"""Writes TraceQL again, token by token, with the scope in every filter; what it does not know it refuses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NoReturn

from ..scope import Refused
from ..scoping.limits import MAX_DEPTH, MAX_SELECTORS
from .lexer import Token

_STATICS = frozenset(
    "true false nil ok error unset unspecified internal server client producer consumer minInt maxInt".split()
)
_INTRINSICS = frozenset(
    "duration name status statusMessage kind traceDuration nestedSetLeft nestedSetRight nestedSetParent".split()
)
_SCOPED_INTRINSICS = frozenset(
    [f"span:{name}" for name in "duration name kind status statusMessage id parentID childCount".split()]
    + ["trace:duration", "trace:id", "event:name", "event:timeSinceStart", "link:traceID", "link:spanID"]
    + ["instrumentation:name", "instrumentation:version"]
)
_FOREIGN = frozenset(("parent", "rootName", "rootServiceName", "trace:rootName", "trace:rootService", "compare"))
"""These tell of spans other than the ones that match, which may be another project's."""
_AGGREGATES = frozenset(("count", "avg", "max", "min", "sum"))
_STAGES = frozenset(("by", "select", "coalesce"))
_HINTS = frozenset(("most_recent", "sample", "trace_sample", "span_sample", "exemplars", "extrapolate"))
_SPANSET_SIGNS = frozenset("&& || >> << > < ~ !>> !<< !> !< !~ &>> &<< &> &< &~".split())
_SCALAR_SIGNS = frozenset("= != >= <= + - * / % ^".split())
_FIELD_SIGNS = frozenset("&& || = != =~ !~ > < >= <= + - * / % ^ !".split())
METRICS = frozenset(
    "rate count_over_time min_over_time max_over_time avg_over_time sum_over_time quantile_over_time "
    "histogram_over_time compare topk bottomk".split()
)
"""Stages that turn spans into numbers."""
_CALLS = _AGGREGATES | _STAGES | METRICS
_FIRST_CALLS = _AGGREGATES | {"by", "select"}
_WORDS = _STATICS | _INTRINSICS
_SIGNS_BETWEEN = _SPANSET_SIGNS | _SCALAR_SIGNS
_END = Token("end", "", None)


class Writer:
    """One reading of a query. `filters` counts the filters that were written."""

    def __init__(self, tokens: Sequence[Token], prefix: str) -> None:
        self._tokens, self._prefix = tokens, prefix
        self._at, self._depth = 0, 0
        self._written: list[str] = []
        self.filters = 0

    def write(self) -> str:
        """The canonical text.

        Raises: Refused with the offset of what is not allowed.
        """
        piped = False
        if self._token.kind == "word" and self._token.text in _FIRST_CALLS:
            # Such a pipeline would read all spans: it is given the project's to start with.
            self.filters, piped = 1, True
            self._written.append(f"{self._prefix} }} |")
        self._level(piped=piped, top=True)
        if self._token.kind != "end":
            self._refuse(f"unexpected {self._token.text!r}")
        return " ".join(self._written)

    @property
    def _token(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _refuse(self, message: str) -> NoReturn:
        at = self._token.at
        if at is None and self._at and (before := self._tokens[self._at - 1]).at is not None:
            at = before.at + len(before.text)
        raise Refused(message, position=at)

    def _emit(self, wanted: str | None = None) -> None:
        if wanted is not None and self._token.text != wanted:
            self._refuse(
                f"expected {wanted!r}, not {self._token.text!r}" if self._token.text else f"{wanted!r} is missing"
            )
        self._written.append(self._token.text)
        self._at += 1

    def _level(self, *, piped: bool, top: bool = False) -> bool:
        """One level of parentheses. `piped` where there is scoped input to read from; gives whether it held a filter."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse("nested too deep")
        in_stage = found = False
        while (token := self._token).kind != "end" and token.text != ")":
            if token.text == "{":
                self._filter()
                in_stage = found = True
            elif token.text == "(":
                self._emit()
                if self._level(piped=piped and not in_stage):
                    in_stage = found = True
                self._emit(")")
            elif token.text == "|":
                self._pipe(has_input=piped or in_stage)
                piped, in_stage = True, False
            elif token.kind == "word" and token.text in _CALLS:
                if not piped or in_stage:
                    self._refuse("a TraceQL pipeline has to start with a filter { ... }")
                self._call()
            elif token.kind == "word" and token.text == "with" and top:
                self._hints()
                break
            else:
                self._between()
        self._depth -= 1
        return found

    def _pipe(self, *, has_input: bool) -> None:
        if not has_input or self._written[-1] in ("|", "("):
            self._refuse("a TraceQL pipeline has to start with a filter { ... }")
        self._emit()

    def _between(self) -> None:
        """A sign between filters and numbers, or a number."""
        kind, text, _ = self._token
        is_sign = kind == "sign" and text in _SIGNS_BETWEEN
        if not is_sign and kind not in ("number", "duration"):
            self._refuse(f"unexpected {text!r}")
        self._emit()

    def _filter(self) -> None:
        self._emit("{")
        self.filters += 1
        if self.filters > MAX_SELECTORS:
            self._refuse(f"more than {MAX_SELECTORS} filters in a query")
        self._written[-1] = self._prefix
        if self._token.text != "}":
            self._written.append("&& (")
            self._field(("}",))
            self._written.append(")")
        self._emit("}")

    def _field(self, stop: Collection[str]) -> None:
        """A field expression: no braces, no pipes, known names only."""
        depth = 0
        while depth or self._token.kind != "sign" or self._token.text not in stop:
            kind, text, _ = self._token
            if kind == "sign" and text in "()":
                depth += 1 if text == "(" else -1
                if not 0 <= depth <= MAX_DEPTH:
                    self._refuse("nested too deep" if depth > 0 else "unbalanced parentheses")
            elif not self._is_operand(kind, text) and not (kind == "sign" and text in _FIELD_SIGNS):
                self._refuse(f"unexpected {text!r}" if text else "unexpected end of the query")
            self._emit()

    def _is_operand(self, kind: str, text: str) -> bool:
        if text in _FOREIGN:
            self._refuse(f"{text} tells of spans of other projects")
        if kind == "intrinsic" and text not in _SCOPED_INTRINSICS:
            self._refuse(f"unknown intrinsic {text}")
        return kind in ("attribute", "string", "number", "duration", "intrinsic") or (kind == "word" and text in _WORDS)

    def _call(self) -> None:
        name = self._token.text
        if name in _FOREIGN:
            self._refuse(f"{name}() tells of spans of other projects")
        self._emit()
        self._emit("(")
        self._arguments()
        if name in METRICS and self._token.kind == "word" and self._token.text == "by":
            self._emit()
            self._emit("(")
            self._arguments()

    def _arguments(self) -> None:
        while True:
            if self._token.text not in (")", ","):
                self._field((")", ","))
            if self._token.text == ")":
                self._emit()
                return
            self._emit(",")

    def _hints(self) -> None:
        while self._token.text == "with":
            self._emit()
            self._emit("(")
            self._hint()
            while self._token.text == ",":
                self._emit()
                self._hint()
            self._emit(")")

    def _hint(self) -> None:
        if self._token.kind != "word" or self._token.text not in _HINTS:
            self._refuse(f"the query hint {self._token.text!r} is not allowed")
        self._emit()
        self._emit("=")
        if self._token.text == "-":
            self._emit()
        if self._token.kind not in ("number", "duration", "string") and self._token.text not in ("true", "false"):
            self._refuse("this is no value for a query hint")
        self._emit()


def has_nested_pipeline(tokens: Sequence[Token]) -> bool:
    """Whether a `|` stands within parentheses: Tempo's grammar lets nothing follow such an expression."""
    depth = 0
    for kind, text, _ in tokens:
        if kind == "sign":
            depth += (text == "(") - (text == ")")
            if text == "|" and depth:
                return True
    return False
