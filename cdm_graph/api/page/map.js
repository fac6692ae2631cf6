/* The host map: what is drawn when, over the ground that raster.js paints.

There are two canvases. The lower one, the ground, is painted anew only when the
cloud or the view became another one; the upper one has all that is written,
outlined or pulses, and is drawn in each frame that something moves in. Nothing
is drawn while nothing changes. */

import { CELL, GRID, Layout, STRIP } from './layout.js';
import { MapInput } from './map-input.js';
import { Pulses } from './pulses.js';
import { Raster } from './raster.js';
import { View } from './view.js';
import { cssColours } from './theme.js';

const SMALLEST_TARGET = 4;
const LEGIBLE = 8;

export class HostMap {
  constructor({ stage, ground, canvas, onPick, onPoint, onSay }) {
    Object.assign(this, { stage, canvas, onPick, onPoint, onSay });
    this.raster = new Raster(ground);
    this.context = canvas.getContext('2d');
    this.view = new View();
    this.pulses = new Pulses();
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
    const { cloud, layout } = this;
    const at = (host, index) => () => {
      const slot = layout.slotsOf[host]?.[0];
      return slot === undefined || layout !== this.layout ? null : this.#onScreen(layout.tile(slot, index));
    };
    if (effect.kind === 'host') this.pulses.add('changed', () => this.#hostOnScreen(effect.host));
    else if (effect.kind === 'deleted') this.pulses.add('deleted', at(effect.host, effect.slot));
    else {
      const from = effect.kind === 'moved' && effect.from !== cloud.nowhere ? () => this.#hostOnScreen(effect.from) : null;
      this.pulses.add(effect.kind, at(effect.host, cloud.slot[effect.place]), from);
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

  #onScreen({ x, y, size }) {
    return { x: this.view.toScreenX(x), y: this.view.toScreenY(y), size: size * this.view.scale };
  }

  #hostOnScreen(host) {
    const slot = this.layout.slotsOf[host]?.[0];
    return slot === undefined ? null : this.#onScreen({ x: this.layout.x[slot], y: this.layout.y[slot] + STRIP, size: CELL });
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
    if (this.#drawOver()) this.redraw();
    const took = performance.now() - began;
    this.frames.count++;
    this.frames.milliseconds += took;
    this.frames.longest = Math.max(this.frames.longest, took);
  }

  #drawOver() {
    const { context, view, canvas } = this;
    if (canvas.width !== view.width) canvas.width = view.width;
    if (canvas.height !== view.height) canvas.height = view.height;
    context.clearRect(0, 0, view.width, view.height);
    this.#write();
    this.#outline(this.hovered, this.look.colours.quiet, 1);
    if (document.activeElement === canvas) this.#outline(this.cursor, this.look.colours.focus, 2);
    this.#outlineSelected();
    return this.pulses.draw(context, this.look.colours, this.ratio);
  }

  #write() {
    const { context, layout, view } = this;
    const window = view.window();
    context.textBaseline = 'middle';
    for (const group of layout.groups) {
      if (group.x > window.right || group.x + group.width < window.left) continue;
      if (group.y > window.bottom || group.y + group.height < window.top) continue;
      this.#writeGroup(group);
      if (STRIP * view.scale < LEGIBLE * this.ratio) continue;
      for (let slot = group.first; slot < group.first + group.hosts.length; slot++) {
        const x = layout.x[slot];
        const y = layout.y[slot];
        if (x > window.right || x + CELL < window.left || y > window.bottom || y + CELL + STRIP < window.top) continue;
        this.#writeHost(slot);
      }
    }
  }

  #writeGroup(group) {
    const { view, ratio } = this;
    const size = Math.max(9.5, Math.min(15, 18 * view.scale / ratio)) * ratio;
    const x = Math.max(view.toScreenX(group.x + 12), 8 * ratio);
    const y = view.toScreenY(group.y + 17);
    const most = view.toScreenX(group.x + group.width - 12) - x;
    const hosts = group.hosts.length;
    this.#text(group.name, x, y, most, `600 ${size}px system-ui, sans-serif`, this.look.colours.text);
    const wide = this.context.measureText(group.name).width + 8 * ratio;
    if (group.hosts[0] === this.cloud.nowhere) return;
    this.#text(`${hosts} host${hosts === 1 ? '' : 's'}`, x + wide, y, most - wide, `${size * 0.88}px system-ui, sans-serif`, this.look.colours.quiet);
  }

  #writeHost(slot) {
    const { cloud, layout, view, ratio } = this;
    const host = layout.hostOf[slot];
    const size = Math.min(12 * ratio, STRIP * view.scale * 0.62);
    const x = view.toScreenX(layout.x[slot] + 4);
    const y = view.toScreenY(layout.y[slot] + STRIP / 2);
    const right = view.toScreenX(layout.x[slot] + CELL - 4);
    const font = `${size}px system-ui, sans-serif`;
    const { isNowhere, state, status } = cloud.hosts[host];
    const said = isNowhere ? `${cloud.members[host].length}` : state === 'down' ? 'down' : status === 'disabled' ? 'off' : `${Math.round(cloud.loadOf(host) * 100)} %`;
    this.context.font = font;
    const wide = this.context.measureText(said).width;
    this.#text(said, right - wide, y, wide + 1, font, this.look.colours.quiet);
    const most = right - wide - 8 * ratio - x;
    this.#text(ending(this.context, cloud.shortName(host), most), x, y, most, font, this.look.colours.text);
    if ((GRID / layout.sideOf(host)) * view.scale >= 64 * ratio) this.#writeServers(slot, host);
  }

  #writeServers(slot, host) {
    const { cloud, layout, view, ratio } = this;
    const window = view.window();
    cloud.members[host].forEach((place, index) => {
      const tile = layout.tile(slot, index);
      if (tile.x > window.right || tile.y > window.bottom || tile.x + tile.size < window.left || tile.y + tile.size < window.top) return;
      const { x, y, size } = this.#onScreen(tile);
      const inset = size * 0.08 + 5 * ratio;
      const font = Math.min(13 * ratio, size / 7);
      this.#text(cloud.names[place], x + inset, y + inset + font / 2, size - 2 * inset, `600 ${font}px system-ui, sans-serif`, '#ffffff', true);
      if (size < 90 * ratio) return;
      this.#text(`${cloud.states.list[cloud.state[place]]} · ${cloud.vcpus[place]} vCPU`, x + inset, y + inset + font * 1.9, size - 2 * inset, `${font * 0.9}px system-ui, sans-serif`, '#ffffff', true);
    });
  }

  #text(text, x, y, most, font, colour, isOnColour = false) {
    const { context } = this;
    if (most < 10) return;
    context.font = font;
    const shown = shorten(context, text, most);
    if (isOnColour) {
      context.strokeStyle = '#0009';
      context.lineWidth = 2.5 * this.ratio;
      context.lineJoin = 'round';
      context.strokeText(shown, x, y);
    }
    context.fillStyle = colour;
    context.fillText(shown, x, y);
  }

  #outline(slot, colour, wide) {
    if (slot < 0 || slot >= this.layout.hostOf.length) return;
    const { context, view, layout, ratio } = this;
    context.strokeStyle = colour;
    context.lineWidth = wide * ratio;
    const edge = ratio;
    context.strokeRect(view.toScreenX(layout.x[slot]) - edge, view.toScreenY(layout.y[slot]) - edge, CELL * view.scale + 2 * edge, (CELL + STRIP) * view.scale + 2 * edge);
  }

  #outlineSelected() {
    const spot = this.selected && this.#spotOf(this.selected);
    if (!spot) return;
    if (spot.isHost) {
      for (const slot of this.layout.slotsOf[this.layout.hostOf[spot.slot]]) this.#outline(slot, this.look.colours.accent, 3);
      return;
    }
    this.#outline(spot.slot, this.look.colours.accent, 1.5);
    const { x, y, size } = this.#onScreen(spot);
    const edge = 2 * this.ratio;
    this.context.strokeStyle = this.look.colours.text;
    this.context.lineWidth = 2.5 * this.ratio;
    this.context.strokeRect(x - edge, y - edge, size + 2 * edge, size + 2 * edge);
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

/* Names of hosts differ in how they end. */
function ending(context, text, most) {
  const wide = context.measureText(text).width;
  if (wide <= most) return text;
  const letters = Math.floor((text.length * most) / wide) - 1;
  return letters < 2 ? '' : `…${text.slice(-letters)}`;
}

function shorten(context, text, most) {
  if (context.measureText(text).width <= most) return text;
  const letters = Math.floor((text.length * most) / context.measureText(text).width) - 1;
  return letters < 2 ? '' : `${text.slice(0, letters)}…`;
}
