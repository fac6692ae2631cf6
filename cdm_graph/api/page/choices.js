/* Which names there are for a parameter, from the model that the page has.

Flavors are not on the map; the daemon is asked for them once. */

import * as api from './api.js';

export class Choices {
  constructor() {
    this.known = null;
    this.flavors = [];
    this.kinds = {
      host: { names: () => this.#hosts(), first: () => this.#fullest() },
      zone: { names: () => this.known?.zoneNames() ?? [] },
      aggregate: { names: () => [...new Set(this.known?.aggregates.map(({ name }) => name))] },
      flavor: { names: () => this.flavors },
    };
  }

  take(cloud) {
    this.known = cloud;
  }

  cloud() {
    return this.known;
  }

  async load() {
    const { elements } = await api.elements('Flavor');
    this.flavors = elements.map(({ label }) => label);
  }

  has(name) {
    return name in this.kinds;
  }

  get(name) {
    const { names, first = () => names()[0] ?? '' } = this.kinds[name];
    return { names, first };
  }

  #hosts() {
    return this.known?.hosts.slice(0, -1).map(({ name }) => name) ?? [];
  }

  /* The loss that is worth a look first. */
  #fullest() {
    const { known } = this;
    const places = known?.hosts.slice(0, -1).map((_, place) => place) ?? [];
    const fullest = places.reduce((best, place) => (best === null || known.loadOf(place) > known.loadOf(best) ? place : best), null);
    return fullest === null ? '' : known.hosts[fullest].name;
  }
}
