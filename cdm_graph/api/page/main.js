/* Puts the parts of the page together, and keeps them fed.

The page lists and watches: it reads the map, then the changes after it. A gap
means that it reads the map again, as often as it takes; meanwhile it shows what
it has, and the badge says so. */

import { $, make, paced, swatch } from './dom.js';
import * as api from './api.js';
import { Badge } from './badge.js';
import { Capacity } from './capacity.js';
import { Cloud } from './cloud.js';
import { Console } from './console.js';
import { Detail } from './detail.js';
import { Feed } from './feed.js';
import { HostMap } from './map.js';
import { legend } from './colours.js';
import { Neighbourhood } from './graph.js';
import { Overview } from './overview.js';
import { persist } from './backoff.js';
import { Search } from './search.js';
import { Tabs } from './tabs.js';
import { dark } from './theme.js';
import { memory, number } from './words.js';

const ZOOM = 1.5;
/* Changes of the frame come in crowds, and each would be a list. */
const FRAME_PAUSE = 1500;
/* A host that changes its zone leaves one and joins the other; so do all of a rack. */
const REGROUP_PAUSE = 250;

class Page {
  constructor() {
    const onPick = (id) => this.pick(id);
    this.cloud = null;
    this.selected = null;
    this.isListing = false;
    this.capacity = new Capacity({ onPick: (id) => this.pick(id, true), freshness: () => this.badge.freshness });
    this.badge = new Badge({ onBack: () => this.feed.reopen(), onState: (...state) => this.capacity.believe(...state) });
    this.feed = new Feed({
      onChange: (row) => this.#change(row), onGap: () => this.list(), onState: (isOpen) => this.badge.feeding(isOpen),
    });
    this.map = new HostMap({
      stage: $('map-stage'), ground: $('map-base'), canvas: $('map'), onPick,
      onPoint: (found, point) => this.#tip(found, point), onSay: (host) => { $('map-said').textContent = this.#hostInWords(host); },
    });
    this.overview = new Overview({ onPick: (id) => this.pick(id, true) });
    this.detail = new Detail({
      onPick, onClose: () => this.unpick(), onGraph: (id) => this.#graph(id), onMap: (element) => this.#showOnMap(element),
    });
    this.neighbourhood = new Neighbourhood({ onPick });
    this.console = new Console({ onPick });
    this.search = new Search({ onPick: (element) => this.#found(element) });
    this.tabs = new Tabs(['tab-map', 'tab-graph', 'tab-capacity', 'tab-console'], (id) => this.#turned(id));
    this.legend = paced(() => this.#legend(), 1000);
    this.relist = paced(() => this.list(), FRAME_PAUSE);
    this.regroup = paced(() => this.#regroup(), REGROUP_PAUSE);
    this.#controls();
  }

  start() {
    this.badge.start();
    this.list();
  }

  /* Read the map, whatever it takes, and watch what comes after. */
  async list() {
    if (this.isListing) return;
    this.isListing = true;
    this.badge.listing(true);
    this.feed.close();
    const document = await persist(() => api.map(), (error) => this.#empty(error.message));
    this.isListing = false;
    this.badge.listing(false);
    this.#take(document);
    this.feed.open(document.event_id);
  }

  pick(id, isToReveal = false) {
    this.selected = id;
    this.map.select(id);
    if (isToReveal) this.map.reveal(id);
    this.detail.show(id);
    history.replaceState(null, '', `#${encodeURIComponent(id)}`);
    if (!$('view-graph').hidden && this.neighbourhood.root === null) this.#graph(id);
  }

  unpick() {
    this.selected = null;
    this.map.select(null);
    this.#single(null);
    this.detail.close();
    this.overview.update();
    history.replaceState(null, '', location.pathname);
    $('search').focus();
  }

  #take(document) {
    const isFirst = this.cloud === null;
    const project = this.cloud?.projects.list[this.map.look.project];
    this.cloud = new Cloud(document);
    this.neighbourhood.doubt();
    if (project !== undefined) this.#single(this.cloud.projects.places.get(project) ?? null);
    this.map.show(this.cloud);
    this.overview.show(this.cloud);
    this.capacity.show(this.cloud);
    this.#legend();
    if (this.cloud.hosts.length === 1) this.#empty('There are no hosts to be seen.');
    else $('map-empty').hidden = true;
    const linked = linkedElement();
    if (isFirst && linked) this.pick(linked, true);
  }

  #change(row) {
    const effect = this.cloud.apply(row);
    this.overview.add(row);
    this.detail.heed(row);
    this.neighbourhood.heed(row);
    if (!effect) return;
    if (effect.kind === 'frame') {
      this.relist();
      return;
    }
    if (effect.kind === 'regrouped') {
      this.regroup();
      return;
    }
    this.map.pulse(effect);
    this.legend();
  }

  #regroup() {
    this.map.show(this.cloud);
    this.overview.update();
  }

  /* -- what the parts ask of one another -- */

  #found(element) {
    if (element.kind === 'Project') this.#showOnMap(element);
    this.pick(element.id, true);
  }

  #showOnMap(element) {
    this.tabs.choose('tab-map');
    if (element.kind === 'Project') this.#single(this.cloud.projects.places.get(element.project_id) ?? null);
    else this.map.reveal(element.id);
  }

  #single(project) {
    this.map.single(project);
    $('clear').hidden = project === null;
  }

  #graph(id) {
    this.tabs.choose('tab-graph');
    return this.neighbourhood.show(id);
  }

  #turned(id) {
    if (id === 'tab-map') this.map.repaint();
    if (id === 'tab-console') this.console.open();
    if (id === 'tab-capacity') this.capacity.open();
    if (id !== 'tab-graph') return;
    if (this.selected && this.neighbourhood.root !== this.selected) this.neighbourhood.show(this.selected);
    else this.neighbourhood.follow();
  }

  /* -- the tools of the map -- */

  #controls() {
    $('grouping').addEventListener('change', (event) => this.map.group(event.target.value));
    $('colouring').addEventListener('change', (event) => {
      this.map.colour(event.target.value);
      this.#legend();
    });
    $('zoom-in').addEventListener('click', () => this.map.input.zoom(ZOOM));
    $('zoom-out').addEventListener('click', () => this.map.input.zoom(1 / ZOOM));
    $('zoom-fit').addEventListener('click', () => this.map.fit());
    $('clear').addEventListener('click', () => this.#single(null));
    dark.addEventListener('change', () => this.map.retheme());
    addEventListener('keydown', (event) => event.key === 'Escape' && event.target === $('map') && this.selected && this.unpick());
  }

  #legend() {
    if (!this.cloud) return;
    const { ramp, from, to, entries } = legend(this.map.look.way, this.cloud);
    if (ramp) {
      const band = make('span', { class: 'ramp', 'aria-hidden': 'true' });
      band.style.background = `linear-gradient(90deg, ${ramp.join(', ')})`;
      $('legend').replaceChildren(from, band, to);
      return;
    }
    $('legend').replaceChildren(...entries.map(({ name, count, colour }) => make(
      'span', { title: name }, swatch(colour), name.length > 14 ? `${name.slice(0, 8)}…` : name, count === undefined ? '' : ` ${number(count)}`,
    )));
  }

  #tip(found, point) {
    const tip = $('tip');
    tip.hidden = !found;
    if (!found) return;
    const lines = found.server >= 0 ? this.#serverLines(found.server) : [this.#hostInWords(found.host)];
    const [title, ...rest] = found.server >= 0 ? lines : lines[0].split(', ');
    tip.replaceChildren(make('b', {}, title), ...rest.map((line) => make('div', { class: 'quiet' }, line)));
    const { clientWidth, clientHeight } = $('map-stage');
    tip.style.left = `${Math.min(point.x + 14, clientWidth - tip.offsetWidth - 6)}px`;
    tip.style.top = `${Math.min(point.y + 14, clientHeight - tip.offsetHeight - 6)}px`;
  }

  #serverLines(place) {
    const { cloud } = this;
    const project = cloud.projects.list[cloud.project[place]];
    return [
      cloud.names[place] || cloud.ids[place],
      `${cloud.states.list[cloud.state[place]]} · ${cloud.vcpus[place]} vCPU · ${memory(cloud.memory[place])}`,
      `on ${cloud.hosts[cloud.host[place]].name}`, `project ${project.slice(0, 12) || 'none'}`,
    ];
  }

  #hostInWords(place) {
    const { cloud } = this;
    const host = cloud.hosts[place];
    const servers = `${number(cloud.members[place].length)} servers`;
    if (host.isNowhere) return `${host.name}, ${servers}`;
    const zone = host.zone === null ? 'no zone' : `zone ${cloud.zones.list[host.zone]}`;
    const trouble = [host.state === 'down' && 'down', host.status === 'disabled' && 'disabled'].filter(Boolean);
    return [
      host.name, zone, servers, `vCPUs ${number(cloud.usedVcpus[place])} of ${number(host.vcpus)}`,
      `memory ${memory(cloud.usedMemory[place])} of ${memory(host.memory_mb)}`, ...trouble,
    ].join(', ');
  }

  #empty(sentence) {
    $('map-empty').hidden = this.cloud !== null && this.cloud.hosts.length > 1;
    $('map-empty').textContent = sentence;
  }
}

/* The element that the address of the page names; anybody may have written it. */
function linkedElement() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

const page = new Page();
page.start();

/* For tests and benchmarks, and for whoever is curious. */
globalThis.cdmGraph = page;
