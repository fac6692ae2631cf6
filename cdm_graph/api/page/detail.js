/* The side while an element is chosen: its facts, its relations, its history.

It is read anew when a change of the element comes, and left as it is while the
daemon is away. */

import { $, make, paced, swatch } from './dom.js';
import * as api from './api.js';
import { colourOfKind } from './colours.js';
import { changeRow } from './overview.js';
import { kindOf, memory, value } from './words.js';

const SHOWN = 25;
const HIDDEN = new Set(['id', 'label', 'kind']);

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
        make('button', { id: 'show-map', onclick: () => this.onMap(element) }, 'Show on the map')),
    );
  }

  #facts(element) {
    const facts = Object.entries(element).filter(([name, fact]) => !HIDDEN.has(name) && !isNothing(fact));
    return [
      make('h3', {}, 'Facts'),
      make('dl', { class: 'facts' }, ...facts.flatMap(([name, fact]) => [make('dt', {}, name.replace(/_[mg]b(?=_|$)/, '').replaceAll('_', ' ')), make('dd', {}, factOf(name, fact))])),
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
    const row = (end) => make('li', {}, swatch(colourOfKind(end.kind), true), make('button', { class: 'link', onclick: () => this.onPick(end.id) }, end.label), make('span', { class: 'kind' }, kindOf(end.kind)));
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
const titleOf = (end) => `${end.relation.replaceAll('_', ' ').toLowerCase()}${end.direction === 'in' ? ' (from)' : ''}`;
const isNothing = (fact) => fact === null || fact === '' || (typeof fact === 'object' && !Object.keys(fact).length);
const factOf = (name, fact) => (/^memory_mb|^swap_mb/.test(name) ? memory(fact) : /_gb/.test(name) ? `${value(fact)} GiB` : /version/.test(name) ? `${fact}` : value(fact));

function grouped(relations) {
  const groups = new Map();
  for (const end of relations) {
    const title = titleOf(end);
    if (!groups.has(title)) groups.set(title, []);
    groups.get(title).push(end);
  }
  return groups;
}

function openedOf(detail) {
  return new Set([...detail.querySelectorAll('[data-open=""]')].map((list) => list.dataset.title));
}
