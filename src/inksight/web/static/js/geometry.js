// Points, boxes and paths in pixels of the picture.

export const distance = ([a, b], [c, d]) => Math.hypot(a - c, b - d);

/** The nearest point of a polyline: {at, point, away}, `at` being the index of the point before it. */
export function nearest(points, p) {
  let best = { at: 0, point: points[0], away: distance(points[0], p) };
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const long = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    const share = long ? Math.min(1, Math.max(0, ((p[0] - x0) * (x1 - x0) + (p[1] - y0) * (y1 - y0)) / long)) : 0;
    const point = [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
    const away = distance(point, p);
    if (away < best.away) best = { at: i - 1, point, away };
  }
  return best;
}

/** The box around points; null without any. */
export function around(points) {
  if (!points.length) return null;
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
  }
  return box;
}

/** The box around boxes. */
export const union = (boxes) => around(boxes.flatMap(([a, b, c, d]) => [[a, b], [c, d]]));

/** The area that two boxes share. */
export const overlap = (a, b) =>
  Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));

export const area = ([a, b, c, d]) => (c - a) * (d - b);

/** Whether a point lies inside a closed path. */
export function inside(path, [x, y]) {
  let is = false;
  for (let i = 0, j = path.length - 1; i < path.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [path[i], path[j]];
    if (yi > y !== yj > y && x < (xj - xi) * (y - yi) / (yj - yi) + xi) is = !is;
  }
  return is;
}

/** On which side of the line through a and b a point lies: a number's sign. */
export const side = ([ax, ay], [bx, by], [x, y]) => (bx - ax) * (y - ay) - (by - ay) * (x - ax);

/** The middle of a path, by its length. */
export function middle(points) {
  const steps = points.slice(1).map((p, i) => distance(points[i], p));
  let rest = steps.reduce((sum, s) => sum + s, 0) / 2;
  for (let i = 0; i < steps.length; i++) {
    if (rest <= steps[i]) {
      const share = steps[i] ? rest / steps[i] : 0;
      return [0, 1].map((k) => points[i][k] + share * (points[i + 1][k] - points[i][k]));
    }
    rest -= steps[i];
  }
  return points.at(-1);
}
