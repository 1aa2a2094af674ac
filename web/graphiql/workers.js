// Monaco's workers are files of our own: no blob, no other origin.
const files = { json: "json.worker.js", graphql: "graphql.worker.js" };

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(files[label] ?? "editor.worker.js", base()), { type: "module" }),
};

// Bundled code may stand in chunks/, the workers stand beside graphiql.js.
function base() {
  return document.querySelector('script[type="module"][src$="graphiql.js"]').src;
}
