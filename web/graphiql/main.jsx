// GraphiQL with a bar to sign in, a shelf of examples and links that carry the query.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";

import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./style.css";

import { Bar } from "./Bar.jsx";
import { EXAMPLES, examplesPlugin } from "./examples.jsx";
import { LinkButton, linked } from "./link.jsx";
import { createSession } from "./session.js";
import { createTimings, Timing } from "./timings.jsx";
import "./workers.js";

const { endpoint = "/graphql", demo = null } = configuration();
const url = new URL(endpoint, location.href).href;
const session = createSession(url, demo);
const timings = createTimings();
const wsClient = createClient({
  url: url.replace(/^http/, "ws"),
  lazy: true,
  connectionParams: async () => session.headers(),
});
const fetcher = createGraphiQLFetcher({
  url,
  wsClient,
  fetch: async (address, options) => {
    const headers = { ...options.headers, ...(await session.headers()) };
    return timings.measure(options.body, () => fetch(address, { ...options, headers }));
  },
});
const plugins = [examplesPlugin, HISTORY_PLUGIN, explorerPlugin()];
const { query, variables } = linked();

createRoot(document.getElementById("graphiql")).render(
  <div className="page">
    <Bar session={session} demo={demo} onChange={() => wsClient.terminate()} />
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      visiblePlugin={examplesPlugin}
      defaultQuery={EXAMPLES[0].query}
      initialQuery={query}
      initialVariables={variables}
      defaultEditorToolsVisibility={Boolean(variables)}
      schemaDescription
    >
      <GraphiQL.Logo> </GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <LinkButton />
          </>
        )}
      </GraphiQL.Toolbar>
      <GraphiQL.Footer>
        <Timing timings={timings} />
      </GraphiQL.Footer>
    </GraphiQL>
  </div>,
);

function configuration() {
  try {
    return JSON.parse(document.getElementById("graphiql-config").textContent);
  } catch {
    return {}; // served as a plain file, without a route that fills it in
  }
}
