/* What a row of an answer is shown as: functions of (row, {cloud, rows, onPick}) that
return text or elements. An element is a button that goes to it. */

import { bar as drawnBar, make } from './dom.js';
import { colourOfLoad } from './colours.js';
import { day, memory, number, space, times as timesInWords, value } from './words.js';

const SHOWN = 12;

export const text = (name) => (row) => value(row[name]);
export const count = (name) => (row) => (row[name] === null ? '–' : number(row[name]));
export const megabytes = (name) => (row) => (row[name] === null ? '–' : memory(row[name]));
export const gigabytes = (name) => (row) => (row[name] === null ? '–' : space(row[name]));
export const times = (name) => (row) => (row[name] === null ? '–' : timesInWords(row[name]));

/* The day, or the time of today; the hover has both. */
export const moment = (name) => (row) => (row[name] === null ? '–' : make('span', { title: value(row[name]) }, day(row[name])));

/* Space that may be below nothing, where too much was promised. */
export const remaining = (name) => (row) => make('span', { class: row[name] < 0 ? 'over' : '' }, gigabytes(name)(row));

/* What is taken of what may be. */
export function taken(name, limit, unit = count) {
  return (row) => make('span', { class: row[name] > row[limit] ? 'over' : '' }, unit(name)(row), ' of ', unit(limit)(row));
}

/* How much it is of another column of the row, or else of the largest there is. */
export function bar(name, whole) {
  return (row, { rows }) => {
    const most = whole ? row[whole] : Math.max(...rows.map((each) => each[name]));
    return make('span', { class: 'part' }, drawnBar(most ? row[name] / most : 0, 'var(--accent)'), make('span', { class: 'number' }, number(row[name])));
  };
}

/* How much of a whole is gone; nothing, where that is not known. */
export function gone(free, whole) {
  return (row) => {
    if (row[free] === null || !row[whole]) return '–';
    const part = 1 - row[free] / row[whole];
    return make('span', { class: 'part' }, drawnBar(part, colourOfLoad(part, 1)), make('span', { class: 'number' }, `${Math.round(part * 100)} %`));
  };
}

/* id returns the vertex of the element, or its name; what has no name is shown as
   another column has it. */
export function element(name, id, otherwise) {
  return (row, { cloud, onPick }) => link(row[name] || row[otherwise], id(row, cloud), onPick, cloud);
}

export function list(name, id) {
  return (row, { cloud, onPick }) => {
    const names = row[name];
    const shown = names.slice(0, SHOWN).map((each) => link(each, id(each, cloud), onPick, cloud));
    const left = names.length - shown.length;
    return make('span', { class: 'several' }, ...shown, left > 0 ? make('span', { class: 'quiet' }, `and ${number(left)} more`) : null, names.length ? null : '–');
  };
}

function link(label, id, onPick, cloud) {
  if (!label) return '–';
  return make('button', { class: 'link', title: label, onclick: () => onPick(id) }, calledBy(label, cloud));
}

/* What people call a host, or a server of which there is only the UUID. */
function calledBy(label, cloud) {
  const host = cloud.hostByName.get(label);
  if (host !== undefined) return cloud.shortName(host);
  return cloud.names[cloud.places.get(label)] || label;
}
