/* What a row of an answer is shown as: functions of (row, {cloud, rows, onPick}) that
return text or elements. An element is a button that goes to it. */

import { bar as drawnBar, make } from './dom.js';
import { memory, number, value } from './words.js';

const SHOWN = 12;

export const text = (name) => (row) => value(row[name]);
export const count = (name) => (row) => (row[name] === null ? '–' : number(row[name]));
export const megabytes = (name) => (row) => (row[name] === null ? '–' : memory(row[name]));
export const moment = text;

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

/* id returns the vertex of the element, or its name. */
export function element(name, id) {
  return (row, { cloud, onPick }) => link(row[name] || row.instance || row.group, id(row, cloud), onPick, cloud);
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
  const host = cloud.hostByName.get(label);
  return make('button', { class: 'link', title: label, onclick: () => onPick(id) }, host === undefined ? label : cloud.shortName(host));
}
