// Traces: lists described by the project's own spans alone, and whole ones depth first.
import { fromNanoseconds } from './text.js';
import { get } from './upstream.js';

const SHOWN = 'select(name, kind, status, nestedSetParent, resource.service.name)';
const hex = (text) => Buffer.from(text, 'base64').toString('hex').padStart(16, '0');
const milliseconds = (nanoseconds) => Number(nanoseconds) / 1e6;

export async function list(project, { range, first }) {
  const q = `{ (resource.service.namespace = "${project.slug}") } | ${SHOWN} with (most_recent=true)`;
  const [start, end] = [Date.parse(range.from) / 1000, Date.parse(range.to) / 1000];
  const answer = await get('/api/search', { q, start, end, limit: first + 1, spss: 100 });
  const found = answer.traces.map((trace) => summary(trace, project)).filter(Boolean);
  found.sort((one, other) => (one.start < other.start ? 1 : -1));
  return { nodes: found.slice(0, first) };
}

function summary(trace, project) {
  const spans = trace.spanSets[0].spans
    .map((span) => ({ ...span, ...Object.fromEntries(span.attributes.map(({ key, value }) => [key, plain(value)])) }))
    .filter((span) => span['service.namespace'] === project.slug);
  if (!spans.length) return null;
  const starts = spans.map((span) => BigInt(span.startTimeUnixNano));
  const start = starts.reduce((one, other) => (other < one ? other : one));
  const end = spans
    .map((span, place) => starts[place] + BigInt(span.durationNanos))
    .reduce((one, other) => (other > one ? other : one));
  const root = spans.find((span) => span.nestedSetParent === -1);
  const count = Math.max(trace.spanSets[0].matched, spans.length);
  return {
    id: trace.traceID.padStart(32, '0'),
    start,
    startTime: fromNanoseconds(String(start)),
    durationMs: milliseconds(end - start),
    rootService: root?.['service.name'] ?? null,
    rootName: root?.name ?? null,
    spanCount: count,
    errorCount: count === spans.length ? spans.filter((span) => span.status === 'error').length : null,
  };
}

export async function whole(project, id) {
  const { trace } = await get(`/api/v2/traces/${id.padStart(32, '0')}`, {});
  const spans = [];
  for (const { resource, scopeSpans } of trace.resourceSpans) {
    const about = Object.fromEntries(resource.attributes.map(({ key, value }) => [key, plain(value)]));
    if (about['service.namespace'] !== project.slug) continue;
    for (const scope of scopeSpans) for (const span of scope.spans) spans.push(shown(span, about['service.name']));
  }
  if (!spans.length) return null;
  const start = spans.reduce((least, span) => (span.start < least ? span.start : least), spans[0].start);
  const end = spans.reduce((most, span) => (span.end > most ? span.end : most), spans[0].end);
  return { id, durationMs: milliseconds(end - start), walked: walk(spans) };
}

function shown(span, service) {
  const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
  return {
    id: hex(span.spanId),
    parent: span.parentSpanId ? hex(span.parentSpanId) : null,
    name: span.name,
    service,
    kind: span.kind?.slice('SPAN_KIND_'.length) ?? 'UNSPECIFIED',
    status: span.status?.code?.slice('STATUS_CODE_'.length) ?? 'UNSET',
    statusMessage: span.status?.message ?? null,
    start,
    end,
    startTime: fromNanoseconds(span.startTimeUnixNano),
    durationMs: milliseconds(end > start ? end - start : 0n),
    attributes: span.attributes.map(({ key, value }) => ({ name: key, value: plain(value) })),
  };
}

// Parents before their children, siblings by start.
function walk(spans) {
  const known = new Map(spans.map((span) => [span.id, span]));
  const children = new Map();
  const tops = [];
  spans.sort((one, other) => (one.start < other.start ? -1 : one.start > other.start ? 1 : one.id < other.id ? -1 : 1));
  for (const span of spans) {
    span.parentId = known.has(span.parent) ? span.parent : null;
    if (span.parentId === null) tops.push(span);
    else if (children.has(span.parentId)) children.get(span.parentId).push(span);
    else children.set(span.parentId, [span]);
  }
  const walked = [];
  const waiting = tops.map((span) => [span, 0]).reverse();
  while (waiting.length) {
    const [span, depth] = waiting.pop();
    span.depth = depth;
    walked.push(span);
    const below = children.get(span.id) ?? [];
    for (let place = below.length - 1; place >= 0; place -= 1) waiting.push([below[place], depth + 1]);
  }
  return walked;
}

function plain(value) {
  if ('stringValue' in value) return value.stringValue;
  if ('intValue' in value) return Number(value.intValue);
  if ('boolValue' in value) return value.boolValue;
  return value.doubleValue ?? null;
}
