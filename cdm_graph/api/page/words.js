/* Values in words, as people read them. */

const KINDS = {
  ComputeNode: 'host', Instance: 'server', HostAggregate: 'aggregate', AvailabilityZone: 'zone', ServerGroup: 'server group',
  Flavor: 'flavor', Project: 'project', Port: 'port', Volume: 'volume', Share: 'share',
};
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const times = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const numbers = new Intl.NumberFormat();

export const kindOf = (kind) => KINDS[kind] ?? kind;
export const number = (count) => numbers.format(count);
export const moment = (text) => moments.format(new Date(text));

/* The time of a moment of today, or else the day too. */
export function time(text) {
  const at = new Date(text);
  return at.toDateString() === new Date().toDateString() ? times.format(at) : moments.format(at);
}

export function memory(megabytes) {
  return megabytes >= 1024 ? `${number(Math.round(megabytes / 102.4) / 10)} GiB` : `${number(megabytes)} MiB`;
}

export function age(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/* A value of an element or of a row. */
export function value(found) {
  if (found === null || found === undefined) return '–';
  if (typeof found === 'boolean') return found ? 'yes' : 'no';
  if (typeof found === 'number') return number(found);
  if (Array.isArray(found)) return found.map(value).join(', ') || '–';
  if (typeof found === 'object') return Object.entries(found).map(([name, each]) => `${name}=${value(each)}`).join(', ') || '–';
  return MOMENT.test(found) ? moment(found) : found || '–';
}

/* What a change did, in a line. */
export function change(row) {
  if (row.what === 'created' || row.what === 'deleted') return `${kindOf(row.kind)} ${row.what}`;
  const parts = Object.entries(row.changed)
    .filter(([name]) => name !== 'updated_at')
    .map(([name, { before, after }]) => `${name.replaceAll('_', ' ')}: ${value(before)} → ${value(after)}`);
  const ends = [
    ...row.related.map((end) => `+ ${end.relation} ${end.target}`),
    ...row.unrelated.map((end) => `− ${end.relation} ${end.target}`),
  ];
  return (parts.length ? parts : ends).slice(0, 5).join(', ') || row.what;
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
