"""The gateway's own LogQL: a filter as matchers and pipeline stages, counts per level, one stream's selector.

Everything here is text before it is narrowed; the scoper reads it like any person's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..records.logs import LEVEL_NAMES, LabelMatcher, LogFilter, LogLevel
from ..records.time import format_duration
from ..scope import Refused
from ..scoping.strings import quote, quote_re2
from .logql import Selector, Tokens, read_logql

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"')
_PARSER = re.compile(r"\| *(?:json|logfmt|unpack|pattern|regexp|line_format|label_format|decolorize)\b")
_STAGE_WITHOUT_COMPARISON = re.compile(r"\| *[A-Za-z_]\w*+ *+(?![=!<>])")
_WITHOUT_PARSER_ERRORS = "| drop __error__, __error_details__"


def filtered(logql: str | None, found: LogFilter) -> str:
    """A log query narrowed by a filter; all lines, narrowed by it, for None.

    Services and labels become matchers of the selector, so that the source reads fewer streams; the rest become
    stages behind the person's own.

    Raises: Refused where `logql` is not one log query, or a name is no label's name.
    """
    tokens = log_query(logql) if logql is not None else [Selector((), 0)]
    matchers = [LabelMatcher("service_name", *_any_of(found.services))] if found.services else []
    rendered = tuple(_matcher(each) for each in (*matchers, *found.labels))
    text = "".join(token.render(last=rendered) if isinstance(token, Selector) else token for token in tokens)
    return " ".join([text, *_stages(found)])


def counts(logql: str, *, step_ns: int, by: Iterable[str] = ()) -> str:
    """Lines per step and level, and per `by`, of a log query.

    Raises: Refused where `logql` is not one log query.
    """
    text = "".join(token.render() if isinstance(token, Selector) else token for token in log_query(logql))
    if _PARSER.search(_STRING.sub('""', text)):
        # A line that a parser cannot read would fail a metric query as a whole.
        text = f"{text} {_WITHOUT_PARSER_ERRORS}"
    grouping = ", ".join([*by, "detected_level"])
    return f"sum by ({grouping}) (count_over_time({text} [{format_duration(step_ns)}]))"


def keeps_labels(logql: str) -> bool:
    """Whether the query only picks lines: no stage of it parses, formats, drops or renames.

    Raises: Refused.
    """
    text = "".join(token.render() if isinstance(token, Selector) else token for token in read_logql(logql))
    return not _STAGE_WITHOUT_COMPARISON.search(_STRING.sub('""', text))


def log_query(logql: str) -> Tokens:
    """The tokens of one selector and its pipeline, without the parentheses that may stand around it.

    Raises: Refused for anything else, a metric query above all.
    """
    tokens = _stripped(read_logql(logql))
    while len(tokens) > 2 and tokens[0] == "(" and tokens[-1] == ")":
        tokens = _stripped(tokens[1:-1])
    selectors = [token for token in tokens if isinstance(token, Selector)]
    if len(selectors) != 1 or tokens[0] is not selectors[0]:
        raise Refused('this wants a log query, such as {service_name="checkout"} |= "timeout"', position=0)
    if any(isinstance(token, str) and token.startswith("[") for token in tokens):
        raise Refused("a range such as [5m] belongs in a metric query", position=0)
    return tokens


def streams(label_sets: Iterable[Mapping[str, str]]) -> str:
    """A selector that takes in these streams, and what shares each of their values: one matcher a label."""
    sets = list(label_sets)
    names = sorted(set(sets[0]).intersection(*sets[1:])) if sets else []
    matchers = [LabelMatcher(name, *_any_of(sorted({labels[name] for labels in sets}))) for name in names]
    return "{" + ", ".join(_matcher(each) for each in matchers) + "}"


def _stripped(tokens: Tokens) -> Tokens:
    start, end = 0, len(tokens)
    while start < end and tokens[start] == " ":
        start += 1
    while start < end and tokens[end - 1] == " ":
        end -= 1
    return tokens[start:end]


def _stages(found: LogFilter) -> list[str]:
    stages = [f"|= {quote(text)}" for text in found.contains]
    stages += [f"!= {quote(text)}" for text in found.excludes]
    if found.regex is not None:
        stages.append(f"|~ {quote(found.regex)}")
    if found.trace_ids:
        stages.append("| " + _matcher(LabelMatcher("trace_id", *_any_of(found.trace_ids))))
    if found.span_id is not None:
        stages.append(f"| span_id={quote(found.span_id)}")
    if found.levels:
        stages.append("| " + _matcher(LabelMatcher("detected_level", *_level_names(found.levels))))
    if found.fields:
        # Structured metadata needs no parser, but nobody knows beforehand which of them a field is.
        stages += ["| json", "| logfmt", _WITHOUT_PARSER_ERRORS]
        stages += [f"| {_matcher(field)}" for field in found.fields]
    return stages


def _level_names(levels: Iterable[LogLevel]) -> tuple[str, str]:
    names = [name for level in dict.fromkeys(levels) for name in LEVEL_NAMES[level]]
    return _any_of(names)


def _any_of(values: Iterable[str]) -> tuple[str, str]:
    """The operator and value that match one of these texts; an empty one matches a label that is absent."""
    found = list(values)
    return ("=", found[0]) if len(found) == 1 else ("=~", "|".join(quote_re2(value) for value in found))


def _matcher(matcher: LabelMatcher) -> str:
    if not _LABEL.fullmatch(matcher.name):
        raise Refused(f"{matcher.name!r} is no label's name: letters, digits and _")
    if matcher.op not in {"=", "!=", "=~", "!~"}:
        raise ValueError(f"{matcher.op!r} compares nothing")
    return f"{matcher.name}{matcher.op}{quote(matcher.value)}"
