/* Where everything is on the map: groups, hosts in them, tiles in the hosts.

It is a function of the cloud and of the shape of the window: the same cloud
gives the same picture, and nothing floats about. A host that is in several
aggregates is in each of them, so a place on the map, a slot, is not a host.

A host is as large as all others, and its grid has room for the servers of
nearly all hosts: a host that has more than that gets smaller tiles. */

export const CELL = 100;
export const STRIP = 14;
/* What is left free around the tiles of a host. */
export const INSET = 4;
export const GRID = CELL - 2 * INSET;
export const PITCH_X = CELL + 8;
export const PITCH_Y = CELL + STRIP + 8;
const MARGIN = 12;
const HEADING = 34;
const BETWEEN = 26;
const USUAL = 0.98;
const SLANTS = [0.25, 0.4, 0.6, 0.8, 1, 1.3, 1.7, 2.2, 3];
const SHARES = [0.6, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.9];

export class Layout {
  constructor(cloud, grouping, aspect) {
    this.cloud = cloud;
    this.usualSide = usualSide(cloud);
    this.groups = groupsOf(cloud, grouping);
    const slots = this.groups.reduce((sum, group) => sum + group.hosts.length, 0);
    this.hostOf = new Int32Array(slots);
    this.x = new Float64Array(slots);
    this.y = new Float64Array(slots);
    this.slotsOf = cloud.hosts.map(() => []);
    this.#place(aspect);
  }

  /* How many tiles are beside one another on a host. */
  sideOf(host) {
    return Math.max(this.usualSide, Math.ceil(Math.sqrt(this.cloud.members[host].length)));
  }

  /* The slot at a point of the map, or -1. */
  slotAt(x, y) {
    for (const group of this.groups) {
      if (x < group.x || y < group.y || x > group.x + group.width || y > group.y + group.height) continue;
      const column = Math.floor((x - group.x - MARGIN) / PITCH_X);
      const row = Math.floor((y - group.y - HEADING) / PITCH_Y);
      const index = row * group.columns + column;
      const isCell = column >= 0 && row >= 0 && column < group.columns && index < group.hosts.length;
      return isCell ? group.first + index : -1;
    }
    return -1;
  }

  /* The server at a point of a slot, or -1. */
  serverAt(slot, x, y) {
    const host = this.hostOf[slot];
    const side = this.sideOf(host);
    const column = Math.floor(((x - this.x[slot] - INSET) / GRID) * side);
    const row = Math.floor(((y - this.y[slot] - STRIP) / GRID) * side);
    if (column < 0 || row < 0 || column >= side || row >= side) return -1;
    return this.cloud.members[host][row * side + column] ?? -1;
  }

  /* Where a tile is: x, y and its size, in a slot of its host. */
  tile(slot, index) {
    const side = this.sideOf(this.hostOf[slot]);
    const size = GRID / side;
    return {
      x: this.x[slot] + INSET + (index % side) * size, y: this.y[slot] + STRIP + Math.floor(index / side) * size, size,
    };
  }

  #place(aspect) {
    const { boxes, width, height } = bestPacking(this.groups, aspect);
    Object.assign(this, { width, height });
    let first = 0;
    this.groups.forEach((group, index) => {
      Object.assign(group, boxes[index], { first });
      this.#placeHosts(group);
      first += group.hosts.length;
    });
  }

  #placeHosts(group) {
    group.hosts.forEach((host, index) => {
      const slot = group.first + index;
      this.hostOf[slot] = host;
      this.x[slot] = group.x + MARGIN + (index % group.columns) * PITCH_X;
      this.y[slot] = group.y + HEADING + Math.floor(index / group.columns) * PITCH_Y;
      this.slotsOf[host].push(slot);
    });
  }
}

function usualSide(cloud) {
  const counts = cloud.members.slice(0, -1).map((members) => members.length).toSorted((one, other) => one - other);
  const usual = counts[Math.min(counts.length - 1, Math.floor(counts.length * USUAL))] ?? 1;
  return Math.max(2, Math.ceil(Math.sqrt(usual * 1.1)));
}

/* Try shapes of groups and widths of shelves; the largest picture is the best. */
function bestPacking(groups, aspect) {
  let best = null;
  for (const slant of SLANTS) {
    const shapes = groups.map((group) => shape(group.hosts.length, aspect * slant));
    const area = shapes.reduce((sum, { width, height }) => sum + (width + BETWEEN) * (height + BETWEEN), 0);
    for (const share of SHARES) {
      const packing = pack(shapes, Math.sqrt(area * aspect) * share);
      packing.scale = Math.min(aspect / packing.width, 1 / packing.height);
      if (!best || packing.scale > best.scale * 1.001) best = packing;
    }
  }
  return best;
}

function pack(shapes, wanted) {
  const widest = Math.max(wanted, ...shapes.map(({ width }) => width));
  const packing = { boxes: [], width: 0, height: 0 };
  let x = 0, y = 0, tallest = 0;
  for (const box of shapes) {
    if (x > 0 && x + box.width > widest) {
      x = 0;
      y += tallest + BETWEEN;
      tallest = 0;
    }
    packing.boxes.push({ ...box, x, y });
    x += box.width + BETWEEN;
    tallest = Math.max(tallest, box.height);
    packing.width = Math.max(packing.width, x - BETWEEN);
    packing.height = Math.max(packing.height, y + box.height);
  }
  return packing;
}

function shape(count, aspect) {
  const columns = Math.max(1, Math.min(count, Math.round(Math.sqrt(count * aspect * (PITCH_Y / PITCH_X)))));
  return {
    columns,
    width: Math.max(1.4, columns) * PITCH_X - 8 + 2 * MARGIN,
    height: HEADING + Math.ceil(count / columns) * PITCH_Y - 8 + MARGIN,
  };
}

function groupsOf(cloud, grouping) {
  const names = grouping === 'zones' ? cloud.zones.list : cloud.aggregates.map(({ name }) => name);
  const rest = { name: grouping === 'zones' ? 'no zone' : 'no aggregate', hosts: [] };
  const groups = names.map((name) => ({ name, hosts: [] }));
  cloud.hosts.slice(0, -1).forEach((host, place) => {
    const of = grouping === 'zones' ? [host.zone].filter((zone) => zone !== null) : host.aggregates;
    for (const group of of.length ? of.map((each) => groups[each]) : [rest]) group.hosts.push(place);
  });
  groups.sort((one, other) => (one.name < other.name ? -1 : 1));
  /* It is always there: servers pass through it, and nothing else may jump. */
  const nowhere = { name: 'on no host', hosts: [cloud.nowhere] };
  return [...groups, rest, nowhere].filter((group) => group.hosts.length);
}
