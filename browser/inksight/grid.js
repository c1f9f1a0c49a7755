/** Grids of numbers, row by row: what the package does with NumPy arrays of two axes, and a few of its reductions. */

/**
 * @template {Float32Array | Float64Array | Uint8Array | Int32Array} T
 */
export class Grid {
  /**
   * @param {number} width
   * @param {number} height
   * @param {T} data width x height values, row by row
   */
  constructor(width, height, data) {
    this.width = width;
    this.height = height;
    this.data = data;
  }

  /** @returns {Grid<Float32Array>} all 0 */
  static floats(width, height) {
    return new Grid(width, height, new Float32Array(width * height));
  }

  /** @returns {Grid<Uint8Array>} all 0 */
  static bytes(width, height) {
    return new Grid(width, height, new Uint8Array(width * height));
  }

  /** @returns {Grid<T>} */
  copy() {
    return new Grid(this.width, this.height, this.data.slice());
  }

  /** The value in column x of row y. */
  at(x, y) {
    return this.data[y * this.width + x];
  }

  /** @returns {Grid<T>} rows and columns exchanged */
  transposed() {
    const { width, height, data } = this;
    const out = new data.constructor(data.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) out[x * height + y] = data[y * width + x];
    }
    return new Grid(height, width, out);
  }

  /** @returns {Grid<Uint8Array>} 1 where `test` holds of the value */
  where(test) {
    const out = new Uint8Array(this.data.length);
    for (let i = 0; i < out.length; i++) out[i] = test(this.data[i]) ? 1 : 0;
    return new Grid(this.width, this.height, out);
  }
}

/** The box (x0, y0, x1, y1) around what is not 0 in a mask; null where there is nothing. */
export function boxOf(mask) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -1, -1];
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) {
      if (mask.data[y * mask.width + x]) {
        x0 = Math.min(x0, x);
        x1 = Math.max(x1, x);
        y0 = Math.min(y0, y);
        y1 = y;
      }
    }
  }
  return x1 < 0 ? null : [x0, y0, x1 + 1, y1 + 1];
}

/** How many values are not 0. */
export function count(mask) {
  let total = 0;
  for (const value of mask.data) total += value ? 1 : 0;
  return total;
}

/** The sum of some numbers. */
export function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The place of the largest value, the first of equals. */
export function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/**
 * The percentiles of some numbers, between two of them by the way (NumPy's "linear").
 * @param {Iterable<number>} values
 * @param {number[]} shares in 0..100
 * @returns {number[]}
 */
export function percentiles(values, shares) {
  const sorted = Float64Array.from(values).sort();
  return shares.map((share) => {
    const place = (share / 100) * (sorted.length - 1);
    const low = Math.floor(place);
    const high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  });
}

/** The median of some numbers. */
export function median(values) {
  return percentiles(values, [50])[0];
}

/** Rounded to the nearest whole number, halves to the even one, as NumPy's rint and Python's round. */
export function rint(value) {
  const low = Math.floor(value);
  const apart = value - low;
  if (apart !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/** The value held within low..high. */
export function clip(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** y at each place of `at`, between the points (xs, ys), xs rising; the ends hold beyond (NumPy's interp). */
export function interp(at, xs, ys) {
  const out = new Float64Array(at.length);
  const last = xs.length - 1;
  for (let i = 0; i < at.length; i++) {
    const x = at[i];
    if (x >= xs[last]) out[i] = ys[last];
    else if (x <= xs[0]) out[i] = ys[0];
    else {
      let [low, high] = [0, last];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (xs[middle] <= x) low = middle;
        else high = middle;
      }
      out[i] = ys[low] + ((x - xs[low]) * (ys[low + 1] - ys[low])) / (xs[low + 1] - xs[low]);
    }
  }
  return out;
}
