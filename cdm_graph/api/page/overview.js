/* The side while nothing is chosen: how much there is, what it does, and what
changed just now. */

import { $, bar, make, paced } from './dom.js';
import { colourOfLoad, colourOfState, counted } from './colours.js';
import { change, kindOf, number, time } from './words.js';

const SHOWN = 40;
const FULLEST = 6;
const PACE = 700;

export class Overview {
  constructor({ onPick }) {
    this.onPick = onPick;
    this.cloud = null;
    this.changes = [];
    this.figures = make('div');
    this.list = make('ul', { class: 'changes' });
    this.none = make('p', { class: 'quiet' }, 'Nothing changed since the page was opened.');
    $('overview').append(this.figures, make('h3', {}, 'Changes'), this.none, this.list);
    this.update = paced(() => this.#draw(), PACE);
  }

  show(cloud) {
    this.cloud = cloud;
    this.#draw();
  }

  add(row) {
    if (!isTelling(row)) return;
    this.changes.unshift(row);
    this.changes.length = Math.min(this.changes.length, SHOWN);
    this.update();
  }

  #draw() {
    if ($('overview').hidden || !this.cloud) return;
    /* Who has come to a button with the keyboard keeps it. */
    if ($('overview').contains(document.activeElement)) {
      this.update();
      return;
    }
    const hosts = this.cloud.hosts.length - 1;
    this.figures.replaceChildren(
      make('h2', {}, 'The cloud'),
      make('div', { class: 'figures' }, figure(hosts, 'hosts'), figure(this.cloud.count, 'servers'), figure(this.cloud.zoneNames().length, 'zones')),
      make('h3', {}, 'Servers by state'),
      this.#states(),
      make('h3', {}, 'Fullest hosts'),
      this.#fullest(),
    );
    this.none.hidden = this.changes.length > 0;
    this.list.replaceChildren(...this.changes.map((row) => changeRow(row, this.onPick)));
  }

  #states() {
    const states = counted(this.cloud, this.cloud.state, this.cloud.states.list, 8);
    const most = states[0]?.count ?? 1;
    return make('ul', { class: 'bars' }, ...states.map(({ name, count }) => make(
      'li', {}, make('span', { class: 'label' }, name || 'unknown'), bar(count / most, colourOfState(name)),
      make('span', { class: 'number' }, number(count)),
    )));
  }

  #fullest() {
    const { cloud } = this;
    const loads = cloud.hosts.slice(0, -1).map((host, place) => ({ host, place, load: cloud.loadOf(place) }));
    const fullest = loads.toSorted((one, other) => other.load - one.load).slice(0, FULLEST);
    return make('ul', { class: 'bars' }, ...fullest.map(({ host, place, load }) => make(
      'li', {}, make('button', { class: 'link label', onclick: () => this.onPick(host.id), title: host.name }, cloud.shortName(place)),
      bar(load / cloud.fullLoad, colourOfLoad(load, cloud.fullLoad)), make('span', { class: 'number' }, `${Math.round(load * 100)} %`),
    )));
  }
}

/* Whether there is something to say: not of each beat of a row of Nova's. */
const isTelling = (row) => row.what !== 'related' && change(row) !== row.what;

/* A row of a list of changes. */
export function changeRow(row, onPick) {
  const isGone = row.what === 'deleted';
  const name = isGone || !onPick
    ? make('span', { class: 'strong' }, row.name)
    : make('button', { class: 'link', title: kindOf(row.kind), onclick: () => onPick(row.id) }, row.name);
  const cause = [row.cause, row.request_id].filter(Boolean).join(' · ');
  return make(
    'li', {}, make('div', { class: 'line' }, name, make('time', { datetime: row.at }, time(row.at))),
    make('div', { class: 'what' }, change(row)), make('div', { class: 'cause' }, cause),
  );
}

const figure = (value, name) => make('div', {}, make('b', {}, number(value)), make('span', {}, name));
