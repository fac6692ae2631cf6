/* What a panel is asked with: fields, with completion from the model.

What is left empty is the question's own default, and is not given. */

import { make } from './dom.js';

const COMPLETED = 60;
let made = 0;

/* parameter is as GET /queries tells it; suggest returns the names there are, each
as {name, about}: a name that says nothing is found by what it is about as well. */
export class Field {
  constructor(parameter, { suggest, onChange }) {
    this.name = parameter.name;
    this.suggest = suggest;
    const id = `field-${++made}`;
    this.input = this.#inputOf(parameter, id);
    this.options = make('datalist', { id: `${id}-options` });
    this.root = make('label', { class: this.input.type === 'checkbox' ? 'check' : null }, parameter.name.replaceAll('_', ' '), this.input, suggest ? this.options : null);
    this.input.addEventListener('change', onChange);
    this.input.addEventListener('input', () => this.complete());
    this.input.addEventListener('focus', () => this.complete());
  }

  get value() {
    if (this.input.type === 'checkbox') return this.input.checked ? 'true' : '';
    return this.input.value.trim();
  }

  set value(text) {
    if (this.input.type === 'checkbox') this.input.checked = text === 'true';
    else this.input.value = text;
  }

  complete() {
    if (!this.suggest) return;
    const typed = this.value.toLowerCase();
    const found = this.suggest().filter(({ name, about = '' }) => `${name} ${about}`.toLowerCase().includes(typed)).slice(0, COMPLETED);
    this.options.replaceChildren(...found.map(({ name, about }) => make('option', { value: name }, about)));
  }

  #inputOf({ type, description, default: usual, required }, id) {
    if (type === 'boolean') return make('input', { type: 'checkbox', title: description });
    if (type === 'datetime') return make('input', { type: 'date', title: description });
    const isNumber = type === 'integer' || type === 'float';
    return make('input', {
      type: isNumber ? 'number' : 'text', list: this.suggest ? `${id}-options` : null, title: description, autocomplete: 'off', spellcheck: 'false',
      placeholder: usual === null ? null : `${usual}`, 'aria-required': required ? 'true' : null, min: isNumber ? 0 : null,
      step: type === 'float' ? 'any' : null,
    });
  }
}
