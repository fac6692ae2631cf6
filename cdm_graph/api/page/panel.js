/* One answer of the capacity tab: asked, drawn, and asked again.

It always says how old it is. What cannot be had now does not take away what was
had before: that stays, faded, under the sentence that says why. */

import { make } from './dom.js';
import * as api from './api.js';
import { CommandLine, commandLine } from './command.js';
import { Field } from './fields.js';
import { number, time } from './words.js';

const SHOWN = 8;
const MOST = 200;

export class Panel {
  /* about maps the names of questions to what GET /queries tells of them; choices
     tells of a parameter which names there are, and the one to begin with. */
  constructor(spec, about, { choices, onPick, onOpen, onSay }) {
    Object.assign(this, { spec, about, choices, onPick, onOpen, onSay });
    this.question = about.get(spec.question ?? Object.values(spec.questions)[0]);
    this.isAll = false;
    this.rows = null;
    this.asked = 0;
    this.inputs = [];
    this.#build();
    this.#setFields();
  }

  /* Ask, and draw what is answered. */
  async ask() {
    const turn = ++this.asked;
    const given = this.#given();
    this.root.setAttribute('aria-busy', 'true');
    this.root.dataset.state = this.rows ? 'asking' : 'loading';
    this.command.show(commandLine(this.question.name, given));
    try {
      const { columns, rows, truncated } = await api.query(this.question.name, given);
      if (turn !== this.asked) return;
      this.rows = rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]])));
      this.isCut = truncated;
      this.at = new Date();
      this.#succeed();
    } catch (error) {
      if (turn === this.asked) this.#fail(error);
    }
  }

  /* Set a parameter, as a link of another panel does, and ask. */
  set(name, text) {
    this.inputs.find((field) => field.name === name).value = text;
    this.root.scrollIntoView({ block: 'nearest' });
    this.heading.focus();
    return this.ask();
  }

  #build() {
    const { title } = this.question;
    this.heading = make('h3', { tabindex: '-1' });
    this.sentence = make('p', { class: 'quiet' });
    this.fields = make('div', { class: 'fields' });
    this.error = make('p', { class: 'error', hidden: true });
    this.body = make('div', { class: 'rows' }, make('p', { class: 'quiet' }, 'Asking …'));
    this.when = make('span', { class: 'quiet when' });
    this.command = new CommandLine({ title, onSay: this.onSay });
    const refresh = make('button', { 'aria-label': `Refresh: ${title}`, title: 'Refresh', onclick: () => this.#refresh() }, '↻');
    this.root = make(
      'section', { class: 'panel', id: `panel-${this.spec.id}`, 'aria-label': title },
      make('div', { class: 'head' }, this.heading, this.when, refresh), this.sentence, this.fields, this.error, this.body, this.command.root,
    );
    this.#describe();
  }

  /* The first sentence is enough here; the rest is a hover, and the console's. */
  #describe() {
    const { title, about } = this.question;
    this.heading.textContent = title;
    this.sentence.textContent = firstSentence(about);
    this.sentence.title = about;
  }

  #setFields() {
    const { spec, question } = this;
    const wanted = question.parameters.filter(({ name, required }) => required || (spec.fields ?? []).includes(name));
    this.inputs = wanted.map((parameter) => new Field(parameter, {
      suggest: this.choices.has(parameter.name) ? () => this.choices.get(parameter.name).names() : null,
      onChange: () => this.ask(),
    }));
    for (const field of this.inputs) {
      if (this.choices.has(field.name)) field.value = this.choices.get(field.name).first();
      else if (spec.begin?.[field.name]) field.value = spec.begin[field.name];
    }
    this.fields.replaceChildren(...(spec.questions ? [this.#kinds()] : []), ...this.inputs.map(({ root }) => root));
    this.fields.hidden = !this.fields.children.length;
  }

  /* Which of several questions, by the kind of what is lost. */
  #kinds() {
    const { spec, question } = this;
    const options = Object.entries(spec.questions).map(([kind, name]) => make('option', { value: name, selected: name === question.name }, kind));
    const select = make('select', {}, ...options);
    select.addEventListener('change', () => {
      this.question = this.about.get(select.value);
      this.#describe();
      this.#setFields();
      this.fields.querySelector('select').focus();
      this.ask();
    });
    return make('label', {}, 'loss of a', select);
  }

  #given() {
    return Object.fromEntries(this.inputs.map(({ name, value }) => [name, value]).filter(([, value]) => value !== ''));
  }

  async #refresh() {
    await this.ask();
    this.onSay(this.error.hidden ? `${this.question.title}: ${this.#many()}.` : this.error.textContent);
  }

  #many() {
    return `${number(this.rows.length)}${this.isCut ? ' and more' : ''} row${this.rows.length === 1 ? '' : 's'}`;
  }

  #succeed() {
    this.root.setAttribute('aria-busy', 'false');
    this.root.dataset.state = 'answered';
    this.error.hidden = true;
    this.when.textContent = time(this.at);
    this.#draw();
  }

  #fail(error) {
    this.root.setAttribute('aria-busy', 'false');
    this.root.dataset.state = 'failed';
    this.error.hidden = false;
    this.error.textContent = error.message;
    this.when.textContent = this.at ? `as of ${time(this.at)}` : '';
    if (!this.rows) this.body.replaceChildren();
  }

  /* Who is at a button with the keyboard stays at it. */
  #draw() {
    const buttons = () => [...this.body.querySelectorAll('button')];
    const focused = buttons().indexOf(document.activeElement);
    this.body.replaceChildren(...this.#drawn());
    buttons()[focused]?.focus({ preventScroll: true });
  }

  #drawn() {
    if (!this.rows.length) return [make('p', { class: 'none' }, this.spec.none)];
    if (this.spec.isFigures) return this.rows.map((row) => this.#figures(row));
    const shown = this.rows.slice(0, this.isAll ? MOST : SHOWN);
    const left = this.rows.length - shown.length;
    const more = make('button', { onclick: () => this.#showAll() }, `+ ${number(left)}${this.isCut ? ' and' : ''} more`);
    return [this.#table(shown), ...(left && !this.isAll ? [more] : []), ...(left && this.isAll ? [make('p', { class: 'quiet' }, `The first ${MOST} are shown; the command line has all.`)] : [])];
  }

  #showAll() {
    this.isAll = true;
    this.#draw();
    this.heading.focus();
  }

  #table(rows) {
    const columns = this.#columns();
    const head = columns.map(({ title, isNumber }) => make('th', { scope: 'col', class: isNumber ? 'number' : null }, title));
    const body = rows.map((row) => make('tr', {}, ...columns.map((column) => this.#cell(column, row))));
    return make('table', {}, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...body));
  }

  /* A database may have several clouds. */
  #columns() {
    const regions = new Set(this.rows.map(({ region }) => region));
    const region = { title: 'region', cell: (row) => row.region };
    return regions.size > 1 ? [region, ...this.spec.columns] : this.spec.columns;
  }

  #cell({ cell, isNumber, isBar, isList, isName, opens }, row) {
    const kind = [isNumber && 'number', isBar && 'share', isList && 'list', isName && 'name'].filter(Boolean).join(' ');
    return make('td', { class: kind || null }, opens ? this.#opener(opens, row) : this.#shown(cell, row));
  }

  #opener({ panel, field, name }, row) {
    return make('button', { class: 'link opens', 'aria-label': `Where ${row[name]} fits`, onclick: () => this.onOpen(panel, field, row[name]) }, 'where');
  }

  #shown(cell, row) {
    return cell(row, { cloud: this.choices.cloud(), rows: this.rows, onPick: this.onPick });
  }

  #figures(row) {
    const { columns } = this.spec;
    const figures = columns.filter(({ isList }) => !isList);
    return make(
      'div', {},
      make('div', { class: 'figures' }, ...figures.map(({ title, cell }) => make('div', {}, make('b', {}, this.#shown(cell, row)), make('span', {}, title)))),
      make('dl', { class: 'facts' }, ...columns.filter(({ isList }) => isList).flatMap(({ title, cell }) => [make('dt', {}, title), make('dd', {}, this.#shown(cell, row))])),
    );
  }
}

const firstSentence = (about) => /^.*?[.](?= |$)/.exec(about)?.[0] ?? about;
