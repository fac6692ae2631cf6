/* Values in words, as people read them. */

/* Those that people call otherwise than the model does. */
const KINDS = {
  ComputeNode: 'host', Instance: 'server', HostAggregate: 'aggregate', AvailabilityZone: 'zone', StorageNode: 'back end',
  StoragePool: 'pool', VolumeSnapshot: 'snapshot', BaremetalNode: 'bare machine',
};
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const numbers = new Intl.NumberFormat();
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export const kindOf = (kind) => KINDS[kind] ?? kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
export const number = (count) => numbers.format(count);
export const moment = (text) => moments.format(new Date(text));

/* The time of a moment of today, or else the day too. */
export const time = (text) => timeOr(moments, text);

/* The time of a moment of today, or else the day alone. */
export const day = (text) => timeOr(days, text);

function timeOr(format, text) {
  const at = new Date(text);
  return at.toDateString() === new Date().toDateString() ? clock.format(at) : format.format(at);
}

export function memory(megabytes) {
  return megabytes >= 1024 ? `${tenths.format(megabytes / 1024)} GiB` : `${number(megabytes)} MiB`;
}

export function space(gigabytes) {
  return Math.abs(gigabytes) >= 1024 ? `${tenths.format(gigabytes / 1024)} TiB` : `${tenths.format(gigabytes)} GiB`;
}

export const times = (ratio) => `${tenths.format(ratio)} ×`;

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

/* The name of an attribute, without its unit. */
export const nameOf = (attribute) => attribute.replace(/_[mg]b(?=_|$)/, '').replaceAll('_', ' ');

/* The value of an attribute, with its unit; not rounded, so that a change is seen. */
export function fact(attribute, found) {
  if (typeof found !== 'number') return value(found);
  if (attribute.endsWith('_version')) return `${found}`;
  const [, unit] = UNITS.find(([pattern]) => pattern.test(attribute)) ?? [];
  return unit ? `${number(found)} ${unit}` : number(found);
}

const UNITS = [[/_mb(_|$)/, 'MiB'], [/_gb(_|$)/, 'GiB'], [/_percentage$/, '%'], [/_ratio$/, '×']];

/* What a change did, in a line. */
export function change(row) {
  if (row.what === 'created' || row.what === 'deleted') return `${kindOf(row.kind)} ${row.what}`;
  const parts = Object.entries(row.changed)
    .filter(([name]) => name !== 'updated_at')
    .map(([name, { before, after }]) => `${nameOf(name)}: ${fact(name, before)} → ${fact(name, after)}`);
  const ends = [
    ...row.related.map((end) => `+ ${end.relation} ${end.target}`),
    ...row.unrelated.map((end) => `− ${end.relation} ${end.target}`),
  ];
  return (parts.length ? parts : ends).slice(0, 5).join(', ') || row.what;
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
