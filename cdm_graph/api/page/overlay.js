/* The upper canvas of the map: what is written, outlined and pulses. */

import { CELL, STRIP } from './layout.js';
import { Lettering } from './lettering.js';
import { Pulses } from './pulses.js';

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.lettering = new Lettering(this.context);
    this.pulses = new Pulses();
  }

  /* Draw a scene {cloud, layout, view, look, ratio} with its marks: what is hovered
     over and pointed at, as slots, and what is selected, as a spot or null. Return
     whether something goes on to move. */
  draw(scene, { hovered, cursor, selected }) {
    const { canvas, context } = this;
    const { view, look, ratio } = scene;
    if (canvas.width !== view.width) canvas.width = view.width;
    if (canvas.height !== view.height) canvas.height = view.height;
    context.clearRect(0, 0, view.width, view.height);
    this.lettering.write(scene);
    this.#outline(scene, hovered, look.colours.quiet, 1);
    if (document.activeElement === canvas) this.#outline(scene, cursor, look.colours.focus, 2);
    if (selected) this.#outlineSelected(scene, selected);
    return this.pulses.draw(context, look.colours, ratio);
  }

  #outline({ layout, view, ratio }, slot, colour, wide) {
    if (slot < 0 || slot >= layout.hostOf.length) return;
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = wide * ratio;
    const edge = ratio;
    context.strokeRect(view.toScreenX(layout.x[slot]) - edge, view.toScreenY(layout.y[slot]) - edge, CELL * view.scale + 2 * edge, (CELL + STRIP) * view.scale + 2 * edge);
  }

  #outlineSelected(scene, spot) {
    const { layout, view, look, ratio } = scene;
    if (spot.isHost) {
      for (const slot of layout.slotsOf[layout.hostOf[spot.slot]]) this.#outline(scene, slot, look.colours.accent, 3);
      return;
    }
    this.#outline(scene, spot.slot, look.colours.accent, 1.5);
    const { x, y, size } = view.onScreen(spot);
    const edge = 2 * ratio;
    this.context.strokeStyle = look.colours.text;
    this.context.lineWidth = 2.5 * ratio;
    this.context.strokeRect(x - edge, y - edge, size + 2 * edge, size + 2 * edge);
  }
}
