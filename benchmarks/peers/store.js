// PostgreSQL: who asks, projects, errors and alerts, with loaders for what items of a list ask one by one.
import { createPublicKey, verify } from 'node:crypto';
import DataLoader from 'dataloader';
import pg from 'pg';
import { fromDate, globalId } from './text.js';

pg.types.setTypeParser(pg.types.builtins.INT8, Number);
const pool = new pg.Pool({ connectionString: process.env.DATABASE, max: 10 });
const rows = async (text, values) => (await pool.query({ name: text.slice(0, 60), text, values })).rows;

const jwks = JSON.parse(process.env.JWKS);
const keys = new Map(jwks.keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]));
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));

const ROLES = `SELECT user_id, project_id, role FROM memberships UNION ALL
  SELECT o.user_id, p.id, o.role FROM memberships o JOIN projects p ON p.within_id = o.project_id
  WHERE o.role = 'OWNER' AND p.deleted_at IS NULL`;

// The same two steps as the gateway's: the signature, then whether session and person are still welcome, and where.
export async function viewer(authorization = '') {
  const [head, body, signature] = authorization.replace('Bearer ', '').split('.');
  const key = keys.get(decode(head).kid);
  if (!verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) throw new Error('token');
  const { sub, sid, exp } = decode(body);
  if (exp * 1000 < Date.now()) throw new Error('token');
  const found = await rows(
    `SELECT m.project_id, m.role FROM users u LEFT JOIN (${ROLES}) m ON m.user_id = u.id
     WHERE u.id = $1 AND u.disabled_at IS NULL
       AND EXISTS (SELECT FROM refresh_families f WHERE f.id = $2 AND f.user_id = u.id AND f.revoked_at IS NULL)`,
    [sub, sid],
  );
  return new Set(found.map((row) => row.project_id));
}

const project = (row) => ({ key: row.id, id: globalId('Project', row.id), slug: row.slug, name: row.name });

export async function projectBySlug(context, slug) {
  const [row] = await rows('SELECT id, slug, name FROM projects WHERE slug = $1 AND deleted_at IS NULL', [slug]);
  return row && context.projects.has(row.id) ? project(row) : null;
}

export async function projectPage(context, first) {
  const text = 'SELECT id, slug, name FROM projects WHERE id = ANY($1) AND deleted_at IS NULL ORDER BY slug LIMIT $2';
  return { nodes: (await rows(text, [[...context.projects], first])).map(project) };
}

export async function errors({ key }, first) {
  const found = await rows(
    `SELECT g.*, upper(p.slug) || '-' || g.number AS short_id FROM error_groups g JOIN projects p ON p.id = g.project_id
     WHERE g.project_id = $1 AND g.merged_into IS NULL ORDER BY g.last_seen DESC, g.id DESC LIMIT $2`,
    [key, first],
  );
  return { nodes: found.map(errorGroup) };
}

const errorGroup = (row) => ({
  id: globalId('ErrorGroup', row.id),
  shortId: row.short_id,
  title: row.title,
  culprit: row.culprit,
  level: row.level,
  status: row.status,
  eventCount: row.event_count,
  userCount: row.user_count,
  firstSeen: fromDate(row.first_seen),
  lastSeen: fromDate(row.last_seen),
  assigneeKey: row.assignee_id,
});

export async function alerts({ key }, first) {
  const text = 'SELECT * FROM alerts WHERE project_id = $1 ORDER BY started_at DESC, id DESC LIMIT $2';
  const found = await rows(text, [key, first]);
  return { nodes: found.map(alert) };
}

const alert = (row) => ({
  id: globalId('Alert', row.id),
  name: row.name,
  state: row.state,
  severity: row.severity,
  summary: row.summary,
  value: row.value,
  startedAt: fromDate(row.started_at),
  labels: Object.keys(row.labels)
    .sort()
    .map((name) => ({ name, value: row.labels[name] })),
});

const ordered = (keys_, found, column, make) => {
  const known = new Map(found.map((row) => [row[column], row]));
  return keys_.map((key) => make(known.get(key)));
};

const user = (row) => (row ? { id: globalId('User', row.id), name: row.name, email: row.email } : null);

export const loaders = () => ({
  users: new DataLoader(async (wanted) =>
    ordered(wanted, await rows('SELECT id, name, email FROM users WHERE id = ANY($1)', [wanted]), 'id', user),
  ),
  unresolved: new DataLoader(async (wanted) => {
    const text = `SELECT project_id, count(*) AS total FROM error_groups
      WHERE project_id = ANY($1) AND merged_into IS NULL AND status = 'UNRESOLVED' GROUP BY 1`;
    return ordered(wanted, await rows(text, [wanted]), 'project_id', (row) => row?.total ?? 0);
  }),
  events: new DataLoader(
    async (wanted) => {
      const text = `SELECT e.project_id, count(*) AS total FROM error_events e
        WHERE e.project_id = ANY($1) AND e.received_at >= $2 AND e.received_at < $3 GROUP BY 1`;
      const { from, to } = wanted[0].range;
      const asked = wanted.map(({ key }) => key);
      return ordered(asked, await rows(text, [asked, from, to]), 'project_id', (row) => row?.total ?? 0);
    },
    { cacheKeyFn: ({ key }) => key },
  ),
  open: new DataLoader(async (wanted) => {
    const text = `SELECT project_id, count(*) FILTER (WHERE state = 'FIRING')::int AS firing,
      count(*) FILTER (WHERE state = 'PENDING')::int AS pending FROM alerts WHERE project_id = ANY($1) GROUP BY 1`;
    const none = { firing: 0, pending: 0 };
    return ordered(wanted, await rows(text, [wanted]), 'project_id', (row) => row ?? none);
  }),
});
