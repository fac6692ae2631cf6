/* Where the vertices of a graph are drawn: the same place each time.

What belongs to a vertex is set around it in arcs, on the side that looks away
from where one came from, sorted; a spot that is taken is passed over. Nothing
that is drawn ever moves, so a graph that grows stays the one that was read. */

const SPACING = 74;
const FIRST = 120;
const FURTHER = 66;
const CLEAR = 50;
const FAN = (Math.PI * 2) / 3;

export class Placement {
  constructor() {
    this.spots = new Map();
    this.heading = new Map();
    this.grid = new Map();
  }

  has(id) {
    return this.spots.has(id);
  }

  of(id) {
    return this.spots.get(id);
  }

  /* Place a vertex by itself, at a spot or to the right of it. */
  root(id, { x, y } = { x: 0, y: 0 }) {
    if (this.has(id)) return;
    let right = x;
    while (!this.#isClear(right, y)) right += SPACING;
    this.#take(id, { x: right, y });
  }

  /* Place vertices, in their order, around another one. */
  around(parent, ids) {
    const centre = this.of(parent);
    const heading = this.heading.get(parent);
    const fan = heading === undefined ? Math.PI * 2 : FAN;
    const spots = arcs(centre, heading ?? -Math.PI / 2, fan, ids.length);
    for (const id of ids) {
      if (this.has(id)) continue;
      let spot = spots.next().value;
      while (!this.#isClear(spot.x, spot.y)) spot = spots.next().value;
      this.#take(id, spot);
      this.heading.set(id, Math.atan2(spot.y - centre.y, spot.x - centre.x));
    }
  }

  forget(id) {
    const spot = this.of(id);
    if (!spot) return;
    this.spots.delete(id);
    this.grid.delete(square(spot.x, spot.y));
  }

  #take(id, spot) {
    this.spots.set(id, spot);
    this.grid.set(square(spot.x, spot.y), spot);
  }

  #isClear(x, y) {
    for (let right = -1; right <= 1; right++) {
      for (let down = -1; down <= 1; down++) {
        const other = this.grid.get(square(x + right * CLEAR, y + down * CLEAR));
        if (other && Math.hypot(other.x - x, other.y - y) < CLEAR) return false;
      }
    }
    return true;
  }
}

/* Yield spots in arcs that grow outwards, without end. */
function* arcs(centre, heading, fan, count) {
  const isWhole = fan > Math.PI;
  let left = count;
  for (let ring = 0; ; ring++) {
    const radius = Math.max(FIRST + ring * FURTHER, isWhole && count <= 24 ? (count * SPACING) / fan : 0);
    const room = Math.max(1, Math.floor((radius * fan) / SPACING));
    const many = left > 0 ? Math.min(room, left) : room;
    const step = isWhole ? fan / many : fan / room;
    for (let index = 0; index < many; index++) {
      const offset = isWhole ? index * step : (index - (many - 1) / 2) * step;
      yield { x: centre.x + radius * Math.cos(heading + offset), y: centre.y + radius * Math.sin(heading + offset) };
    }
    left -= many;
  }
}

const square = (x, y) => `${Math.floor(x / CLEAR)},${Math.floor(y / CLEAR)}`;
