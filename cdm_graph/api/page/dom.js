/* Making elements of the document. What comes from the daemon is only ever
set as text: a server may be called as its owner likes. */

export const $ = (id) => document.getElementById(id);

/* Return a new element: attributes, handlers (onclick) and children. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/* A bar of a chart, as SVG: the policy of the page allows no style of its own. */
export function bar(part, colour) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 100 8');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(rectangle(0, 100, 'var(--ground)'), rectangle(0, Math.max(0.5, Math.min(1, part) * 100), colour));
  return svg;
}

/* Colours that are data are set by script: a stylesheet cannot know them. */
export function swatch(colour, isRound = false) {
  const made = make('span', { class: isRound ? 'swatch round' : 'swatch', 'aria-hidden': 'true' });
  made.style.background = colour;
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

function rectangle(x, width, colour) {
  const made = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ x, y: 0, width, height: 8, rx: 2 })) made.setAttribute(name, value);
  made.style.fill = colour;
  return made;
}

/* Call at most once in a while, the last time for sure. */
export function paced(act, milliseconds) {
  let timer = 0;
  return () => {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      act();
    }, milliseconds);
  };
}
