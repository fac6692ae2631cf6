/* What colours mean: by load, state, project or age; and the legend of each.

A colour is a word as a canvas keeps its pixels: alpha, blue, green, red. For
each way of colouring there is a function of (cloud, server, host), made once a
frame, so that what is the same for all servers is worked out once. */

const LOAD = ['#2a9d8f', '#5fb878', '#c2c95a', '#f0b248', '#e5793d', '#c93a3a'];
const AGE = ['#fde3a7', '#f3b562', '#d9777a', '#9a5aa0', '#5a4aa0', '#2f3a7a'];
const AGES = [3600, 86400, 7 * 86400, 30 * 86400, 180 * 86400];
const AGE_WORDS = ['an hour', 'a day', 'a week', 'a month', 'half a year', 'older'];
const STATES = {
  active: '#2f9e6e', building: '#3b82d6', stopped: '#8894a0', paused: '#d9a514', suspended: '#b58a2c', rescued: '#a45bc4',
  resized: '#4aa8c9', error: '#d6393a', shelved: '#6d7b96', shelved_offloaded: '#5a6478', 'soft-delete': '#9c7b7b',
  deleted: '#6b5b5b',
};
const KINDS = {
  ComputeNode: '#0f766e', Instance: '#3b82d6', HostAggregate: '#c2752a', AvailabilityZone: '#8a5fc4', ServerGroup: '#c4457f',
  Flavor: '#6b8e23', Project: '#b08b1e', Port: '#708090', Volume: '#d06a55', VolumeSnapshot: '#b0849a', VolumeType: '#8f9a4d',
  StoragePool: '#a8432f', StorageNode: '#8a6350', Share: '#4f8f9f', BaremetalNode: '#4d8f56', Chassis: '#6f6aa8',
};
const MOST_PROJECTS = 8;

export const colourOfKind = (kind) => KINDS[kind] ?? '#708090';
export const colourOfState = (state) => STATES[state] ?? '#7a8a99';
export const colourOfLoad = (load, full) => ramp(LOAD, load / full);

/* The golden angle: projects that follow one another never look alike. */
export function colourOfProject(project) {
  const hue = (project * 137.508 + 190) % 360;
  const lightness = 0.5 + 0.09 * (project % 3 - 1);
  return hex(...fromHsl(hue / 360, 0.48, lightness));
}

export function painter(way, cloud, dim) {
  const words = new Map();
  const word = (colour) => {
    if (!words.has(colour)) words.set(colour, asWord(colour));
    return words.get(colour);
  };
  const paint = PAINTERS[way](cloud, word);
  if (dim.project === null) return paint;
  const faint = word(dim.colour);
  return (place, host) => (cloud.project[place] === dim.project ? paint(place, host) : faint);
}

export function legend(way, cloud) {
  return LEGENDS[way](cloud);
}

const PAINTERS = {
  load(cloud, word) {
    const steps = Array.from({ length: 65 }, (_, index) => word(ramp(LOAD, index / 64)));
    const loads = Uint8Array.from(cloud.hosts, (_, host) => Math.round(Math.min(1, cloud.loadOf(host) / cloud.fullLoad) * 64));
    return (place, host) => steps[loads[host]];
  },
  state(cloud, word) {
    const words = cloud.states.list.map((state) => word(colourOfState(state)));
    return (place) => words[cloud.state[place]];
  },
  project(cloud, word) {
    const words = cloud.projects.list.map((_, project) => word(colourOfProject(project)));
    return (place) => words[cloud.project[place]];
  },
  age(cloud, word) {
    const words = AGE.map(word);
    const unknown = word('#7a8a99');
    const now = Date.now() / 1000;
    return (place) => {
      const created = cloud.created[place];
      return created === created ? words[step(now - created)] : unknown;
    };
  },
};

const LEGENDS = {
  load: (cloud) => ({ from: '0 %', to: `${cloud.fullLoad * 100} %`, ramp: LOAD }),
  state: (cloud) => ({ entries: counted(cloud, cloud.state, cloud.states.list, 8).map(
    ({ name, count }) => ({ name: name || 'unknown', count, colour: colourOfState(name) })) }),
  project: (cloud) => ({ entries: counted(cloud, cloud.project, cloud.projects.list, MOST_PROJECTS).map(
    ({ name, count, place }) => ({ name: name || 'none', count, colour: colourOfProject(place), project: place })) }),
  age: () => ({ entries: AGE.map((colour, index) => ({ name: AGE_WORDS[index], colour })) }),
};

/* How many servers there are of each name, the most first. */
export function counted(cloud, column, names, most) {
  const counts = new Float64Array(names.length);
  for (const place of cloud.places.values()) counts[column[place]]++;
  return names
    .map((name, place) => ({ name, place, count: counts[place] }))
    .filter(({ count }) => count)
    .toSorted((one, other) => other.count - one.count)
    .slice(0, most);
}

const step = (age) => {
  const found = AGES.findIndex((most) => age < most);
  return found < 0 ? AGES.length : found;
};

function ramp(stops, part) {
  const at = Math.max(0, Math.min(1, part)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const one = rgb(stops[low]);
  const other = rgb(stops[low + 1]);
  return hex(...one.map((value, index) => value + (other[index] - value) * (at - low)));
}

export function asWord(colour) {
  const [red, green, blue] = rgb(colour);
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const hex = (...values) => `#${values.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;

function fromHsl(hue, saturation, lightness) {
  const spread = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((shift) => {
    const at = (shift + hue * 12) % 12;
    return 255 * (lightness - spread * Math.max(-1, Math.min(at - 3, 9 - at, 1)));
  });
}
