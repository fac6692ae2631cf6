/* The ground of the map, as pixels: groups, hosts and tiles.

A hundred thousand rectangles that a canvas is told to draw are a hundred
thousand commands, which somebody else has to carry out without a GPU. Written
into an array they are a few million words, and one copy. A frame costs what the
window has of pixels, not what the cloud has of servers: tiles that are smaller
than a pixel are sampled. */

import { CELL, GRID, INSET, STRIP } from './layout.js';
import { asWord, painter } from './colours.js';

const SAMPLED = 2;
const ROUNDED = 10;

export class Raster {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { alpha: false });
    this.image = null;
  }

  draw(cloud, layout, view, look) {
    this.#fit(view);
    this.pixels.fill(asWord(look.colours.ground));
    const group = asWord(look.colours.group);
    const paint = painter(look.way, cloud, { project: look.project, colour: look.colours.tileDim });
    const window = view.window();
    for (const each of layout.groups) {
      if (!touches(window, each.x, each.y, each.width, each.height)) continue;
      this.#rectangle(view, each.x, each.y, each.x + each.width, each.y + each.height, group);
      for (let slot = each.first; slot < each.first + each.hosts.length; slot++) {
        if (!touches(window, layout.x[slot], layout.y[slot], CELL, CELL + STRIP)) continue;
        this.#host(cloud, layout, view, slot, look.colours, paint);
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }

  #fit({ width, height }) {
    if (this.image?.width === width && this.image.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  #host(cloud, layout, view, slot, colours, paint) {
    const host = layout.hostOf[slot];
    const x = layout.x[slot];
    const y = layout.y[slot];
    const { state, status } = cloud.hosts[host];
    const ground = state === 'down' ? colours.hostDown : status === 'disabled' ? colours.hostOff : colours.host;
    this.#rectangle(view, x, y, x + CELL, y + STRIP + CELL, asWord(ground));
    const side = layout.sideOf(host);
    const draw = (GRID / side) * view.scale < SAMPLED ? this.#sample : this.#tiles;
    draw.call(this, cloud, view, host, side, x + INSET, y + STRIP, paint);
  }

  #tiles(cloud, view, host, side, x, y, paint) {
    const members = cloud.members[host];
    const size = GRID / side;
    const gap = size * view.scale >= 3 ? Math.max(1, Math.round(size * view.scale * 0.08)) : 0;
    const edges = (from) => Array.from({ length: side + 1 }, (_, index) => Math.round(from + index * size * view.scale));
    const columns = edges(view.toScreenX(x));
    const rows = edges(view.toScreenY(y));
    for (let index = 0; index < members.length; index++) {
      const column = index % side;
      const row = (index / side) | 0;
      this.#fill(columns[column] + gap, rows[row] + gap, columns[column + 1], rows[row + 1], paint(members[index], host));
    }
  }

  /* One look at a tile for each pixel. */
  #sample(cloud, view, host, side, x, y, paint) {
    const members = cloud.members[host];
    const left = Math.round(view.toScreenX(x));
    const top = Math.round(view.toScreenY(y));
    const extent = Math.max(1, Math.round(GRID * view.scale));
    const { width, height } = this.image;
    for (let down = Math.max(0, -top); down < extent && top + down < height; down++) {
      const row = ((down * side) / extent | 0) * side;
      if (row >= members.length) break;
      const line = (top + down) * width + left;
      for (let right = Math.max(0, -left); right < extent && left + right < width; right++) {
        const index = row + ((right * side) / extent | 0);
        if (index < members.length) this.pixels[line + right] = paint(members[index], host);
      }
    }
  }

  #rectangle(view, left, top, right, bottom, word) {
    this.#fill(
      Math.round(view.toScreenX(left)), Math.round(view.toScreenY(top)),
      Math.round(view.toScreenX(right)), Math.round(view.toScreenY(bottom)), word,
    );
  }

  #fill(left, top, right, bottom, word) {
    const { width, height } = this.image;
    const isRounded = right - left >= ROUNDED && bottom - top >= ROUNDED;
    const firstRow = Math.max(0, top);
    const lastRow = Math.min(height, bottom);
    for (let row = firstRow; row < lastRow; row++) {
      const inset = isRounded && (row === top || row === bottom - 1) ? 1 : 0;
      const from = Math.max(0, left + inset);
      const to = Math.min(width, right - inset);
      if (to > from) this.pixels.fill(word, row * width + from, row * width + to);
    }
  }
}

function touches(window, x, y, width, height) {
  return x < window.right && y < window.bottom && x + width > window.left && y + height > window.top;
}
