/* The changes of the model, from an event on, whatever happens to the network.

A feed reopens its stream by itself, after the last event that it has had. What
only the model can answer, a gap, it tells and then waits to be opened anew: the
caller reads the model first. An EventSource gives up on some errors and forgets
its place on others, so none is used for longer than it works. */

import { Backoff } from './backoff.js';

/* A stream that held for so long was a good one. */
const STEADY = 5000;

export class Feed {
  constructor({ onChange, onGap, onState }) {
    this.onChange = onChange;
    this.onGap = onGap;
    this.onState = onState;
    this.backoff = new Backoff();
    this.source = null;
    this.timer = 0;
    this.last = null;
    this.openedAt = 0;
    this.isOpen = false;
  }

  /* Begin after an event; whatever was open is closed. */
  open(last) {
    this.close();
    this.last = last;
    const source = new EventSource(`changes?last_event_id=${encodeURIComponent(last)}`);
    this.source = source;
    source.addEventListener('open', () => {
      this.openedAt = Date.now();
      this.#tell(true);
    });
    source.addEventListener('error', () => this.#reopenLater());
    source.addEventListener('gap', () => this.#gap());
    source.addEventListener('change', (event) => this.#change(event));
  }

  /* Begin anew where it was: a stream may be dead and not know it. */
  reopen() {
    if (this.last !== null) this.open(this.last);
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    this.#tell(false);
  }

  #tell(isOpen) {
    if (isOpen === this.isOpen) return;
    this.isOpen = isOpen;
    this.onState(isOpen);
  }

  #change(event) {
    this.backoff.reset();
    this.last = event.lastEventId;
    this.onChange(JSON.parse(event.data));
  }

  #gap() {
    this.last = null;
    this.close();
    this.onGap();
  }

  #reopenLater() {
    if (this.isOpen && Date.now() - this.openedAt > STEADY) this.backoff.reset();
    this.close();
    this.timer = setTimeout(() => this.reopen(), this.backoff.next());
  }
}
