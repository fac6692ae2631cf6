/* A graph on the screen: elements and relations, by Cytoscape.js.

The library is loaded when it is needed first. It draws and is asked where the
pointer is; where vertices are, placement.js says: there is no physics here. */

import { colourOfKind } from './colours.js';
import { cssColours, dark } from './theme.js';

const FEW = 6;
/* For so long a vertex that came is shown to be new. */
const NEWS = 2500;

export class Picture {
  constructor(container, { onPick = () => {}, onOpen = () => {}, onSay = () => {} } = {}) {
    Object.assign(this, { container, onPick, onOpen, onSay });
    this.cy = null;
    this.cursor = null;
    container.addEventListener('keydown', (event) => this.#key(event));
    dark.addEventListener('change', () => this.cy?.style(styles()));
  }

  async ready() {
    this.loading ??= this.#load();
    await this.loading;
    return this.cy;
  }

  clear() {
    this.cursor = null;
    this.cy?.elements().remove();
  }

  get count() {
    return this.cy.nodes().length;
  }

  has(id) {
    return this.cy.getElementById(id).nonempty();
  }

  kinds() {
    return [...new Set(this.cy.nodes().map((node) => node.data('kind')).filter(Boolean))];
  }

  /* Add vertices {id, kind, label, spot} and edges {source, relation, target}; of
     those that are there the label. */
  add(nodes, edges) {
    const { cy } = this;
    cy.batch(() => {
      for (const { id, label } of nodes) cy.getElementById(id).data('label', label);
      cy.add(nodes.filter(({ id }) => !this.has(id)).map(asNode));
      cy.add(edges.map(asEdge).filter(({ data }) => !this.has(data.id) && this.has(data.source) && this.has(data.target)));
      cy.nodes().forEach(tellFew);
    });
    setTimeout(() => cy.nodes('.news').removeClass('news'), NEWS);
  }

  remove(id) {
    this.cy.getElementById(id).remove();
  }

  /* Take away all vertices but some, and all edges but some. */
  retain(ids, edges) {
    const kept = new Set(edges.map((edge) => asEdge(edge).data.id));
    this.cy.batch(() => {
      this.cy.nodes().filter((node) => !ids.has(node.id())).remove();
      this.cy.edges().filter((edge) => !kept.has(edge.id()) && !edge.target().hasClass('more')).remove();
    });
  }

  fade(id, isGone) {
    this.cy.getElementById(id).toggleClass('gone', isGone);
  }

  fit() {
    const { cy } = this;
    if (!cy || cy.elements().empty()) return;
    cy.resize();
    cy.fit(undefined, 36);
    if (cy.zoom() > 1.4) cy.zoom({ level: 1.4, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  }

  mark(id) {
    const { cy } = this;
    this.cursor = id;
    cy.nodes().removeClass('marked');
    cy.getElementById(id).addClass('marked');
  }

  async #load() {
    await import('./cytoscape.min.js');
    this.cy = globalThis.cytoscape({
      container: this.container, style: styles(), autoungrabify: true, boxSelectionEnabled: false, minZoom: 0.08,
      maxZoom: 3, pixelRatio: Math.min(2, devicePixelRatio || 1),
    });
    this.cy.on('tap', 'node', (event) => this.#tapped(event.target.id()));
    this.cy.on('dbltap', 'node', (event) => this.onOpen(event.target.id()));
    new ResizeObserver(() => this.cy.resize()).observe(this.container);
  }

  #tapped(id) {
    this.mark(id);
    this.onPick(id);
  }

  #key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!this.cy || (!way && event.key !== 'Enter')) return;
    event.preventDefault();
    if (way) this.#step(...way);
    else if (this.cursor) this.onOpen(this.cursor);
  }

  #step(right, down) {
    const from = this.cy.getElementById(this.cursor ?? '');
    const next = from.empty() ? this.cy.nodes()[0] : nearest(this.cy.nodes(), from, right, down);
    if (!next) return;
    this.mark(next.id());
    this.onSay(next.data('label'), next.data('kind'));
    const { x, y } = next.renderedPosition();
    if (x < 0 || y < 0 || x > this.cy.width() || y > this.cy.height()) this.cy.center(next);
  }
}

/* Where many relations of a type meet, it is not written on each. */
function tellFew(node) {
  const edges = node.connectedEdges();
  const counts = new Map();
  edges.forEach((edge) => counts.set(edge.data('label'), (counts.get(edge.data('label')) ?? 0) + 1));
  edges.forEach((edge) => { if (counts.get(edge.data('label')) > FEW) edge.addClass('untold'); });
}

const asNode = ({ id, kind, label, spot, isMore, isRoot, isNews }) => ({
  group: 'nodes', data: { id, kind, label, colour: colourOfKind(kind) }, position: { ...spot },
  classes: [isMore && 'more', isRoot && 'root', isNews && 'news'].filter(Boolean).join(' '),
});

const asEdge = ({ source, relation, target }) => ({
  group: 'edges', data: { id: `${source} ${relation} ${target}`, source, target, label: relation.replaceAll('_', ' ').toLowerCase() },
});

function nearest(nodes, from, right, down) {
  const at = from.position();
  let best = null;
  let least = Infinity;
  nodes.forEach((node) => {
    const x = node.position('x') - at.x;
    const y = node.position('y') - at.y;
    const along = x * right + y * down;
    const away = along + 2 * (Math.abs(x * down) + Math.abs(y * right));
    if (along <= 1 || away >= least) return;
    least = away;
    best = node;
  });
  return best;
}

function styles() {
  const colours = cssColours();
  const font = 'system-ui, sans-serif';
  return [
    { selector: 'node', style: {
      width: 24, height: 24, 'background-color': 'data(colour)', label: 'data(label)', color: colours.text, 'font-size': 10,
      'font-family': font, 'text-valign': 'bottom', 'text-margin-y': 4, 'text-max-width': 112, 'text-wrap': 'ellipsis',
      'border-width': 2, 'border-color': colours.ground, 'min-zoomed-font-size': 6,
      'text-background-color': colours.ground, 'text-background-opacity': 0.8, 'text-background-padding': 1,
    } },
    { selector: 'node.root', style: { width: 36, height: 36, 'font-size': 12, 'font-weight': 600, 'text-max-width': 160 } },
    { selector: 'node[kind = "ComputeNode"], node[kind = "BaremetalNode"], node[kind = "StorageNode"]', style: { shape: 'round-rectangle' } },
    /* Names of pools differ in how they end. */
    { selector: 'node[kind = "StoragePool"], node[kind = "StorageNode"]', style: { 'text-wrap': 'wrap', 'text-overflow-wrap': 'anywhere' } },
    { selector: 'node[kind = "StoragePool"]', style: { shape: 'cut-rectangle' } },
    { selector: 'node[kind = "Volume"]', style: { shape: 'bottom-round-rectangle' } },
    { selector: 'node[kind = "VolumeSnapshot"]', style: { shape: 'round-tag' } },
    { selector: 'node[kind = "AvailabilityZone"], node[kind = "HostAggregate"], node[kind = "Chassis"]', style: { shape: 'round-hexagon' } },
    { selector: 'node[kind = "Project"], node[kind = "ServerGroup"]', style: { shape: 'round-diamond' } },
    { selector: 'node.more', style: {
      shape: 'round-rectangle', width: 54, height: 22, 'background-color': colours.panel, 'border-color': colours.quiet,
      'border-width': 1, 'border-style': 'dashed', 'text-valign': 'center', 'text-margin-y': 0, 'text-background-opacity': 0,
    } },
    { selector: 'node.gone', style: { opacity: 0.45, 'border-style': 'dashed', 'border-color': colours.quiet } },
    { selector: 'node.news', style: { 'border-color': colours.pulse, 'border-width': 4 } },
    { selector: 'node.marked', style: { 'border-color': colours.text, 'border-width': 3 } },
    { selector: 'edge', style: {
      width: 1.2, 'line-color': colours.quiet, 'line-opacity': 0.5, 'curve-style': 'straight', 'target-arrow-shape': 'triangle',
      'target-arrow-color': colours.quiet, 'arrow-scale': 0.7, label: 'data(label)', 'font-size': 8, 'font-family': font,
      color: colours.quiet, 'text-rotation': 'autorotate', 'min-zoomed-font-size': 8,
      'text-background-color': colours.ground, 'text-background-opacity': 0.85, 'text-background-padding': 1,
    } },
    { selector: 'edge.untold', style: { label: '' } },
  ];
}
