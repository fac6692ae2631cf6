/* The host map: what is drawn when, over the ground that raster.js paints.

There are two canvases. The lower one, the ground (raster.js), is painted anew only
when the cloud or the view became another one; the upper one (overlay.js) has all
that is written, outlined or pulses, and is drawn in each frame that something moves
in. Nothing is drawn while nothing changes. */

import { CELL, GRID, Layout, STRIP } from './layout.js';
import { MapInput } from './map-input.js';
import { Overlay } from './overlay.js';
import { Raster } from './raster.js';
import { View } from './view.js';
import { cssColours } from './theme.js';

const SMALLEST_TARGET = 4;

export class HostMap {
  constructor({ stage, ground, canvas, onPick, onPoint, onSay }) {
    Object.assign(this, { stage, canvas, onPick, onPoint, onSay });
    this.raster = new Raster(ground);
    this.overlay = new Overlay(canvas);
    this.view = new View();
    this.look = { way: 'load', project: null, colours: cssColours() };
    this.grouping = 'zones';
    this.cloud = this.layout = null;
    this.selected = null;
    this.cursor = this.hovered = -1;
    this.isWaiting = this.isGroundOld = false;
    this.frames = { count: 0, milliseconds: 0, longest: 0 };
    this.input = new MapInput(this);
    new ResizeObserver(() => this.resize()).observe(stage);
  }

  get ratio() {
    return Math.min(2, devicePixelRatio || 1);
  }

  /* -- what is shown -- */

  show(cloud) {
    const isFirst = this.cloud === null;
    this.cloud = cloud;
    this.#arrange(isFirst || this.view.isFit);
  }

  group(grouping) {
    this.grouping = grouping;
    this.#arrange(true);
  }

  colour(way) {
    this.look.way = way;
    this.repaint();
  }

  /* Only the servers of a project keep their colour; of all if it is null. */
  single(project) {
    this.look.project = project;
    this.repaint();
  }

  retheme() {
    this.look.colours = cssColours();
    this.repaint();
  }

  fit() {
    if (this.layout) this.view.fit(this.layout);
    this.repaint();
  }

  select(id) {
    this.selected = id;
    this.redraw();
  }

  /* Bring an element into view; return whether it is on the map. */
  reveal(id) {
    const spot = this.#spotOf(id);
    if (!spot) return false;
    this.view.centre(spot.x + spot.size / 2, spot.y + spot.size / 2, Math.max(this.view.scale, spot.isHost ? 1.6 : 26 / spot.size * this.ratio));
    this.cursor = spot.slot;
    this.repaint();
    return true;
  }

  /* Show that something happened (Cloud.apply). */
  pulse(effect) {
    this.isGroundOld = true;
    const { cloud, layout, overlay: { pulses } } = this;
    const at = (host, index) => () => {
      const slot = layout.slotsOf[host]?.[0];
      return slot === undefined || layout !== this.layout ? null : this.view.onScreen(layout.tile(slot, index));
    };
    if (effect.kind === 'host') pulses.add('changed', () => this.#hostOnScreen(effect.host));
    else if (effect.kind === 'deleted') pulses.add('deleted', at(effect.host, effect.slot));
    else {
      const from = effect.kind === 'moved' && effect.from !== cloud.nowhere ? () => this.#hostOnScreen(effect.from) : null;
      pulses.add(effect.kind, at(effect.host, cloud.slot[effect.place]), from);
    }
    this.redraw();
  }

  /* -- what is where -- */

  /* What is at a point of the canvas, in pixels of the page. */
  at(x, y) {
    if (!this.layout) return null;
    const point = this.view.toMap(x * this.ratio, y * this.ratio);
    const slot = this.layout.slotAt(point.x, point.y);
    if (slot < 0) return null;
    const host = this.layout.hostOf[slot];
    const isLarge = (GRID / this.layout.sideOf(host)) * this.view.scale >= SMALLEST_TARGET;
    return { slot, host, server: isLarge ? this.layout.serverAt(slot, point.x, point.y) : -1 };
  }

  pick(found) {
    if (!found) return;
    const id = found.server >= 0 ? this.cloud.ids[found.server] : this.cloud.hosts[found.host].id;
    this.cursor = found.slot;
    if (id) this.onPick(id);
  }

  zoomTo(slot) {
    const { layout, view } = this;
    const scale = Math.min(view.width / (CELL * 1.6), view.height / ((CELL + STRIP) * 1.3));
    view.centre(layout.x[slot] + CELL / 2, layout.y[slot] + (CELL + STRIP) / 2, scale);
    this.repaint();
  }

  /* Move the cursor to the nearest host that way, and say which it is. */
  step(right, down) {
    const { layout } = this;
    if (!layout) return;
    if (this.cursor < 0 || this.cursor >= layout.hostOf.length) this.cursor = 0;
    else this.cursor = nearest(layout, this.cursor, right, down);
    this.#keepInView(this.cursor);
    this.onSay(layout.hostOf[this.cursor]);
    this.redraw();
  }

  #spotOf(id) {
    const { cloud, layout } = this;
    if (!layout) return null;
    const place = cloud.places.get(id);
    const host = place === undefined ? cloud.hostById.get(id) : cloud.host[place];
    const slot = host === undefined ? undefined : layout.slotsOf[host][0];
    if (slot === undefined) return null;
    if (place !== undefined) return { slot, ...layout.tile(slot, cloud.slot[place]) };
    return { slot, x: layout.x[slot], y: layout.y[slot], size: CELL, isHost: true };
  }

  #hostOnScreen(host) {
    const slot = this.layout.slotsOf[host]?.[0];
    return slot === undefined ? null : this.view.onScreen({ x: this.layout.x[slot], y: this.layout.y[slot] + STRIP, size: CELL });
  }

  #keepInView(slot) {
    const window = this.view.window();
    const x = this.layout.x[slot];
    const y = this.layout.y[slot];
    const isIn = x >= window.left && y >= window.top && x + CELL <= window.right && y + CELL + STRIP <= window.bottom;
    if (isIn) return;
    this.view.centre(x + CELL / 2, y + CELL / 2);
    this.isGroundOld = true;
  }

  #arrange(isToFit) {
    if (!this.cloud) return;
    this.layout = new Layout(this.cloud, this.grouping, this.view.width / this.view.height);
    if (isToFit) this.view.fit(this.layout);
    this.repaint();
  }

  /* -- drawing -- */

  resize() {
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth || !clientHeight) return;
    this.view.resize(Math.round(clientWidth * this.ratio), Math.round(clientHeight * this.ratio));
    if (this.view.isFit) this.#arrange(true);
    this.repaint();
  }

  repaint() {
    this.isGroundOld = true;
    this.redraw();
  }

  redraw() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => this.#frame());
  }

  #frame() {
    this.isWaiting = false;
    if (!this.layout || !this.stage.clientWidth) return;
    const began = performance.now();
    if (this.isGroundOld) {
      this.raster.draw(this.cloud, this.layout, this.view, this.look);
      this.isGroundOld = false;
    }
    if (this.overlay.draw(this.#scene(), this.#marks())) this.redraw();
    const took = performance.now() - began;
    this.frames.count++;
    this.frames.milliseconds += took;
    this.frames.longest = Math.max(this.frames.longest, took);
  }

  #scene() {
    const { cloud, layout, view, look, ratio } = this;
    return { cloud, layout, view, look, ratio };
  }

  #marks() {
    const { hovered, cursor } = this;
    return { hovered, cursor, selected: this.selected && this.#spotOf(this.selected) };
  }
}

function nearest(layout, from, right, down) {
  let best = from;
  let least = Infinity;
  for (let slot = 0; slot < layout.hostOf.length; slot++) {
    const x = layout.x[slot] - layout.x[from];
    const y = layout.y[slot] - layout.y[from];
    const along = x * right + y * down;
    const aside = Math.abs(x * down) + Math.abs(y * right);
    if (along <= 1 || along + 3 * aside >= least) continue;
    least = along + 3 * aside;
    best = slot;
  }
  return best;
}
