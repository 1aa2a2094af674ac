// Golden signals: the expressions that a team would have in its resolvers.
import { fromSeconds, seconds } from './text.js';
import { post } from './upstream.js';

const METRIC = 'http_server_request_duration_seconds';
const SCRAPE = 15;

const expressions = {
  requests: (sum, selector, window) => `${sum} (rate(${METRIC}_count{${selector}}[${window}s]))`,
  failures: (sum, selector, window) => {
    const total = expressions.requests(sum, selector, window);
    return `${sum} (rate(${METRIC}_count{${selector},http_response_status_code=~"5.."}[${window}s])) or 0 * ${total}`;
  },
  ratio: (sum, selector, window) =>
    `(${expressions.failures(sum, selector, window)}) / ${expressions.requests(sum, selector, window)}`,
};

export async function signal(project, { range, step }, kind, by = [], quantile = 0) {
  const [start, end, every] = [Date.parse(range.from) / 1000, Date.parse(range.to) / 1000, seconds(step)];
  const selector = `service_namespace="${project.slug}"`;
  const window = Math.max(4 * SCRAPE, every + SCRAPE);
  const sum = (labels) => (labels.length ? `sum by (${labels.join(', ')})` : 'sum');
  const query =
    kind === 'latency'
      ? `histogram_quantile(${quantile}, ${sum(['le', ...by])} (rate(${METRIC}_bucket{${selector}}[${window}s])))`
      : expressions[kind](sum(by), selector, window);
  const answer = await post('/api/v1/query_range', { query, start, end, step: every, limit: 1001 });
  const series = answer.data.result.map((found) => ({
    labels: by.filter((name) => name in found.metric).map((name) => ({ name, value: found.metric[name] })),
    points: found.values,
  }));
  return { series: ranked(series).slice(0, 20) };
}

// The largest averages first.
function ranked(series) {
  for (const each of series) {
    each.numbers = each.points.map(([, text]) => finite(text));
    each.mean = each.numbers.reduce((sum, value) => sum + (value ?? 0), 0) / each.numbers.length;
  }
  return series.sort((one, other) => other.mean - one.mean);
}

const finite = (text) => (Number.isFinite(Number(text)) ? Number(text) : null);

export const Series = {
  samples: (series) => series.points.map(([at], place) => ({ at: fromSeconds(at), value: series.numbers[place] })),
  timestamps: (series) => series.points.map(([at]) => at * 1000),
  values: (series) => series.numbers,
  last: (series) => series.numbers.at(-1) ?? null,
};
