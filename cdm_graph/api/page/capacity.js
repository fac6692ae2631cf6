/* The capacity tab: curated questions that are asked by themselves.

While somebody looks, all are asked again at a calm pace, one after another, so
that the database has one to answer at a time; while nobody does, none is. What the
model has nothing of, such as storage, is not asked about. */

import { $, make } from './dom.js';
import * as api from './api.js';
import { Choices } from './choices.js';
import { Panel } from './panel.js';
import { persist } from './backoff.js';
import { ABSENT, SECTIONS } from './panels.js';

const PERIOD = 30_000;
const NO_STORE = 'These answers come from a graph database, and the daemon has none: set [store] name in its configuration.';

/* The kinds that some panels need. */
const NEEDED = [...new Set(SECTIONS.flatMap(({ needs, panels }) => [needs, ...panels.map((panel) => panel.needs)]).filter(Boolean))];

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
    const { queries } = await api.questions();
    this.about = new Map(queries.map((question) => [question.name, question]));
    await this.#arrange();
  }

  /* Show the panels on what the model has; those that were there stay as they are. */
  async #arrange() {
    const absent = await this.#absent();
    if (this.absent?.join() === absent.join()) return;
    await this.choices.load();
    const sections = presentOf(absent);
    const specs = sections.flatMap(({ panels }) => panels);
    this.panels = new Map(specs.map((spec) => [spec.id, this.panels.get(spec.id) ?? this.#panel(spec)]));
    $('capacity').replaceChildren(...sections.map((section) => this.#section(section)), ...absent.filter((kind) => ABSENT[kind]).map(note));
    this.absent = absent;
  }

  /* The kinds that panels need and that the model has nothing of. */
  async #absent() {
    const answers = await Promise.all(NEEDED.map((kind) => api.elements(kind, 1)));
    return NEEDED.filter((_, index) => !answers[index].elements.length);
  }

  #panel(spec) {
    const onOpen = (panel, name, text) => this.panels.get(panel).set(name, text);
    return new Panel(spec, this.about, { choices: this.choices, onPick: this.onPick, onSay: (sentence) => this.#say(sentence), onOpen });
  }

  #section({ title, panels }) {
    const roots = panels.map(({ id }) => this.panels.get(id).root);
    return make('section', { 'aria-label': title }, make('h2', {}, title), make('div', { class: 'panels' }, ...roots));
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
    await this.#arrange().catch(() => {});
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

const presentOf = (absent) => SECTIONS
  .map((section) => ({ ...section, panels: section.panels.filter(({ needs }) => ![section.needs, needs].some((kind) => absent.includes(kind))) }))
  .filter(({ panels }) => panels.length);

const note = (kind) => make('p', { class: 'none' }, ABSENT[kind]);
