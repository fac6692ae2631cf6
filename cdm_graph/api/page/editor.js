/* The text area of the console: colours under it, completions beside it.

The text area itself is a plain one, so that everything that people and their
tools do with text areas works; its letters are transparent, and the same text
lies below it in colours. */

import { $, make } from './dom.js';
import { completions, tokens } from './cypher.js';

const LINE = 19.5;
const LETTER = 7.83;

export class Editor {
  constructor({ onRun, onEdit }) {
    this.onRun = onRun;
    this.onEdit = onEdit;
    this.area = $('cypher');
    this.under = $('highlighted');
    this.list = $('completions');
    this.schema = { labels: [], relations: [], properties: [] };
    this.options = [];
    this.chosen = 0;
    this.area.addEventListener('input', () => this.#edited());
    this.area.addEventListener('scroll', () => { this.under.scrollTop = this.area.scrollTop; });
    this.area.addEventListener('keydown', (event) => this.#key(event));
    this.area.addEventListener('blur', () => setTimeout(() => this.#close(), 150));
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.#colour();
    this.#close();
  }

  #edited() {
    this.#colour();
    this.onEdit();
    this.#complete(false);
  }

  #colour() {
    const parts = tokens(this.text).map(([kind, part]) => (kind === 'plain' || kind === 'word' ? part : make('span', { class: `t-${kind}` }, part)));
    this.under.replaceChildren(...parts, '\n');
    this.under.scrollTop = this.area.scrollTop;
  }

  #complete(isAsked) {
    const before = this.text.slice(0, this.area.selectionEnd);
    const { from, options } = completions(before, this.schema);
    const isWorth = isAsked || before.length - from >= 2 || /[:.]$/.test(before);
    if (!isWorth || !options.length) return this.#close();
    this.options = options;
    this.from = from;
    this.chosen = 0;
    this.list.replaceChildren(...options.map((option, index) => make(
      'li', { role: 'option', id: `completion-${index}`, class: 'mono', onpointerdown: (event) => this.#take(index, event) }, option,
    )));
    this.#putBeside(before);
    this.list.hidden = false;
    return this.#mark();
  }

  #putBeside(before) {
    const lines = before.split('\n');
    const { style } = this.list;
    style.top = `${Math.min(150, 14 + lines.length * LINE - this.area.scrollTop)}px`;
    style.left = `${Math.min(this.area.clientWidth - 270, 10 + lines.at(-1).length * LETTER)}px`;
  }

  #mark() {
    [...this.list.children].forEach((row, index) => row.setAttribute('aria-selected', index === this.chosen));
    this.area.setAttribute('aria-activedescendant', `completion-${this.chosen}`);
    $(`completion-${this.chosen}`).scrollIntoView({ block: 'nearest' });
  }

  #close() {
    this.list.hidden = true;
    this.options = [];
    this.area.removeAttribute('aria-activedescendant');
  }

  #take(index, event) {
    event.preventDefault();
    this.area.setRangeText(this.options[index], this.from, this.area.selectionEnd, 'end');
    this.#close();
    this.#colour();
    this.onEdit();
  }

  #key(event) {
    const isControl = event.ctrlKey || event.metaKey;
    if (isControl && event.key === 'Enter') return this.#act(event, () => this.onRun());
    if (isControl && event.key === ' ') return this.#act(event, () => this.#complete(true));
    if (this.list.hidden) return undefined;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) return this.#act(event, () => this.#choose(step));
    if (event.key === 'Escape') return this.#act(event, () => this.#close());
    if (event.key === 'Enter' || event.key === 'Tab') return this.#take(this.chosen, event);
    return undefined;
  }

  #choose(step) {
    this.chosen = (this.chosen + step + this.options.length) % this.options.length;
    this.#mark();
  }

  #act(event, act) {
    event.preventDefault();
    act();
  }
}
