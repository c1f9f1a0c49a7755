// Plays the writing: one stroke after the other draws itself, at an even pace.

const PACE = 9; // word heights a second
const AIR = 0.09; // seconds between strokes
const WORD_AIR = 0.22; // and between words

export class Player extends EventTarget {
  #strokes = []; #total = 0; #now = 0; #last = null; #frame = 0; speed = 1;

  get playing() { return this.#last !== null; }
  /** How long it takes at the speed 1. */
  get seconds() { return this.#total; }
  get share() { return this.#total ? this.#now / this.#total : 1; }

  /** `paths`: the elements of each word's strokes; `words`: their points. Keeps its place. */
  load(words, paths) {
    const share = this.share;
    this.#strokes = [];
    let at = 0;
    words.forEach((word, i) => {
      const height = Math.max(12, word.box[3] - word.box[1]);
      word.strokes.forEach((points, k) => {
        let length = 0;
        for (let p = 1; p < points.length; p++) length += Math.hypot(points[p][0] - points[p - 1][0], points[p][1] - points[p - 1][1]);
        const seconds = Math.max(0.05, length / height / PACE);
        this.#strokes.push({ element: paths[i][k], begin: at, end: at + seconds, word: i });
        at += seconds + AIR;
      });
      at += WORD_AIR;
    });
    this.#total = at;
    this.#now = share * at;
    this.#paint();
  }

  play() {
    if (!this.#strokes.length || this.playing) return;
    if (this.share >= 0.999) this.#now = 0;
    this.#last = performance.now();
    this.#frame = requestAnimationFrame((t) => this.#tick(t));
    this.#tell();
  }

  pause() {
    cancelAnimationFrame(this.#frame);
    this.#last = null;
    this.#tell();
  }

  /** Jump there, and stay. */
  seek(share) {
    cancelAnimationFrame(this.#frame);
    this.#last = null;
    this.#now = share * this.#total;
    this.#paint();
    this.#tell();
  }

  /** Play from where a word begins. */
  playFrom(word) {
    const first = this.#strokes.find((s) => s.word === word);
    if (!first) return;
    this.seek(first.begin / this.#total);
    this.play();
  }

  #tick(time) {
    this.#now = Math.min(this.#total, this.#now + Math.max(0, time - this.#last) / 1000 * this.speed);
    this.#last = time;
    this.#paint();
    if (this.#now >= this.#total) this.pause();
    else {
      this.#frame = requestAnimationFrame((t) => this.#tick(t));
      this.#tell();
    }
  }

  #paint() {
    for (const { element, begin, end } of this.#strokes) {
      const share = Math.min(1, Math.max(0, (this.#now - begin) / (end - begin)));
      element.classList.toggle("unwritten", share === 0);
      if (share > 0 && share < 1) element.setAttribute("stroke-dasharray", `${share} 2`);
      else element.removeAttribute("stroke-dasharray");
    }
  }

  #tell() { this.dispatchEvent(new Event("change")); }
}
