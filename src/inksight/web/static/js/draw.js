// A box to write in: the strokes become a picture, which is traced like any photo.

export class Pad {
  #strokes = []; #pen = null;

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    canvas.addEventListener("pointerdown", (e) => {
      if (e.button || this.#pen) return;
      canvas.setPointerCapture(e.pointerId);
      this.#pen = [this.#at(e)];
      this.#strokes.push(this.#pen);
      this.#paint();
    });
    canvas.addEventListener("pointermove", (e) => {
      if (!this.#pen) return;
      const steps = e.getCoalescedEvents?.() ?? [];
      for (const step of steps.length ? steps : [e]) this.#pen.push(this.#at(step));
      this.#paint();
    });
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => { this.#pen = null; });
    this.clear();
  }

  get strokes() { return this.#strokes; }

  clear() {
    this.#strokes = [];
    this.#paint();
  }

  picture() {
    this.#paint();
    return new Promise((done) => this.canvas.toBlob(done, "image/png"));
  }

  /** How many strokes were drawn and traced, and how many of the drawn ones were traced as such, or from end to start. */
  compare(word) {
    const reach = Math.max(12, 0.15 * (word.box[3] - word.box[1]));
    const near = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) <= reach;
    const matched = (from, to) => this.#strokes.filter((s) => word.strokes.some((t) => near(s[0], t.at(from)) && near(s.at(-1), t.at(to))));
    const same = matched(0, -1);
    const turned = matched(-1, 0).filter((s) => !same.includes(s));
    return { drawn: this.#strokes.length, traced: word.strokes.length, same: same.length, turned: turned.length };
  }

  #at(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [(event.clientX - left) / width * this.canvas.width, (event.clientY - top) / height * this.canvas.height];
  }

  #paint() {
    const { context, canvas } = this;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(context, { strokeStyle: "#1a1a2e", fillStyle: "#1a1a2e", lineWidth: 5, lineCap: "round", lineJoin: "round" });
    for (const stroke of this.#strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      for (const point of stroke.length > 1 ? stroke.slice(1) : [stroke[0]]) context.lineTo(...point);
      context.stroke();
    }
  }
}
