/* Which names there are for a parameter, from the model that the page has.

What is not on the map the daemon is asked for. */

import * as api from './api.js';

/* Kinds whose names are read, the attribute that is the name, and one that tells
   people more than that. */
const READ = {
  flavor: { kind: 'Flavor', key: 'name' },
  backend: { kind: 'StorageNode', key: 'host' },
  pool: { kind: 'StoragePool', key: 'name' },
  chassis: { kind: 'Chassis', key: 'uuid', about: 'description' },
};

export class Choices {
  constructor() {
    this.known = null;
    this.read = new Map();
    this.kinds = {
      host: { names: () => this.#hosts(), first: () => this.#fullest() },
      zone: { names: () => this.known?.zoneNames() ?? [] },
      aggregate: { names: () => [...new Set(this.known?.aggregates.map(({ name }) => name))] },
      ...Object.fromEntries(Object.keys(READ).map((name) => [name, { names: () => [...this.#about(name).keys()] }])),
    };
  }

  take(cloud) {
    this.known = cloud;
  }

  cloud() {
    return this.known;
  }

  async load() {
    await Promise.all(Object.entries(READ).map(async ([name, { kind, key, about }]) => {
      const { elements } = await api.elements(kind);
      this.read.set(name, new Map(elements.map((element) => [element[key], element[about]])));
    }));
  }

  has(name) {
    return name in this.kinds;
  }

  get(name) {
    const { names, first = () => names()[0] ?? '' } = this.kinds[name];
    return { names: () => names().map((each) => ({ name: each, about: this.#about(name).get(each) })), first };
  }

  /* The names that were read for a parameter, and what each is about. */
  #about(name) {
    return this.read.get(name) ?? new Map();
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
