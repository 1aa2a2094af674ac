// The resolvers, and the schema that the benchmark printed for the peers.
import { readFileSync } from 'node:fs';
import { makeExecutableSchema } from '@graphql-tools/schema';
import * as logs from './logs.js';
import { Series, signal } from './metrics.js';
import * as store from './store.js';
import * as traces from './traces.js';

const frame = (project, args) => ({ project, range: args.range, step: args.step });
const golden = (kind) => (shown, { by, quantile }) => signal(shown.project, shown, kind, by ?? [], quantile);
const whole = (kind, quantile) => (shown) => signal(shown.project, shown, kind, [], quantile);

const resolvers = {
  Query: {
    project: (_, { slug }, context) => store.projectBySlug(context, slug),
    projects: (_, { first }, context) => store.projectPage(context, first),
  },
  Project: {
    errors: (project, { first }) => store.errors(project, first),
    alerts: (project, { first }) => store.alerts(project, first),
    metrics: frame,
    logs: (project, args) => logs.lines(project, args),
    traces: (project, args) => traces.list(project, args),
    trace: (project, { id }) => traces.whole(project, id),
    dashboard: frame,
  },
  Metrics: {
    requestRate: golden('requests'),
    errorRate: golden('failures'),
    errorRatio: golden('ratio'),
    latency: golden('latency'),
  },
  Series,
  ErrorGroup: {
    assignee: (group, _, { load }) => (group.assigneeKey ? load.users.load(group.assigneeKey) : null),
  },
  Trace: { spans: (trace, { first }) => ({ nodes: trace.walked.slice(0, first) }) },
  Dashboard: { metrics: (shown) => shown, errors: (shown) => shown, alerts: (shown) => shown, logs: (shown) => shown },
  DashboardMetrics: {
    requestRate: whole('requests'),
    errorRatio: whole('ratio'),
    latencyP95: whole('latency', 0.95),
  },
  DashboardErrors: {
    unresolved: ({ project }, _, { load }) => load.unresolved.load(project.key),
    events: ({ project, range }, _, { load }) => load.events.load({ key: project.key, range }),
  },
  DashboardAlerts: {
    firing: async ({ project }, _, { load }) => (await load.open.load(project.key)).firing,
    pending: async ({ project }, _, { load }) => (await load.open.load(project.key)).pending,
  },
  DashboardLogs: { total: ({ project, range, step }) => logs.total(project, { range, step }) },
};

export const typeDefs = readFileSync(process.env.SCHEMA, 'utf8');
export { resolvers };
export const schema = () => makeExecutableSchema({ typeDefs, resolvers });
export const context = async (authorization) => ({
  projects: await store.viewer(authorization),
  load: store.loaders(),
});
