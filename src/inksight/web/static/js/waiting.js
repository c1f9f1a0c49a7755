// How far the work is, and how long it still takes: from the times that the server has measured on this machine.

const NAMES = { sheet: "Looking at the picture", segmentation: "Finding the ink", detection: "Finding the words", tracing: "Tracing the words" };
const TICK = 250; // milliseconds

const left = (seconds) => (seconds < 1.5 ? "a moment" : seconds < 90 ? `about ${Math.round(seconds)} s` : `about ${Math.round(seconds / 60)} min`);

export class Waiting {
  #steps = null; #step = null; #begin = 0; #share = 0; #timer = null;

  /** `show(text, share)` is called a few times a second. */
  constructor(show) { this.show = show; }

  /** A step has begun; `seconds` has those that each step takes. */
  step(step, seconds) {
    [this.#steps, this.#step, this.#begin, this.#share] = [seconds, step, performance.now(), 0];
    this.#timer ??= setInterval(() => this.#tell(), TICK);
    this.#tell();
  }

  /** So much of the step is done, by its own count (0..1). */
  progress(share) {
    this.#share = share;
    this.#tell();
  }

  end() {
    clearInterval(this.#timer);
    this.#timer = this.#steps = null;
  }

  #tell() {
    if (!this.#steps) return;
    const names = Object.keys(this.#steps), at = names.indexOf(this.#step);
    const spent = (performance.now() - this.#begin) / 1000, expected = this.#steps[this.#step];
    const own = this.#share > 0.05 ? spent * (1 - this.#share) / this.#share : Math.max(0, expected - spent);
    const sum = (part) => part.reduce((total, name) => total + this.#steps[name], 0);
    const rest = own + sum(names.slice(at + 1)), done = sum(names.slice(0, at)) + spent;
    this.show(`${NAMES[this.#step] ?? this.#step} (${at + 1} of ${names.length}), ${left(rest)} left`, done / Math.max(0.1, done + rest));
  }
}
