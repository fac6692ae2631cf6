/* The colours of style.css, for what is drawn and not styled. */

const NAMES = {
  ground: '--ground', panel: '--panel', line: '--line', text: '--text', quiet: '--quiet', accent: '--accent',
  focus: '--focus', group: '--group', host: '--host', hostOff: '--host-off', hostDown: '--host-down',
  tileDim: '--tile-dim', pulse: '--pulse', live: '--live', offline: '--offline',
};

export const dark = matchMedia('(prefers-color-scheme: dark)');

export function cssColours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(Object.entries(NAMES).map(([name, property]) => [name, asHex(style.getPropertyValue(property).trim())]));
}

/* #abc as #aabbcc: pixels are made of the long form. */
export function asHex(colour) {
  return colour.length === 4 ? `#${colour.slice(1).split('').map((digit) => digit + digit).join('')}` : colour;
}
