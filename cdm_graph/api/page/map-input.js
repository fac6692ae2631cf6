/* How the map is moved and asked: mouse, touch and keyboard. */

const MOVED = 4;
const PAN = 60;
const ZOOM = 1.4;

export class MapInput {
  constructor(map) {
    this.map = map;
    this.pointers = new Map();
    this.travelled = 0;
    const { canvas } = map;
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener('pointerdown', (event) => this.#down(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', (event) => this.#up(event));
    canvas.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId));
    canvas.addEventListener('pointerleave', () => this.#point(null));
    canvas.addEventListener('dblclick', (event) => this.#doubleClick(event));
    canvas.addEventListener('keydown', (event) => this.#key(event));
    for (const kind of ['focus', 'blur']) canvas.addEventListener(kind, () => map.redraw());
  }

  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : 1;
    const { ratio, view } = this.map;
    view.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0018)), event.offsetX * ratio, event.offsetY * ratio);
    this.map.repaint();
  }

  #down(event) {
    this.map.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    if (this.pointers.size === 1) this.travelled = 0;
  }

  #move(event) {
    const before = this.pointers.get(event.pointerId);
    const now = { x: event.offsetX, y: event.offsetY };
    if (!before) return this.#point(now);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y);
    this.pointers.set(event.pointerId, now);
    if (others.length) this.#pinch(before, now, others[0]);
    else if (this.travelled > MOVED) this.#drag(before, now);
    return undefined;
  }

  #drag(before, now) {
    const { map } = this;
    map.view.pan((now.x - before.x) * map.ratio, (now.y - before.y) * map.ratio);
    this.#point(null);
    map.repaint();
  }

  #pinch(before, now, other) {
    const { map } = this;
    const spread = (point) => Math.max(8, Math.hypot(point.x - other.x, point.y - other.y));
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    map.view.pan(((now.x - before.x) / 2) * map.ratio, ((now.y - before.y) / 2) * map.ratio);
    map.view.zoom(spread(now) / spread(before), middle.x * map.ratio, middle.y * map.ratio);
    map.repaint();
  }

  #up(event) {
    const wasOne = this.pointers.size === 1 && this.pointers.has(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (wasOne && this.travelled <= MOVED) this.map.pick(this.map.at(event.offsetX, event.offsetY));
  }

  #doubleClick(event) {
    const found = this.map.at(event.offsetX, event.offsetY);
    if (found) this.map.zoomTo(found.slot);
  }

  #point(point) {
    const { map } = this;
    const found = point && map.at(point.x, point.y);
    const slot = found ? found.slot : -1;
    if (slot !== map.hovered) {
      map.hovered = slot;
      map.redraw();
    }
    map.onPoint(found, point);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.#action(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  #action({ key, shiftKey }) {
    const { map } = this;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (way && shiftKey) return () => this.#repainted(() => map.view.pan(-way[0] * PAN * map.ratio, -way[1] * PAN * map.ratio));
    if (way) return () => map.step(...way);
    if (key === '+' || key === '=') return () => this.zoom(ZOOM);
    if (key === '-') return () => this.zoom(1 / ZOOM);
    if (key === '0') return () => map.fit();
    if (key === 'Enter' && map.cursor >= 0) return () => map.pick({ slot: map.cursor, host: map.layout.hostOf[map.cursor], server: -1 });
    return null;
  }

  zoom(factor) {
    this.#repainted(() => this.map.view.zoom(factor));
  }

  #repainted(act) {
    act();
    this.map.repaint();
  }
}
