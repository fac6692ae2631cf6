/* The capacity tab: curated questions that are asked by themselves.

While somebody looks, all are asked again at a calm pace, one after another, so
that the database has one to answer at a time; while nobody does, none is. */

import { $, make } from './dom.js';
import * as api from './api.js';
import { Choices } from './choices.js';
import { Panel } from './panel.js';
import { persist } from './backoff.js';
import { SECTIONS } from './panels.js';

const PERIOD = 30_000;
const NO_STORE = 'These answers come from a graph database, and the daemon has none: set [store] name in its configuration.';

export class Capacity {
  /* freshness returns what the daemon said last, or null. */
  constructor({ onPick, freshness }) {
    Object.assign(this, { onPick, freshness });
    this.choices = new Choices();
    this.panels = new Map();
    this.isRound = false;
    this.period = PERIOD;
    this.due = 0;
    this.timer = 0;
    $('capacity-refresh').addEventListener('click', () => this.#refresh());
    document.addEventListener('visibilitychange', () => this.#look());
  }

  /* It is being looked at. */
  async open() {
    this.loading ??= persist(() => this.#load(), (error) => this.#empty(error.message));
    await this.loading;
    this.#look();
  }

  show(cloud) {
    this.choices.take(cloud);
  }

  get isSeen() {
    return !$('view-capacity').hidden && document.visibilityState === 'visible';
  }

  /* Say how far to believe the answers, where that is less than usual. */
  believe(state, sentence) {
    const isUsual = state === 'live' || state === 'listing';
    $('capacity-note').textContent = isUsual ? '' : `${state}: ${sentence}`;
  }

  async #load() {
    const [{ queries }] = await Promise.all([api.questions(), this.choices.load()]);
    const about = new Map(queries.map((question) => [question.name, question]));
    const options = {
      choices: this.choices, onPick: this.onPick, onSay: (sentence) => this.#say(sentence), onOpen: (panel, name, text) => this.panels.get(panel).set(name, text),
    };
    for (const spec of SECTIONS.flatMap(({ panels }) => panels)) this.panels.set(spec.id, new Panel(spec, about, options));
    $('capacity').replaceChildren(...SECTIONS.map(({ title, panels }) => make(
      'section', { 'aria-label': title }, make('h2', {}, title), make('div', { class: 'panels' }, ...panels.map(({ id }) => this.panels.get(id).root)),
    )));
  }

  #look() {
    if (this.isSeen && !this.isRound && this.panels.size && performance.now() >= this.due) this.#round();
  }

  async #refresh() {
    await this.#round();
    this.#say('All are refreshed.');
  }

  async #round() {
    clearTimeout(this.timer);
    const hasStore = this.freshness()?.has_store !== false;
    this.#empty(hasStore ? '' : NO_STORE);
    this.isRound = true;
    for (const panel of hasStore ? this.panels.values() : []) {
      if (!this.isSeen) break;
      await panel.ask();
    }
    this.isRound = false;
    this.due = this.isSeen ? performance.now() + this.period : 0;
    this.timer = setTimeout(() => this.#look(), this.period + 1);
  }

  #empty(sentence) {
    $('capacity-empty').textContent = sentence;
    $('capacity-empty').hidden = !sentence;
    $('capacity').hidden = Boolean(sentence);
  }

  #say(sentence) {
    $('capacity-said').textContent = sentence;
  }
}
