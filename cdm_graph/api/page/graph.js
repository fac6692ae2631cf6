/* The neighbourhood of an element, which grows hop by hop and follows the cloud.

A hop brings so many neighbours at most; a vertex "+ N more" stands for the rest,
and brings the next of them. What the daemon left out of its answer is counted
in there as well. Who comes later is drawn when it comes, at a spot that is free;
who goes, and comes again, gets the spot that it had. */

import { $, make, paced, swatch } from './dom.js';
import * as api from './api.js';
import { colourOfKind } from './colours.js';
import { kindOf, number } from './words.js';
import { Picture } from './picture.js';
import { Placement } from './placement.js';
import { Surroundings } from './surroundings.js';

const HOP = 32;
const LIMIT = 300;
const MOST = 1500;
const MORE = 'more of ';
/* A move is several changes. */
const PACE = 400;

export class Neighbourhood {
  constructor({ onPick }) {
    this.picture = new Picture($('graph'), {
      onPick: (id) => !id.startsWith(MORE) && onPick(id),
      onOpen: (id) => this.open(id),
      onSay: (label, kind) => { $('graph-said').textContent = `${label}, ${kindOf(kind)}`; },
    });
    this.placement = new Placement();
    this.surroundings = new Surroundings();
    this.old = new Set();
    this.root = null;
    this.follow = paced(() => this.#follow(), PACE);
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
    this.surroundings = new Surroundings();
    this.old.clear();
    this.placement.root(id);
    await this.open(id);
    this.picture.mark(id);
    return this.picture.fit();
  }

  /* Bring the next neighbours of an element. */
  async open(id) {
    if (!id) return;
    const of = id.startsWith(MORE) ? id.slice(MORE.length) : id;
    const { surroundings } = this;
    try {
      if (!surroundings.has(of)) surroundings.learn(of, await api.graph(of, LIMIT));
    } catch (error) {
      this.#say(error.message);
      return;
    }
    if (surroundings === this.surroundings) this.#bring(of, this.#waiting(of).slice(0, HOP));
  }

  /* Look again if a change is about what is drawn. */
  heed(row) {
    for (const id of this.surroundings.concernedBy(row)) this.old.add(id);
    if (this.old.size) this.follow();
  }

  /* Nobody knows what changed meanwhile. */
  doubt() {
    for (const id of this.surroundings.opened.keys()) this.old.add(id);
    this.follow();
  }

  async #follow() {
    if ($('view-graph').hidden || !this.old.size) return;
    const { surroundings } = this;
    const several = [...this.old];
    this.old.clear();
    await Promise.all(several.map((id) => this.#look(surroundings, id)));
    if (surroundings === this.surroundings) this.#settle();
  }

  async #look(surroundings, id) {
    try {
      const answer = await api.graph(id, LIMIT);
      const fresh = surroundings.learn(id, answer);
      if (surroundings === this.surroundings) this.#bring(id, fresh.slice(0, HOP), true);
    } catch (error) {
      if (error.status === 404) surroundings.lose(id);
      else if (surroundings === this.surroundings) this.old.add(id);
    }
  }

  /* Take away what is no more there; the root stays, for who looks at it. */
  #settle() {
    const { surroundings } = this;
    const ids = [...surroundings.ids(), this.root, ...[...surroundings.opened.keys()].map((id) => MORE + id)];
    this.picture.retain(new Set(ids), surroundings.edges());
    this.picture.fade(this.root, !surroundings.has(this.root));
    for (const id of surroundings.opened.keys()) this.#bring(id, []);
    this.#describe();
  }

  /* Those around an element that are not drawn. */
  #waiting(id) {
    return this.surroundings.around(id).others.filter((node) => !this.picture.has(node.id));
  }

  #bring(id, wanted, isNews = false) {
    const room = Math.max(0, MOST - this.picture.count);
    const next = wanted.filter((node) => !this.picture.has(node.id)).slice(0, room);
    const left = this.#waiting(id).length - next.length + this.surroundings.around(id).more;
    const moreId = MORE + id;
    this.picture.remove(moreId);
    this.placement.forget(moreId);
    this.placement.around(id, [...next.map((node) => node.id), ...(left ? [moreId] : [])]);
    const added = [this.surroundings.nodes.get(id), ...next].filter(Boolean).map((node) => this.#drawn(node, isNews));
    if (left) added.push({ id: moreId, kind: '', label: `+ ${number(left)} more`, spot: this.placement.of(moreId), isMore: true });
    this.picture.add(added, [...this.surroundings.edges(), ...(left ? [{ source: id, relation: '', target: moreId }] : [])]);
    if (wanted.length) this.#tell(next.length, left);
    this.#describe();
  }

  #drawn(node, isNews) {
    return { ...node, spot: this.placement.of(node.id), isRoot: node.id === this.root, isNews };
  }

  #tell(added, left) {
    $('graph-said').textContent = `${added} elements were added${left ? `, ${left} are left` : ''}.`;
  }

  #describe() {
    const root = this.surroundings.nodes.get(this.root);
    $('graph-empty').hidden = true;
    $('graph-title').textContent = this.surroundings.has(this.root)
      ? `Around ${root?.label ?? this.root}` : `${root?.label ?? this.root} is no more in the cloud`;
    $('graph-legend').replaceChildren(...this.picture.kinds().map((kind) => make('span', {}, swatch(colourOfKind(kind), true), kindOf(kind))));
  }

  #say(sentence) {
    $('graph-empty').hidden = false;
    $('graph-empty').textContent = sentence;
  }
}
