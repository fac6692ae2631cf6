/* What is known around the vertices of a neighbourhood that were opened.

It follows the cloud: a change says which of them have to be read again, and what
is read again says who came. Nothing here is drawn. */

import { byKind } from './order.js';

export class Surroundings {
  constructor() {
    this.opened = new Map();
    this.nodes = new Map();
  }

  has(id) {
    return this.opened.has(id);
  }

  /* Take the answer of the daemon around a vertex; return those that it did not
     have when it was read before. */
  learn(id, { nodes, edges, more }) {
    const before = this.opened.get(id);
    for (const node of nodes) this.nodes.set(node.id, node);
    const others = nodes.filter((node) => node.id !== id).toSorted(byKind);
    const ids = new Set(nodes.map((node) => node.id));
    this.opened.set(id, { others, ids, edges, more: more[id] ?? 0 });
    return before ? others.filter((node) => !before.ids.has(node.id)) : [];
  }

  /* A vertex is no more in the cloud. */
  lose(id) {
    this.opened.delete(id);
  }

  /* Those around a vertex, in the order in which they are brought; and how many
     there are beside them. */
  around(id) {
    return this.opened.get(id) ?? { others: [], more: 0 };
  }

  edges() {
    return [...this.opened.values()].flatMap(({ edges }) => edges);
  }

  /* All that is opened, or around what is. */
  ids() {
    return new Set([...this.opened].flatMap(([id, { ids }]) => [id, ...ids]));
  }

  /* The opened vertices around which a change alters what is seen. */
  concernedBy(row) {
    if (!isSeen(row)) return [];
    const ends = [row.id, ...row.related.map(({ target }) => target), ...row.unrelated.map(({ target }) => target)];
    return [...this.opened].filter(([id, { ids }]) => ids.has(row.id) || ends.includes(id)).map(([id]) => id);
  }
}

/* Usage and the like of an element is not drawn. */
function isSeen({ what, changed, related, unrelated }) {
  if (what === 'created' || what === 'deleted') return true;
  return related.length + unrelated.length > 0 || 'name' in changed || 'hostname' in changed;
}
