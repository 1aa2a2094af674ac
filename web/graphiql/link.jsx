// A link carries query and variables behind the #, which no server and no log gets to see.
import { ToolbarButton, useGraphiQL } from "@graphiql/react";
import { useState } from "react";

export function linked() {
  for (const text of [location.hash.slice(1), location.search]) {
    const found = new URLSearchParams(text);
    if (found.has("query")) return { query: found.get("query"), variables: found.get("variables") ?? undefined };
  }
  return {};
}

addEventListener("hashchange", () => linked().query && location.reload());

export function LinkButton() {
  const editors = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));
  const [copied, setCopied] = useState(false);
  async function copy() {
    const carried = new URLSearchParams({ query: editors.queryEditor?.getValue() ?? "" });
    const variables = editors.variableEditor?.getValue().trim();
    if (variables) carried.set("variables", variables);
    history.replaceState(null, "", `${location.pathname}#${carried}`);
    try {
      await navigator.clipboard.writeText(location.href); // only on localhost and https; else it stands in the address bar
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      setCopied(false);
    }
  }
  return (
    <ToolbarButton onClick={copy} label={copied ? "Link copied" : "Link to this query and its variables"}>
      <svg className="graphiql-toolbar-icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
        {copied ? (
          <path d="M5 13l4 4L19 7" />
        ) : (
          <path d="M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1.5-1.5" />
        )}
      </svg>
    </ToolbarButton>
  );
}
