/* The neighbourhood of an element, which grows hop by hop.

A hop brings so many neighbours at most; a vertex "+ N more" stands for the rest,
and brings the next of them. What the daemon left out of its answer is counted
in there as well. */

import { $, make, swatch } from './dom.js';
import * as api from './api.js';
import { colourOfKind } from './colours.js';
import { kindOf, number } from './words.js';
import { Picture } from './picture.js';
import { Placement } from './placement.js';

const HOP = 32;
const LIMIT = 300;
const MOST = 1500;
const MORE = 'more of ';

export class Neighbourhood {
  constructor({ onPick }) {
    this.picture = new Picture($('graph'), {
      onPick: (id) => !id.startsWith(MORE) && onPick(id),
      onOpen: (id) => this.open(id),
      onSay: (label, kind) => { $('graph-said').textContent = `${label}, ${kindOf(kind)}`; },
    });
    this.placement = new Placement();
    this.waiting = new Map();
    this.known = new Map();
    this.root = null;
    $('graph-fit').addEventListener('click', () => this.picture.fit());
    $('graph-expand').addEventListener('click', () => this.open(this.picture.cursor ?? this.root));
  }

  /* Begin anew at an element. */
  async show(id) {
    if (this.root === id) return this.picture.fit();
    this.root = id;
    await this.picture.ready();
    this.picture.clear();
    this.placement = new Placement();
    this.waiting.clear();
    this.known.clear();
    this.placement.root(id);
    await this.open(id);
    this.picture.mark(id);
    return this.picture.fit();
  }

  /* Bring the next neighbours of an element. */
  async open(id) {
    if (!id) return;
    const of = id.startsWith(MORE) ? id.slice(MORE.length) : id;
    try {
      if (!this.waiting.has(of)) await this.#ask(of);
    } catch (error) {
      return this.#say(error.message);
    }
    this.#bring(of);
  }

  async #ask(id) {
    const { nodes, edges, more } = await api.graph(id, LIMIT);
    for (const node of nodes) this.known.set(node.id, node);
    const others = nodes.filter((node) => node.id !== id).toSorted(byKind);
    this.waiting.set(id, { others, edges, more: more[id] ?? 0 });
  }

  #bring(id) {
    const waiting = this.waiting.get(id);
    const fresh = waiting.others.filter((node) => !this.placement.has(node.id));
    const room = Math.max(0, MOST - this.picture.cy.nodes().length);
    const next = fresh.slice(0, Math.min(HOP, room));
    const left = fresh.length - next.length + waiting.more;
    this.#forgetMore(id);
    const moreId = MORE + id;
    this.placement.around(id, [...next.map((node) => node.id), ...(left ? [moreId] : [])]);
    const added = [this.known.get(id), ...next].filter(Boolean).map((node) => this.#drawn(node));
    if (left) added.push({ id: moreId, kind: '', label: `+ ${number(left)} more`, spot: this.placement.of(moreId), isMore: true });
    this.picture.add(added, [...this.#edges(), ...(left ? [{ source: id, relation: '', target: moreId }] : [])]);
    this.#describe(left, next.length);
  }

  #drawn(node) {
    return { ...node, spot: this.placement.of(node.id), isRoot: node.id === this.root };
  }

  #edges() {
    return [...this.waiting.values()].flatMap(({ edges }) => edges);
  }

  #forgetMore(id) {
    this.picture.cy.getElementById(MORE + id).remove();
    this.placement.forget(MORE + id);
  }

  #describe(left, added) {
    const root = this.known.get(this.root);
    $('graph-empty').hidden = true;
    $('graph-title').textContent = `Around ${root?.label ?? this.root}`;
    $('graph-said').textContent = `${added} elements were added${left ? `, ${left} are left` : ''}.`;
    const kinds = new Set(this.picture.cy.nodes().map((node) => node.data('kind')).filter(Boolean));
    $('graph-legend').replaceChildren(...[...kinds].map((kind) => make('span', {}, swatch(colourOfKind(kind), true), kindOf(kind))));
  }

  #say(sentence) {
    $('graph-empty').hidden = false;
    $('graph-empty').textContent = sentence;
  }
}

const ORDER = ['AvailabilityZone', 'HostAggregate', 'ComputeNode', 'Project', 'Flavor', 'ServerGroup', 'Instance'];
const rank = (kind) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);

export function byKind(one, other) {
  return rank(one.kind) - rank(other.kind) || (one.label < other.label ? -1 : one.label > other.label ? 1 : one.id < other.id ? -1 : 1);
}
