/* The answer to a query: as a table, as a picture, as CSV.

There is a picture where a row holds nodes, relations or paths; these come as
plain objects (cdm_graph.store.plain). */

import { $, make } from './dom.js';
import { byKind } from './order.js';
import { number, value } from './words.js';
import { Picture } from './picture.js';
import { Placement } from './placement.js';
import { Tabs } from './tabs.js';

const SHOWN = 1000;
const DRAWN = 1500;
const ACROSS = 300;
const DOWN = 300;

export class Answer {
  constructor({ onPick }) {
    this.onPick = onPick;
    this.tabs = new Tabs(['tab-table', 'tab-picture'], (id) => id === 'tab-picture' && this.#draw());
    this.picture = new Picture($('picture'), { onPick, onOpen: onPick });
    this.answer = null;
    $('csv').addEventListener('click', () => this.#download());
  }

  show(answer, milliseconds) {
    this.answer = answer;
    this.parts = partsOf(answer.rows);
    const many = `${number(answer.rows.length)} row${answer.rows.length === 1 ? '' : 's'}`;
    $('answer-said').textContent = `${many}${answer.truncated ? ', there are more,' : ''} in ${number(Math.round(milliseconds))} ms`;
    $('answer-table').replaceChildren(tableOf(answer));
    $('answer-tabs').hidden = !this.parts.nodes.size;
    $('csv').disabled = !answer.rows.length;
    this.tabs.choose('tab-table');
  }

  clear(sentence = '') {
    this.answer = null;
    $('answer-said').textContent = sentence;
    $('answer-table').replaceChildren();
    $('answer-tabs').hidden = true;
    $('csv').disabled = true;
    this.tabs.choose('tab-table');
  }

  async #draw() {
    await this.picture.ready();
    this.picture.clear();
    const { nodes, edges } = this.parts;
    const placement = placed([...nodes.values()].slice(0, DRAWN), edges);
    this.picture.add([...nodes.values()].slice(0, DRAWN).map((node) => ({ ...node, spot: placement.of(node.id) })), edges);
    this.picture.fit();
  }

  #download() {
    const { columns, rows } = this.answer;
    const text = [columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
    const url = URL.createObjectURL(new Blob([`${text}\r\n`], { type: 'text/csv' }));
    make('a', { href: url, download: 'cdm-graph.csv' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
}

function tableOf({ columns, rows }) {
  const numeric = columns.map((_, index) => rows.some((row) => row[index] !== null) && rows.every((row) => row[index] === null || typeof row[index] === 'number'));
  const head = make('tr', {}, ...columns.map((name, index) => make('th', { scope: 'col', class: numeric[index] ? 'number' : null }, name)));
  const body = rows.slice(0, SHOWN).map((row) => make('tr', {}, ...row.map((each, index) => cellOf(each, numeric[index]))));
  const table = make('table', {}, make('thead', {}, head), make('tbody', {}, ...body));
  if (rows.length <= SHOWN) return table;
  return make('div', {}, table, make('p', { class: 'quiet' }, `The first ${number(SHOWN)} are shown; CSV has all.`));
}

function cellOf(each, isNumber) {
  const text = inWords(each);
  return make('td', { class: each === null ? 'null' : isNumber ? 'number' : null, title: text.length > 40 ? text : null }, text);
}

function inWords(each) {
  if (isPart(each) && each.id) return `${each.kind}: ${labelOf(each)}`;
  return each?.relation && each.source ? each.relation : value(each);
}

/* What a spreadsheet takes for a formula is made to be text. */
function cell(each) {
  if (each === null) return '';
  const text = typeof each === 'object' ? JSON.stringify(each) : String(each);
  const safe = typeof each === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const isPart = (each) => each !== null && typeof each === 'object' && !Array.isArray(each) && 'kind' in each;
const labelOf = (node) => node.hostname ?? (node.name || node.project_id || node.id);

function partsOf(rows) {
  const nodes = new Map();
  const edges = [];
  const look = (each) => {
    if (each === null || typeof each !== 'object') return;
    if (Array.isArray(each)) each.forEach(look);
    else if (each.kind && each.id) nodes.set(each.id, { id: each.id, kind: each.kind, label: labelOf(each) });
    else if (each.relation && each.source && each.target) edges.push(each);
  };
  rows.forEach(look);
  return { nodes, edges };
}

/* Place the vertices that most relations meet in first, and others around. */
function placed(nodes, edges) {
  const ends = new Map(nodes.map((node) => [node.id, []]));
  for (const { source, target } of edges) {
    ends.get(source)?.push(target);
    ends.get(target)?.push(source);
  }
  const order = nodes.toSorted((one, other) => ends.get(other.id).length - ends.get(one.id).length || byKind(one, other));
  const parts = connected(order, ends);
  const columns = Math.ceil(Math.sqrt(parts.length * 2));
  const placement = new Placement();
  parts.forEach((part, index) => {
    placement.root(part[0].id, { x: (index % columns) * ACROSS, y: Math.floor(index / columns) * DOWN });
    for (const { id } of part) placement.around(id, part.map((node) => node.id).filter((each) => ends.get(id).includes(each)));
  });
  return placement;
}

/* Return the connected parts, each from its root outwards. */
function connected(order, ends) {
  const byId = new Map(order.map((node) => [node.id, node]));
  const seen = new Set();
  const parts = [];
  for (const root of order) {
    if (seen.has(root.id)) continue;
    seen.add(root.id);
    const part = [root];
    for (const { id } of part) {
      const next = [...new Set(ends.get(id))].map((each) => byId.get(each)).filter((node) => node && !seen.has(node.id));
      next.forEach((node) => seen.add(node.id));
      part.push(...next.toSorted(byKind));
    }
    parts.push(part);
  }
  return parts;
}
