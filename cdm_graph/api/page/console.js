/* The console: curated questions and statements in Cypher.

A curated question is asked by its name, with what is typed into its fields, as
long as its statement is left as it is; a statement that was changed is one of
its own, and takes the same parameters. */

import { $, make } from './dom.js';
import * as api from './api.js';
import { Answer } from './answer.js';
import { Editor } from './editor.js';
import { schemaOf } from './cypher.js';
import { persist } from './backoff.js';

const EXAMPLE = `// The twenty largest servers, and where they are.
MATCH (i:Instance)-[r:HOSTED_ON]->(h:ComputeNode)
RETURN i, r, h
ORDER BY i.vcpus DESC LIMIT 20`;

export class Console {
  constructor({ onPick }) {
    this.answer = new Answer({ onPick });
    this.editor = new Editor({ onRun: () => this.run(), onEdit: () => this.#edited() });
    this.questions = [];
    this.chosen = null;
    this.asked = 0;
    this.isLoaded = false;
    this.editor.text = EXAMPLE;
    $('run').addEventListener('click', () => this.run());
    $('question-filter').addEventListener('input', () => this.#list());
  }

  /* What the console needs is read when it is first looked at. */
  open() {
    if (this.isLoaded) return;
    this.isLoaded = true;
    persist(() => this.#load());
  }

  async run() {
    const number = ++this.asked;
    const began = performance.now();
    this.#fail(null);
    this.answer.clear('Asking …');
    try {
      const found = await api.query(this.#text(), this.#parameters());
      if (number === this.asked) this.answer.show(found, performance.now() - began);
    } catch (error) {
      if (number !== this.asked) return;
      this.answer.clear();
      this.#fail(error.message);
    }
  }

  async #load() {
    const [{ queries }, schema] = await Promise.all([api.questions(), api.schema()]);
    this.questions = queries;
    this.editor.schema = schemaOf(schema.description, schema.elements);
    this.#list();
  }

  #list() {
    const wanted = $('question-filter').value.trim().toLowerCase();
    const shown = this.questions.filter(({ name, title, about }) => `${name} ${title} ${about}`.toLowerCase().includes(wanted));
    $('questions').replaceChildren(...shown.map((question) => make('li', {}, make(
      'button', { 'aria-current': this.chosen === question ? 'true' : null, title: question.name, onclick: () => this.#choose(question) }, question.title,
    ))));
  }

  #choose(question) {
    this.chosen = question;
    this.editor.text = question.statement;
    this.#fail(null);
    this.answer.clear();
    $('question-about').hidden = false;
    $('question-about').replaceChildren(
      make('h2', {}, question.title), make('p', {}, question.about), make('div', { class: 'fields' }, ...question.parameters.map(field)),
    );
    this.#list();
    const needed = question.parameters.some((parameter) => parameter.required);
    if (needed) $('question-about').querySelector('input').focus();
    else this.run();
  }

  #edited() {
    if (!this.editor.text.trim()) {
      this.chosen = null;
      $('question-about').hidden = true;
      this.#list();
    }
  }

  #text() {
    const isAsItWas = this.chosen && this.editor.text.trim() === this.chosen.statement.trim();
    return isAsItWas ? this.chosen.name : this.editor.text;
  }

  #parameters() {
    if (!this.chosen) return {};
    const isByName = this.#text() === this.chosen.name;
    const given = {};
    for (const parameter of this.chosen.parameters) {
      const text = $(`parameter-${parameter.name}`).value.trim();
      if (isByName && text !== '') given[parameter.name] = text;
      if (!isByName) given[parameter.name] = text === '' ? parameter.default : typed(parameter.type, text);
    }
    return given;
  }

  #fail(sentence) {
    $('answer-error').hidden = sentence === null;
    $('answer-error').textContent = sentence ?? '';
  }
}

function field({ name, type, description, required, default: usual }) {
  const input = make('input', {
    id: `parameter-${name}`, title: description, placeholder: usual === null ? (required ? type : 'all') : `${usual}`,
    'aria-required': required ? 'true' : null, autocomplete: 'off', spellcheck: 'false',
  });
  return make('label', {}, name.replaceAll('_', ' '), input);
}

/* A statement that is not curated takes its parameters as they are. */
function typed(type, text) {
  if (type === 'integer' || type === 'float') return Number(text);
  if (type === 'boolean') return /^(true|yes)$/i.test(text);
  if (type === 'list of string') return text.split(',').map((each) => each.trim()).filter(Boolean);
  return text;
}
