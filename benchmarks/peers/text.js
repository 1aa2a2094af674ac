// Instants and durations the way the schema writes them.
const UNITS = { s: 1, m: 60, h: 3600, d: 86400 };

export const globalId = (type, key) => Buffer.from(`${type}:${key}`).toString('base64url');

export const seconds = (duration) => {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(duration);
  return Number(count) * UNITS[unit];
};

export const fromDate = (date) => date.toISOString().replace('.000Z', 'Z');

export const fromSeconds = (at) => {
  const text = new Date(at * 1000).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, 19)}Z` : text;
};

// Nanoseconds arrive as text and do not fit into a number.
export const fromNanoseconds = (text) => {
  const whole = new Date(Number(text.slice(0, -9)) * 1000).toISOString().slice(0, 19);
  let digits = text.slice(-9);
  while (digits.endsWith('000')) digits = digits.slice(0, -3);
  return digits ? `${whole}.${digits}Z` : `${whole}Z`;
};
