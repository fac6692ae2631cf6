/* What just happened, drawn over the map for a moment.

A change rings where its tile is, and a move also draws the way that it went.
Whoever wants little motion sees the same standing still. */

const LASTS = 1600;
const MOST = 400;
const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Pulses {
  constructor() {
    this.list = [];
  }

  /* from and to are functions that return {x, y, size} on the screen, or null. */
  add(kind, to, from = null) {
    if (this.list.length >= MOST) this.list.shift();
    this.list.push({ kind, to, from, began: performance.now() });
  }

  /* Draw those that still last; return whether there are any. */
  draw(context, colours, ratio) {
    const now = performance.now();
    this.list = this.list.filter((each) => now - each.began < LASTS);
    for (const each of this.list) this.#draw(context, each, (now - each.began) / LASTS, colours, ratio);
    context.globalAlpha = 1;
    return this.list.length > 0;
  }

  #draw(context, each, part, colours, ratio) {
    const to = each.to();
    if (!to) return;
    const grown = still.matches ? 3 : 2 + 9 * easeOut(part);
    context.globalAlpha = still.matches ? 0.9 : 1 - part ** 2;
    context.strokeStyle = each.kind === 'deleted' ? colours.offline : each.kind === 'created' ? colours.live : colours.pulse;
    context.lineWidth = 2 * ratio;
    const from = each.from?.();
    if (from) way(context, from, to, still.matches ? 1 : Math.min(1, easeOut(part * 2.5)));
    const half = Math.max(to.size / 2, 2 * ratio) + grown * ratio;
    context.beginPath();
    context.roundRect(to.x + to.size / 2 - half, to.y + to.size / 2 - half, 2 * half, 2 * half, half * 0.4);
    context.stroke();
  }
}

const easeOut = (part) => 1 - (1 - Math.min(1, part)) ** 3;

function way(context, from, to, part) {
  const start = { x: from.x + from.size / 2, y: from.y + from.size / 2 };
  const end = { x: to.x + to.size / 2, y: to.y + to.size / 2 };
  const bend = { x: (start.x + end.x) / 2 + (end.y - start.y) * 0.15, y: (start.y + end.y) / 2 - (end.x - start.x) * 0.15 };
  context.beginPath();
  context.moveTo(start.x, start.y);
  for (let step = 1; step <= 24; step++) {
    const at = (step / 24) * part;
    const rest = 1 - at;
    context.lineTo(
      rest * rest * start.x + 2 * rest * at * bend.x + at * at * end.x,
      rest * rest * start.y + 2 * rest * at * bend.y + at * at * end.y,
    );
  }
  context.stroke();
}
