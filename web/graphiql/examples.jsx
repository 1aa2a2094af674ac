// The shelf of examples: the files of examples/, in the order in which a newcomer reads them.
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import dashboard from "./examples/dashboard.graphql";
import errorToTraceToLogs from "./examples/error_to_trace_to_logs.graphql";
import goldenSignals from "./examples/golden_signals.graphql";
import logSearch from "./examples/log_search.graphql";
import promql from "./examples/promql.graphql";
import serviceGraph from "./examples/service_graph.graphql";
import sources from "./examples/sources.graphql";
import traceSearch from "./examples/trace_search.graphql";

// A file opens with its title and, on the next lines, what it shows.
export const EXAMPLES = [
  dashboard,
  errorToTraceToLogs,
  logSearch,
  traceSearch,
  goldenSignals,
  promql,
  serviceGraph,
  sources,
].map((query) => {
  const [title, ...shows] = query.match(/^(#.*\n)+/)[0].trim().split("\n").map((line) => line.slice(2));
  return { title, shows: shows.join(" "), query };
});

export const examplesPlugin = { title: "Examples", icon: Icon, content: Shelf };

function Shelf() {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  function open({ query }) {
    const current = queryEditor.getValue();
    if (current.trim() && !EXAMPLES.some((example) => example.query === current)) addTab();
    queryEditor.setValue(query);
    queryEditor.focus();
  }
  return (
    <section className="shelf" aria-label="Examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.title}>
            <button type="button" onClick={() => open(example)} disabled={!queryEditor}>
              <strong>{example.title}</strong>
              <span>{example.shows}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" aria-hidden="true">
      <path d="M4 4h4v16H4zM10 4h4v16h-4zM16.5 5l3.8-1 3.2 15-3.8 1z" transform="translate(-1.5)" />
    </svg>
  );
}
