// How a peer reaches the sources: Node's own fetch, or undici's leaner request where CLIENT=request.
import { Pool } from 'undici';

const base = process.env.UPSTREAM;
const pool = process.env.CLIENT === 'request' ? new Pool(base, { connections: 64 }) : null;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

async function send(path, method, headers, body) {
  if (pool) {
    const answer = await pool.request({ path, method, headers, body });
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode}`);
    return answer.body.json();
  }
  const answer = await fetch(base + path, { method, headers, body });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

export const get = (path, params, headers) => send(`${path}?${new URLSearchParams(params)}`, 'GET', headers);
export const post = (path, form) => send(path, 'POST', FORM, new URLSearchParams(form).toString());
