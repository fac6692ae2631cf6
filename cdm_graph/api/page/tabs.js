/* Tabs by the pattern that screen readers know: arrows choose, one is in the
order of the Tab key. */

import { $ } from './dom.js';

export class Tabs {
  constructor(ids, onChange = () => {}) {
    this.tabs = ids.map($);
    this.onChange = onChange;
    this.tabs.forEach((tab, index) => {
      tab.addEventListener('click', () => this.choose(tab.id));
      tab.addEventListener('keydown', (event) => this.#key(event, index));
    });
  }

  choose(id) {
    for (const tab of this.tabs) {
      const isChosen = tab.id === id;
      tab.setAttribute('aria-selected', isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      $(tab.getAttribute('aria-controls')).hidden = !isChosen;
    }
    this.onChange(id);
  }

  #key(event, index) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = this.tabs[(index + step + this.tabs.length) % this.tabs.length];
    next.focus();
    this.choose(next.id);
  }
}
