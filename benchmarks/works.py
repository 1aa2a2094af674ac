"""The questions that are measured: documents over the served schema, and the variables of each request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from . import windows

SIGNAL = "series { labels { name value } samples { at value } }"
STORE = """\
    errors(first: 8) { nodes { id shortId title culprit level status eventCount userCount firstSeen lastSeen assignee { id name email } } }
    alerts(first: 8) { nodes { id name state severity summary value startedAt labels { name value } } }"""
LINES = "nodes { timestamp level line labels { name value } }"
TRACES = (
    "traces(range: $range, first: 20) { nodes { id rootService rootName startTime durationMs spanCount errorCount } }"
)
SPANS = (
    "nodes { id parentId name service kind status statusMessage startTime durationMs depth attributes { name value } }"
)


def _metrics(by: str, step: str, fields: str = SIGNAL) -> str:
    signals = ("requestRate(", "errorRate(", "errorRatio(", "latency(quantile: 0.95, ")
    return (
        f'metrics(range: $range, step: "{step}") {{\n'
        + "".join(f"      {signal}by: {by}) {{ {fields} }}\n" for signal in signals)
        + "    }"
    )


@dataclass(frozen=True)
class Work:
    """One question, and who asks it."""

    name: str
    title: str
    document: str
    spans: int = 0
    """Of the trace that it asks for."""
    everybody: bool = False
    """Asked by somebody who sees all hundred projects, not the shop alone."""

    def body(self, number: int) -> bytes:
        """One request: each number asks for another hour and another trace, so that nothing is shared unasked."""
        variables: dict[str, Any] = {}
        if "$range" in self.document:
            variables["range"] = windows.time_range(number)
        if self.spans:
            variables["trace"] = windows.trace_id(number, self.spans)
        return json.dumps({"query": self.document, "variables": variables}).encode()


def _project(name: str, *parts: str, given: str = "$range: TimeRange!") -> str:
    inner = "\n    ".join(parts)
    return f'query {name}({given}) {{\n  project(slug: "shop") {{\n    id name\n    {inner}\n  }}\n}}\n'


SMALL = Work(
    "small",
    "small dashboard: 8 errors, 8 alerts, 4 x 1 x 61 samples, 100 log lines, 20 traces",
    _project("Small", STORE.strip(), _metrics("[]", "60s"), f"logs(range: $range, first: 100) {{ {LINES} }}", TRACES),
)
LARGE = Work(
    "large",
    "large dashboard: 4 x 5 x 121 samples, 1,000 log lines, 20 traces and one of 200 spans",
    _project(
        "Large",
        STORE.strip(),
        _metrics('["service_name"]', "30s"),
        f"logs(range: $range, first: 1000) {{ {LINES} }}",
        TRACES,
        f"trace(id: $trace) {{ id durationMs spans(first: 200) {{ {SPANS} }} }}",
        given="$range: TimeRange!, $trace: ID!",
    ),
    spans=200,
)
LOGS = Work(
    "logs",
    "1,000 log lines with level, service, trace id and labels",
    _project(
        "Logs",
        "logs(range: $range, first: 1000) { nodes { timestamp level service line traceId labels { name value } } }",
    ),
)
TRACE = Work(
    "trace",
    "a trace of 1,000 spans with 8 attributes each",
    _project("Trace", f"trace(id: $trace) {{ id durationMs spans(first: 1000) {{ {SPANS} }} }}", given="$trace: ID!"),
    spans=1_000,
)
SAMPLES = Work(
    "samples",
    "typed samples: 20 series x 121 {at value}",
    _project("Samples", f'metrics(range: $range, step: "30s") {{ requestRate(by: ["http_route"]) {{ {SIGNAL} }} }}'),
)
COLUMNS = Work(
    "columns",
    "the same as columns: timestamps and values",
    _project(
        "Columns",
        'metrics(range: $range, step: "30s") { requestRate(by: ["http_route"]) '
        "{ series { labels { name value } timestamps values } } }",
    ),
)
OVERVIEW = Work(
    "overview",
    "overview of 100 projects: rate, failures, latency, errors, alerts and log lines of each",
    """\
query Overview($range: TimeRange!) {
  projects(first: 100) {
    nodes {
      id slug name
      dashboard(range: $range, step: "60s") {
        metrics { requestRate { series { last } } errorRatio { series { last } } latencyP95 { series { last } } }
        errors { unresolved events }
        alerts { firing pending }
        logs { total }
      }
    }
  }
}
""",
    everybody=True,
)
ALONE = Work(
    "alone",
    "the same of one project",
    """\
query Alone($range: TimeRange!) {
  project(slug: "team-00") {
    dashboard(range: $range, step: "60s") {
      metrics { requestRate { series { last } } errorRatio { series { last } } latencyP95 { series { last } } }
      errors { unresolved events }
      alerts { firing pending }
      logs { total }
    }
  }
}
""",
    everybody=True,
)
WORKS = (SMALL, LARGE, LOGS, TRACE, SAMPLES, COLUMNS, OVERVIEW)
