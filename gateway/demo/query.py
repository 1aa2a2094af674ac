"""The query that the demo prints and the README shows: one project's dashboard from all four sources."""

from __future__ import annotations

DASHBOARD_QUERY = """\
query Dashboard {
  project(slug: "shop") {
    name
    dashboard(range: {last: "1h"}) {
      health
      metrics {
        requestRate { series { legend timestamps values } }
        errorRatio { series { last } }
        latencyP95 { series { last max } }
        services { name requestRate errorRatio }
      }
      errors { unresolved events usersAffected top(first: 3) { shortId title eventCount } }
      alerts { firing pending active(first: 3) { name state severity startedAt } }
      logs { total recentErrors(first: 3) { timestamp service level line traceId } }
      traces { slowest(first: 3) { id rootName durationMs } failing(first: 3) { id rootName errorCount } }
      sources { source ok tookMs requests }
    }
  }
}
"""
