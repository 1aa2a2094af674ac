// How long the last answer took, as this browser saw it, and how large it was.
import { useSyncExternalStore } from "react";

export function createTimings() {
  const listeners = new Set();
  let last = null;

  function set(next) {
    last = next;
    for (const listener of listeners) listener();
  }

  return {
    subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    last: () => last,
    async measure(body, send) {
      const started = performance.now();
      const response = await send();
      if (JSON.parse(body).operationName !== "IntrospectionQuery") {
        response
          .clone()
          .arrayBuffer()
          .then(({ byteLength }) => set({ status: response.status, ms: performance.now() - started, bytes: byteLength }))
          .catch(() => set(null));
      }
      return response;
    },
  };
}

export function Timing({ timings }) {
  const last = useSyncExternalStore(timings.subscribe, timings.last);
  if (!last) return null;
  return (
    <p className="timing" role="status">
      {last.status} in {last.ms.toFixed(0)} ms, {(last.bytes / 1024).toFixed(1)} KiB
    </p>
  );
}
