/* The command line that gives the same answer as a panel. */

import { make } from './dom.js';

export function commandLine(question, given) {
  const parameters = Object.entries(given).map(([name, each]) => ` -p ${quoted(`${name}=${each}`)}`);
  return `cdm-graph query ${question}${parameters.join('')}`;
}

/* A shell reads it as one word. */
const quoted = (word) => (/^[\w.,:@%+=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export class CommandLine {
  constructor({ title, onSay }) {
    this.onSay = onSay;
    this.code = make('code');
    const copy = make('button', { 'aria-label': `Copy the command line of: ${title}`, onclick: () => this.#copy() }, 'Copy');
    this.root = make('div', { class: 'command' }, this.code, copy);
  }

  show(line) {
    this.code.textContent = line;
    this.code.title = line;
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.code.textContent);
      this.onSay('The command line is copied.');
    } catch {
      getSelection().selectAllChildren(this.code);
      this.onSay('The browser did not let it be copied; it is selected.');
    }
  }
}
