"""Reads stream selectors and the stages of a log pipeline."""

from __future__ import annotations

from gateway.demo.simulators.loki.go_values import quote
from gateway.demo.simulators.loki.line_patterns import PatternRefused, compile_capture, compile_wildcard
from gateway.demo.simulators.loki.refusals import ParseRefusal
from gateway.demo.simulators.loki.regexes import RegexRefused, compile_regex
from gateway.demo.simulators.loki.syntax import (
    BothOf,
    Comparison,
    Decolorize,
    EitherOf,
    KeepOrDrop,
    LabelCondition,
    LabelFilter,
    LabelFormat,
    LabelParser,
    LineFilter,
    LineFormat,
    Matcher,
    Stage,
    Unwrap,
)
from gateway.demo.simulators.loki.templates import TemplateRefused, compile_template
from gateway.demo.simulators.loki.tokens import Tokens

LINE_FILTERS = ("|~", "|=", "|>", "!~", "!=", "!>")
_MATCHES = ("=", "=~", "!~", "!=")
_COMPARISONS = (">", ">=", "<", "<=", "!=", "=", "==")


def parse_selector(tokens: Tokens) -> tuple[Matcher, ...]:
    """`{a="b", c=~"d"}`."""
    tokens.expect("{")
    if tokens.accept("}"):
        return ()
    matchers = [_matcher(tokens, "IDENTIFIER", "}") if tokens.kind != "IDENTIFIER" else _matcher(tokens, "IDENTIFIER")]
    while tokens.expect("}", ",").kind == ",":
        matchers.append(_matcher(tokens, "IDENTIFIER"))
    return tuple(matchers)


def _matcher(tokens: Tokens, *expected: str) -> Matcher:
    if tokens.kind != "IDENTIFIER":
        raise tokens.unexpected(*expected)
    name = tokens.take().text
    op = tokens.expect(*_MATCHES).kind
    return _checked(Matcher(name, op, tokens.expect("STRING").text))


def _checked(matcher: Matcher) -> Matcher:
    if matcher.op in {"=~", "!~"}:
        try:
            compile_regex(matcher.value)
        except RegexRefused as error:
            raise ParseRefusal(str(error)) from error
    return matcher


def parse_stages(tokens: Tokens) -> tuple[Stage, ...]:
    """As many stages as follow; stops before `| unwrap`."""
    stages: list[Stage] = []
    while tokens.kind in LINE_FILTERS or (tokens.kind == "|" and tokens.peek() != "unwrap"):
        stages.append(_line_filter(tokens) if tokens.kind in LINE_FILTERS else _stage(tokens))
    return tuple(stages)


def parse_unwrap(tokens: Tokens) -> Unwrap | None:
    """`| unwrap x`, `| unwrap duration(x)`, with the label filters behind it."""
    if tokens.kind != "|" or tokens.peek() != "unwrap":
        return None
    tokens.take()
    tokens.take()
    conversion = ""
    if tokens.kind in {"BYTES_CONV", "DURATION_CONV", "DURATION_SECONDS_CONV"}:
        conversion = tokens.take().text
        tokens.expect("(")
        label = tokens.expect("IDENTIFIER").text
        tokens.expect(")")
    else:
        label = tokens.expect("IDENTIFIER", "BYTES_CONV", "DURATION_CONV", "DURATION_SECONDS_CONV").text
    filters = []
    while tokens.accept("|"):
        filters.append(LabelFilter(_condition(tokens)))
    return Unwrap(label, conversion, tuple(filters))


def _line_filter(tokens: Tokens) -> LineFilter:
    op = tokens.take().kind
    values = [_needle(tokens)]
    while tokens.accept("or"):
        values.append(_needle(tokens))
    try:
        for value in values:
            if op in {"|~", "!~"}:
                compile_regex(value)
            elif op in {"|>", "!>"}:
                compile_wildcard(value)
    except RegexRefused as error:
        raise ParseRefusal(f"stage '{op} {quote(values[0])}' : {error}") from error
    return LineFilter(op, tuple(values))


def _needle(tokens: Tokens) -> str:
    """`ip(...)` is real LogQL that this server does not know."""
    if tokens.kind != "STRING":
        raise tokens.unexpected("STRING", "ip")
    return tokens.take().text


def _stage(tokens: Tokens) -> Stage:
    tokens.expect("|")
    kind = tokens.kind
    if kind in {"IDENTIFIER", "("}:
        return LabelFilter(_condition(tokens))
    if kind in {"json", "logfmt"}:
        return _structured_parser(tokens)
    if kind in {"regexp", "pattern", "unpack", "decolorize"}:
        return _plain_parser(tokens)
    if kind == "line_format":
        return _line_format(tokens)
    if kind == "label_format":
        return _label_format(tokens)
    if kind in {"keep", "drop"}:
        return _keep_or_drop(tokens)
    raise tokens.unexpected()


def _structured_parser(tokens: Tokens) -> LabelParser:
    kind = tokens.take().kind
    flags = []
    while kind == "logfmt" and (flag := tokens.accept("FUNCTION_FLAG")):
        flags.append(flag.text)
    wanted = []
    if tokens.kind == "IDENTIFIER":
        wanted.append(_extraction(tokens))
        while tokens.accept(","):
            wanted.append(_extraction(tokens))
    return LabelParser(kind, wanted=tuple(wanted), flags=tuple(flags))


def _extraction(tokens: Tokens) -> tuple[str, str]:
    name = tokens.expect("IDENTIFIER").text
    return name, tokens.expect("STRING").text if tokens.accept("=") else name


def _plain_parser(tokens: Tokens) -> Stage:
    kind = tokens.take().kind
    if kind == "decolorize":
        return Decolorize()
    if kind == "unpack":
        return LabelParser(kind)
    parameter = tokens.expect("STRING").text
    try:
        if kind == "pattern":
            compile_capture(parameter)
        elif not compile_regex(parameter).groupindex:
            raise RegexRefused("at least one named capture must be supplied")
    except (RegexRefused, PatternRefused) as error:
        raise ParseRefusal(f"invalid {kind} parser: {error}") from error
    return LabelParser(kind, parameter)


def _line_format(tokens: Tokens) -> LineFormat:
    tokens.take()
    return LineFormat(_template(tokens.expect("STRING").text, "line"))


def _template(text: str, of: str) -> str:
    try:
        compile_template(text)
    except TemplateRefused as error:
        raise ParseRefusal(f"invalid {of} template: template: {of}:1: {error}") from error
    return text


def _label_format(tokens: Tokens) -> LabelFormat:
    tokens.take()
    assignments = []
    while True:
        name = tokens.expect("IDENTIFIER").text
        tokens.expect("=")
        source = tokens.expect("IDENTIFIER", "STRING")
        is_template = source.kind == "STRING"
        assignments.append((name, _template(source.text, "label") if is_template else source.text, is_template))
        if not tokens.accept(","):
            break
    names = [name for name, _, _ in assignments]
    for name in names:
        if names.count(name) > 1:
            raise ParseRefusal(f"multiple label name '{name}' not allowed in a single format operation")
    return LabelFormat(tuple(assignments))


def _keep_or_drop(tokens: Tokens) -> KeepOrDrop:
    op = tokens.take().kind
    labels: list[str | Matcher] = []
    while True:
        if tokens.kind == "IDENTIFIER" and tokens.peek() in _MATCHES:
            labels.append(_matcher(tokens))
        else:
            labels.append(tokens.expect("IDENTIFIER").text)
        if not tokens.accept(","):
            return KeepOrDrop(op, tuple(labels))


def _condition(tokens: Tokens) -> LabelCondition:
    left = _all_of(tokens)
    while tokens.accept("or"):
        left = EitherOf(left, _all_of(tokens))
    return left


def _all_of(tokens: Tokens) -> LabelCondition:
    left = _comparison(tokens)
    while tokens.accept("and", ",") or tokens.kind in {"IDENTIFIER", "("}:
        left = BothOf(left, _comparison(tokens))
    return left


def _comparison(tokens: Tokens) -> LabelCondition:
    if tokens.accept("("):
        inner = _condition(tokens)
        tokens.expect(")")
        return inner
    if tokens.kind != "IDENTIFIER":
        raise tokens.unexpected("IDENTIFIER", "(")
    name = tokens.take().text
    if tokens.kind not in _COMPARISONS and tokens.kind not in _MATCHES:
        raise tokens.unexpected()
    op = tokens.take().kind
    if tokens.kind == "STRING" and op in _MATCHES:
        return _checked(Matcher(name, op, tokens.take().text))
    if op in {"=~", "!~"}:
        raise tokens.unexpected("STRING")
    return _number(tokens, name, "==" if op == "=" else op)


def _number(tokens: Tokens, name: str, op: str) -> Comparison:
    if tokens.kind in {"DURATION", "BYTES"}:
        token = tokens.take()
        return Comparison(name, op, token.number, "duration" if token.kind == "DURATION" else "bytes", token.text)
    sign = tokens.accept("+", "-")
    if tokens.kind != "NUMBER":
        raise tokens.unexpected("NUMBER") if sign else tokens.unexpected()
    text = tokens.take().text
    value = float(int(text, 16)) if text.lower().startswith("0x") else float(text)
    return Comparison(name, op, -value if sign and sign.kind == "-" else value, "", text)
