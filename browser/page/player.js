/** The picture with its ink on a canvas, coloured in writing order, and the writing played again. */

import { usualWidth } from "./inksight/formats.js";
import { times } from "./inksight/timing.js";

const FADED = 0.35; // how strongly the picture shows under the ink
const LONGEST = 6; // seconds that a replay takes at most

/** The colour of ink when this share (0..1) of the writing is done: hues from red to purple. */
export function hue(share) {
  return `hsl(${Math.round(288 * share)} 85% 42%)`;
}

export class Player {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLButtonElement} button plays and pauses
   * @param {HTMLInputElement} scrub how much is written, 0..1000
   * @param {HTMLInputElement} shown whether the picture is seen
   */
  constructor(canvas, button, scrub, shown) {
    Object.assign(this, { canvas, button, scrub, shown });
    this.running = 0;
    this.picture = null;
    this.strokes = [];
    button.addEventListener("click", () => (this.running ? this.pause() : this.play()));
    scrub.addEventListener("input", () => {
      this.pause();
      this.draw();
    });
    shown.addEventListener("change", () => this.draw());
  }

  /**
   * @param {import("./inksight/formats.js").Page} page
   * @param {Blob} blob its picture
   */
  async show(page, blob) {
    this.pause();
    this.picture?.close();
    this.picture = await createImageBitmap(blob, { imageOrientation: "from-image" });
    const scale = Math.min(1, 1600 / Math.max(page.width, page.height)) * (page.width < 400 ? 2 : 1);
    this.canvas.width = Math.round(page.width * scale);
    this.canvas.height = Math.round(page.height * scale);
    this.scale = scale;
    this.strokes = page.word.strokes.map((s) => s.points);
    this.width = Math.max(usualWidth(page.word) * 0.5, 1.2 / scale);
    this.times = times(this.strokes);
    const last = this.times[this.times.length - 1];
    this.total = last ? last[last.length - 1] + 0.05 : 0;
    this.scrub.value = 1000;
    this.draw();
  }

  play() {
    if (!this.strokes.length) return;
    const seconds = Math.min(Math.max(this.total, 1), LONGEST);
    const from = this.scrub.value >= 1000 ? 0 : this.scrub.value / 1000;
    const start = performance.now();
    this.button.textContent = "Pause";
    const frame = (now) => {
      const share = Math.min(from + Math.max(now - start, 0) / 1000 / seconds, 1);
      this.scrub.value = Math.round(1000 * share);
      this.draw();
      if (share < 1) this.running = requestAnimationFrame(frame);
      else this.pause();
    };
    this.running = requestAnimationFrame(frame);
  }

  pause() {
    cancelAnimationFrame(this.running);
    this.running = 0;
    this.button.textContent = "Play";
  }

  /** Draw what is written by now. */
  draw() {
    const pen = this.canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.picture && this.shown.checked) {
      pen.globalAlpha = FADED;
      pen.drawImage(this.picture, 0, 0, this.canvas.width, this.canvas.height);
      pen.globalAlpha = 1;
    }
    pen.scale(this.scale, this.scale);
    pen.lineWidth = this.width;
    pen.lineCap = pen.lineJoin = "round";
    const now = (this.scrub.value / 1000) * this.total;
    this.strokes.forEach((points, i) => {
      const passed = this.times[i];
      const written = this.scrub.value >= 1000 ? points : until(points, passed, now);
      if (!written.length) return;
      for (let k = 1; k < written.length; k++) {
        pen.strokeStyle = hue(passed[k] / this.total);
        pen.beginPath();
        pen.moveTo(...written[k - 1]);
        pen.lineTo(...written[k]);
        pen.stroke();
      }
      pen.fillStyle = hue(passed[0] / this.total);
      pen.beginPath(); // where the pen came down
      pen.arc(...points[0], this.width * 1.1, 0, 2 * Math.PI);
      pen.fill();
    });
  }
}

/** The points that the pen has passed, and where it is. */
function until(points, passed, now) {
  const count = passed.findIndex((t) => t > now);
  if (count < 0) return points;
  if (count === 0) return [];
  const [a, b] = [points[count - 1], points[count]];
  const share = (now - passed[count - 1]) / Math.max(passed[count] - passed[count - 1], 1e-9);
  return [...points.slice(0, count), [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]];
}
