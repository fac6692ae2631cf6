/* Which part of the map the window shows, in the pixels of the device. */

const NEAREST = 40;

export class View {
  constructor() {
    this.scale = 1;
    this.left = 0;
    this.top = 0;
    this.width = 1;
    this.height = 1;
    this.isFit = true;
    this.fitted = 1;
  }

  toScreenX(x) {
    return (x - this.left) * this.scale;
  }

  toScreenY(y) {
    return (y - this.top) * this.scale;
  }

  /* A square of the map, as it is on the screen. */
  onScreen({ x, y, size }) {
    return { x: this.toScreenX(x), y: this.toScreenY(y), size: size * this.scale };
  }

  toMap(x, y) {
    return { x: x / this.scale + this.left, y: y / this.scale + this.top };
  }

  window() {
    const { left, top, scale, width, height } = this;
    return { left, top, right: left + width / scale, bottom: top + height / scale };
  }

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  fit({ width, height }, margin = 14) {
    const across = (this.width - 2 * margin) / width;
    const down = (this.height - 2 * margin) / height;
    this.fitted = Math.max(0.001, Math.min(across, down, 2.4));
    this.scale = this.fitted;
    this.left = width / 2 - this.width / 2 / this.scale;
    this.top = Math.max(height / 2 - this.height / 2 / this.scale, -margin / this.scale);
    if (height * this.scale < this.height) this.top = -margin / this.scale;
    this.isFit = true;
  }

  pan(right, down) {
    this.left -= right / this.scale;
    this.top -= down / this.scale;
    this.isFit = false;
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const at = this.toMap(x, y);
    this.scale = Math.max(this.fitted * 0.5, Math.min(NEAREST, this.scale * factor));
    this.left = at.x - x / this.scale;
    this.top = at.y - y / this.scale;
    this.isFit = false;
  }

  centre(x, y, scale = this.scale) {
    this.scale = Math.min(NEAREST, scale);
    this.left = x - this.width / 2 / this.scale;
    this.top = y - this.height / 2 / this.scale;
    this.isFit = false;
  }
}
