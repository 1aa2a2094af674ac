// Log lines and their number.
import { fromNanoseconds, seconds } from './text.js';
import { get } from './upstream.js';

const PATH = '/loki/api/v1/query_range';
const HEADERS = { 'x-loki-response-encoding-flags': 'categorize-labels' };
const LEVELS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  information: 'INFO',
  warn: 'WARN',
  warning: 'WARN',
  error: 'ERROR',
  err: 'ERROR',
  fatal: 'FATAL',
  critical: 'FATAL',
};
const nanoseconds = (instant) => `${Date.parse(instant)}000000`;

export async function lines(project, { range, first }) {
  const query = `{service_namespace="${project.slug}"}`;
  const window = { start: nanoseconds(range.from), end: nanoseconds(range.to) };
  const answer = await get(PATH, { query, ...window, limit: first, direction: 'backward' }, HEADERS);
  const nodes = [];
  for (const { stream, values } of answer.data.result) {
    const labels = Object.keys(stream)
      .sort()
      .map((name) => ({ name, value: stream[name] }));
    for (const [at, line, extra] of values) nodes.push(entry(at, line, extra?.structuredMetadata ?? {}, stream, labels));
  }
  nodes.sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
  return { nodes };
}

function entry(at, line, metadata, stream, labels) {
  return {
    at,
    timestamp: fromNanoseconds(at),
    line,
    labels,
    level: LEVELS[metadata.detected_level ?? metadata.severity_text ?? stream.level] ?? 'UNKNOWN',
    service: metadata.service_name ?? stream.service_name ?? null,
    traceId: metadata.trace_id?.padStart(32, '0') ?? null,
  };
}

export async function total(project, { range, step }) {
  const every = seconds(step);
  const query = `sum by (detected_level) (count_over_time({service_namespace="${project.slug}"}[${every}s]))`;
  const start = `${Date.parse(range.from) + every * 1000}000000`;
  const answer = await get(PATH, { query, start, end: nanoseconds(range.to), step: every }, HEADERS);
  return answer.data.result.reduce((sum, { values }) => values.reduce((more, [, text]) => more + Number(text), sum), 0);
}
