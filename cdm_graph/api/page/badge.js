/* How far the page may be believed, at all times.

The daemon tells how fresh its model is; the feed, whether its changes come; the
page itself, whether it has read the model. The worst of these is shown. It is
read aloud when it becomes another one, and not each time that its age does. */

import { $ } from './dom.js';
import * as api from './api.js';
import { age } from './words.js';

const EVERY = 2500;
/* Something is wrong with a bus that was not heard for so long. */
const TOO_OLD = 60;

export class Badge {
  constructor({ onBack, onState }) {
    Object.assign(this, { onBack, onState });
    this.freshness = null;
    this.isAway = false;
    this.isFeeding = false;
    this.isListing = true;
    this.asked = 0;
  }

  start() {
    this.#watch();
    setInterval(() => this.#show(), 500);
    addEventListener('offline', () => this.#away());
    addEventListener('online', () => this.#ask());
  }

  feeding(isFeeding) {
    this.isFeeding = isFeeding;
    this.#show();
  }

  listing(isListing) {
    this.isListing = isListing;
    this.#show();
  }

  async #watch() {
    await this.#ask();
    setTimeout(() => this.#watch(), this.isAway ? EVERY / 3 : EVERY);
  }

  async #ask() {
    try {
      this.freshness = await api.freshness();
    } catch {
      this.#away();
      return;
    }
    this.asked = performance.now();
    const wasAway = this.isAway;
    this.isAway = false;
    if (wasAway) this.onBack();
    this.#show();
  }

  #away() {
    this.isAway = true;
    this.#show();
  }

  #state() {
    const { freshness } = this;
    if (this.isAway) return ['offline', 'The daemon does not answer; what is shown is what was known last.'];
    if (!freshness) return ['listing', 'Asking the daemon.'];
    if (freshness.state === 'not ready') return ['listing', 'The daemon fills its model.'];
    if (freshness.state === 'stale') return ['stale', 'The model is that of before a restart.'];
    if (this.isListing) return ['listing', 'The page reads the model.'];
    if (freshness.state === 'partial') return ['partial', `A part of the cloud cannot be seen: ${partsOf(freshness)}.`];
    if (!this.isFeeding) return ['stale', 'Changes do not come at the moment.'];
    const { bus } = freshness;
    if (bus.configured && bus.alive === false) return ['stale', 'No notifications come from the cloud.'];
    if (!bus.configured || this.#age() > TOO_OLD) return ['stale', 'The model is as old as the last look at the cloud.'];
    if (isListed(freshness)) return ['listing', 'The daemon lists the whole cloud; the model follows it meanwhile.'];
    return ['live', 'The model follows the cloud.'];
  }

  #age() {
    const ages = Object.values(this.freshness?.collectors ?? {}).map((each) => each.age).filter((each) => each !== null);
    return ages.length ? Math.max(...ages) + (performance.now() - this.asked) / 1000 : null;
  }

  #show() {
    const [state, sentence] = this.#state();
    const badge = $('badge');
    this.onState(state, sentence);
    const old = this.#age();
    $('badge-age').textContent = old === null ? '' : age(old);
    badge.title = old === null ? sentence : `${sentence} It may be behind by ${age(old)}.`;
    if (badge.dataset.state === state && $('badge-state').textContent === state) return;
    badge.dataset.state = state;
    $('badge-state').textContent = state;
  }
}

const isListed = (freshness) => Object.values(freshness.collectors).some((each) => each.listing_since !== null);
const partsOf = (freshness) => Object.values(freshness.collectors).flatMap((each) => each.partial).join(', ');
