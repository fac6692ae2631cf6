/* What is written on the map: the names of groups, of hosts and of servers, where
there is room for letters that can be read. */

import { CELL, GRID, STRIP } from './layout.js';

const LEGIBLE = 8;
const FONT = 'system-ui, sans-serif';

export class Lettering {
  constructor(context) {
    this.context = context;
  }

  /* scene is {cloud, layout, view, look, ratio}. */
  write(scene) {
    Object.assign(this, scene);
    const { context, layout, view } = this;
    const window = view.window();
    context.textBaseline = 'middle';
    for (const group of layout.groups) {
      if (!isIn(window, group.x, group.y, group.width, group.height)) continue;
      this.#writeGroup(group);
      if (STRIP * view.scale < LEGIBLE * this.ratio) continue;
      for (let slot = group.first; slot < group.first + group.hosts.length; slot++) {
        if (isIn(window, layout.x[slot], layout.y[slot], CELL, CELL + STRIP)) this.#writeHost(slot, window);
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
    this.#text(group.name, x, y, most, `600 ${size}px ${FONT}`, this.look.colours.text);
    const wide = this.context.measureText(group.name).width + 8 * ratio;
    if (group.hosts[0] === this.cloud.nowhere) return;
    this.#text(`${hosts} host${hosts === 1 ? '' : 's'}`, x + wide, y, most - wide, `${size * 0.88}px ${FONT}`, this.look.colours.quiet);
  }

  #writeHost(slot, window) {
    const { cloud, layout, view, ratio } = this;
    const host = layout.hostOf[slot];
    const size = Math.min(12 * ratio, STRIP * view.scale * 0.62);
    const x = view.toScreenX(layout.x[slot] + 4);
    const y = view.toScreenY(layout.y[slot] + STRIP / 2);
    const right = view.toScreenX(layout.x[slot] + CELL - 4);
    const font = `${size}px ${FONT}`;
    const said = saidOf(cloud, host);
    this.context.font = font;
    const wide = this.context.measureText(said).width;
    this.#text(said, right - wide, y, wide + 1, font, this.look.colours.quiet);
    const most = right - wide - 8 * ratio - x;
    this.#text(ending(this.context, cloud.shortName(host), most), x, y, most, font, this.look.colours.text);
    if ((GRID / layout.sideOf(host)) * view.scale >= 64 * ratio) this.#writeServers(slot, host, window);
  }

  #writeServers(slot, host, window) {
    const { cloud, layout, view, ratio } = this;
    cloud.members[host].forEach((place, index) => {
      const tile = layout.tile(slot, index);
      if (!isIn(window, tile.x, tile.y, tile.size, tile.size)) return;
      const size = tile.size * view.scale;
      const inset = size * 0.08 + 5 * ratio;
      const font = Math.min(13 * ratio, size / 7);
      const x = view.toScreenX(tile.x) + inset;
      const y = view.toScreenY(tile.y) + inset;
      this.#text(cloud.names[place], x, y + font / 2, size - 2 * inset, `600 ${font}px ${FONT}`, '#ffffff', true);
      if (size < 90 * ratio) return;
      this.#text(`${cloud.states.list[cloud.state[place]]} · ${cloud.vcpus[place]} vCPU`, x, y + font * 1.9, size - 2 * inset, `${font * 0.9}px ${FONT}`, '#ffffff', true);
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
}

function saidOf(cloud, host) {
  const { isNowhere, state, status } = cloud.hosts[host];
  if (isNowhere) return `${cloud.members[host].length}`;
  if (state === 'down') return 'down';
  return status === 'disabled' ? 'off' : `${Math.round(cloud.loadOf(host) * 100)} %`;
}

const isIn = (window, x, y, width, height) => x <= window.right && y <= window.bottom && x + width >= window.left && y + height >= window.top;

/* Names of hosts differ in how they end. */
function ending(context, text, most) {
  const wide = context.measureText(text).width;
  if (wide <= most) return text;
  for (let letters = Math.floor((text.length * most) / wide); letters > 1; letters--) {
    const shown = `…${text.slice(-letters)}`;
    if (context.measureText(shown).width <= most) return shown;
  }
  return '';
}

function shorten(context, text, most) {
  const wide = context.measureText(text).width;
  if (wide <= most) return text;
  const letters = Math.floor((text.length * most) / wide) - 1;
  return letters < 2 ? '' : `${text.slice(0, letters)}…`;
}
