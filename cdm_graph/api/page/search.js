/* Finding an element by its name, UUID or project. */

import { $, make, swatch } from './dom.js';
import * as api from './api.js';
import { colourOfKind } from './colours.js';
import { kindOf } from './words.js';

const PAUSE = 140;

export class Search {
  constructor({ onPick }) {
    this.onPick = onPick;
    this.input = $('search');
    this.list = $('found');
    this.found = [];
    this.chosen = -1;
    this.answered = '';
    this.timer = 0;
    this.asking = null;
    this.input.addEventListener('input', () => this.#later());
    this.input.addEventListener('keydown', (event) => this.#key(event));
    this.input.addEventListener('blur', () => setTimeout(() => this.#close(), 150));
    addEventListener('keydown', (event) => this.#shortcut(event));
  }

  #shortcut(event) {
    const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.input.focus();
    this.input.select();
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), PAUSE);
  }

  async #ask() {
    clearTimeout(this.timer);
    this.asking?.abort();
    const text = this.input.value.trim();
    if (!text) return this.#close();
    const asking = new AbortController();
    this.asking = asking;
    try {
      const { elements, has_more: hasMore } = await api.search(text, asking.signal);
      if (asking.signal.aborted) return undefined;
      this.answered = text;
      return this.#show(elements, hasMore);
    } catch (error) {
      return asking.signal.aborted ? undefined : this.#say(error.message);
    }
  }

  #show(elements, hasMore) {
    this.found = elements;
    this.chosen = elements.length ? 0 : -1;
    if (!elements.length) return this.#say('Nothing is called so.');
    this.list.replaceChildren(...elements.map((element, index) => this.#row(element, index)));
    if (hasMore) this.list.append(note('There are more: type on.'));
    return this.#open();
  }

  #row(element, index) {
    const detail = element.label === element.id ? '' : element.id;
    return make(
      'li',
      { role: 'option', id: `found-${index}`, onpointerdown: (event) => this.#take(index, event) },
      swatch(colourOfKind(element.kind), true),
      make('span', {}, element.label, ' ', make('span', { class: 'kind mono' }, detail)),
      make('span', { class: 'kind' }, kindOf(element.kind)),
    );
  }

  #say(sentence) {
    this.found = [];
    this.chosen = -1;
    this.list.replaceChildren(note(sentence));
    this.#open();
  }

  #open() {
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    this.#mark();
  }

  #close() {
    this.list.hidden = true;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }

  #mark() {
    this.list.querySelectorAll('[id]').forEach((row, index) => row.setAttribute('aria-selected', index === this.chosen));
    if (this.chosen < 0) return this.input.removeAttribute('aria-activedescendant');
    this.input.setAttribute('aria-activedescendant', `found-${this.chosen}`);
    return $(`found-${this.chosen}`).scrollIntoView({ block: 'nearest' });
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') return this.#close();
    if (event.key === 'Enter') return this.#enter(event);
    if (!step || !this.found.length) return undefined;
    event.preventDefault();
    this.chosen = (this.chosen + step + this.found.length) % this.found.length;
    return this.#mark();
  }

  /* Who types and presses Enter at once means what was typed, and not what was found
     for the letters before. */
  async #enter(event) {
    event.preventDefault();
    if (this.list.hidden || this.answered !== this.input.value.trim()) await this.#ask();
    if (this.chosen >= 0 && !this.list.hidden) this.#take(this.chosen, event);
  }

  #take(index, event) {
    event.preventDefault();
    this.#close();
    this.onPick(this.found[index]);
  }
}

const note = (sentence) => make('li', { role: 'option', 'aria-disabled': 'true', class: 'quiet' }, sentence);
