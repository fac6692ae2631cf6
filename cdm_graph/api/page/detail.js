/* The side while an element is chosen: its facts, its relations, its history.

It is read anew when a change of the element comes, and left as it is while the
daemon is away. */

import { $, make, paced, swatch } from './dom.js';
import * as api from './api.js';
import { colourOfKind } from './colours.js';
import { changeRow } from './overview.js';
import { byKind } from './order.js';
import { fact, kindOf, memory, nameOf, value } from './words.js';

const SHOWN = 25;
const HIDDEN = new Set(['id', 'label', 'kind']);
const ON_MAP = new Set(['ComputeNode', 'Instance', 'Project']);

export class Detail {
  constructor({ onPick, onClose, onGraph, onMap }) {
    Object.assign(this, { onPick, onClose, onGraph, onMap });
    this.id = null;
    this.known = null;
    this.refresh = paced(() => this.id && this.#read(this.id), 250);
  }

  async show(id) {
    this.id = id;
    $('overview').hidden = true;
    $('detail').hidden = false;
    await this.#read(id);
  }

  close() {
    this.id = this.known = null;
    $('detail').hidden = true;
    $('overview').hidden = false;
  }

  /* Look again if a change is about what is shown. */
  heed(row) {
    if (row.id === this.id || row.related.some((end) => end.target === this.id) || row.unrelated.some((end) => end.target === this.id)) this.refresh();
  }

  async #read(id) {
    try {
      const [found, past] = await Promise.all([api.element(id), api.history(id)]);
      if (this.id === id) this.#draw(found.element, found.relations, past);
    } catch (error) {
      if (this.id === id) this.#sayWhy(error, id);
    }
  }

  #sayWhy(error, id) {
    if (error.isAway && this.known === id) return;
    const said = error.status === 404 ? 'It is no more in the cloud.' : error.message;
    $('detail').replaceChildren(this.#head({ label: id, id, kind: '' }), make('p', { class: 'quiet' }, said));
    if (error.status === 404) api.history(id).then((past) => this.id === id && $('detail').append(...this.#history(past)), () => {});
  }

  #draw(element, relations, past) {
    const scrolled = this.known === element.id ? $('side').scrollTop : 0;
    const opened = this.known === element.id ? openedOf($('detail')) : new Set();
    const focused = this.known === element.id ? buttons().indexOf(document.activeElement) : -1;
    this.known = element.id;
    $('detail').replaceChildren(
      this.#head(element), ...this.#facts(element), ...this.#relations(relations, opened), ...this.#history(past),
    );
    buttons()[focused]?.focus({ preventScroll: true });
    $('side').scrollTop = scrolled;
  }

  #head(element) {
    return make(
      'div', {},
      make('div', { class: 'head' },
        make('div', {}, make('h2', {}, element.label), make('span', { class: 'kind' }, swatch(colourOfKind(element.kind), true), ' ', kindOf(element.kind)),
          element.id === element.label ? null : make('div', { class: 'mono quiet' }, element.id)),
        make('button', { 'aria-label': 'Close the details', onclick: () => this.onClose() }, '✕')),
      make('div', { class: 'actions' },
        make('button', { id: 'show-graph', onclick: () => this.onGraph(element.id) }, 'Neighbourhood'),
        ON_MAP.has(element.kind) ? make('button', { id: 'show-map', onclick: () => this.onMap(element) }, 'Show on the map') : null),
    );
  }

  #facts(element) {
    const facts = Object.entries(element).filter(([name, found]) => !HIDDEN.has(name) && !isNothing(found));
    return [
      make('h3', {}, 'Facts'),
      make('dl', { class: 'facts' }, ...facts.flatMap(([name, found]) => [make('dt', {}, nameOf(name)), make('dd', {}, isMemory(name) ? memory(found) : fact(name, found))])),
    ];
  }

  #relations(relations, opened) {
    const groups = grouped(relations);
    return [...groups].flatMap(([title, ends]) => [
      make('h3', {}, title, make('span', { class: 'number' }, `${ends.length}`)),
      this.#ends(title, ends, opened.has(title)),
    ]);
  }

  #ends(title, ends, isOpen) {
    const list = make('ul', { class: 'relations', 'data-title': title, 'data-open': isOpen });
    const row = (end) => make('li', {}, swatch(colourOfKind(end.kind), true), make('button', { class: 'link', title: end.label, onclick: () => this.onPick(end.id) }, end.label));
    const showAll = () => {
      list.dataset.open = '';
      list.replaceChildren(...ends.map(row));
    };
    list.append(...ends.slice(0, isOpen ? ends.length : SHOWN).map(row));
    if (!isOpen && ends.length > SHOWN) list.append(make('li', {}, make('button', { onclick: showAll }, `+ ${ends.length - SHOWN} more`)));
    return list;
  }

  #history(past) {
    const rows = past.changes.toReversed();
    const since = new Date(past.began_at * 1000).toISOString();
    return [
      make('h3', {}, 'History', make('span', { class: 'number' }, `${rows.length}${past.has_more ? '+' : ''}`)),
      rows.length ? make('ul', { class: 'changes' }, ...rows.map((row) => changeRow(row))) : make('p', { class: 'quiet' }, `Nothing is known since ${value(since)}.`),
    ];
  }
}

const buttons = () => [...$('detail').querySelectorAll('button')];
const titleOf = (end) => `${end.relation.replaceAll('_', ' ').toLowerCase()}${end.direction === 'in' ? ' (from)' : ''} · ${kindOf(end.kind)}`;
const isMemory = (name) => /^(memory|swap)_mb/.test(name);
const isNothing = (found) => found === null || found === '' || (typeof found === 'object' && !Object.keys(found).length);

function grouped(relations) {
  const groups = new Map();
  for (const end of relations.toSorted(byKind)) {
    const title = titleOf(end);
    if (!groups.has(title)) groups.set(title, []);
    groups.get(title).push(end);
  }
  return groups;
}

function openedOf(detail) {
  return new Set([...detail.querySelectorAll('[data-open=""]')].map((list) => list.dataset.title));
}
