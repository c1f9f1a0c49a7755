/** A one pixel wide skeleton as a graph: lines between ends, junctions and lone pixels. The port of linegraph.py. */

import { lengthOf } from "./geometry.js";

/** The eight neighbours (row, column), clockwise from north; the even ones share a side with the pixel. */
export const RING = [[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]];

/** Lines between nodes: `lines[i]` are pixel centres from node `ends[i][0]` to node `ends[i][1]`. */
export class Graph {
  constructor(lines, ends) {
    this.lines = lines;
    this.ends = ends;
    this.lengths = lines.map(lengthOf);
  }

  /** How many line ends meet in each node. */
  degrees() {
    const out = new Map();
    for (const node of this.ends.flat()) out.set(node, (out.get(node) ?? 0) + 1);
    return out;
  }

  /** The graph with only the lines for whose index `wanted` holds. */
  keep(wanted) {
    const kept = [...this.lines.keys()].filter(wanted);
    return new Graph(kept.map((i) => this.lines[i]), kept.map((i) => this.ends[i]));
  }

  /** The graph with only the `count` longest lines. */
  longest(count) {
    if (this.lines.length <= count) return this;
    const order = [...this.lines.keys()].sort((a, b) => this.lengths[b] - this.lengths[a]);
    const kept = new Set(order.slice(0, count));
    return this.keep((i) => kept.has(i));
  }
}

/** The graph of a skeleton as `thin` makes it. */
export function build(skeleton) {
  const places = [];
  const number = new Map();
  for (let y = 0; y < skeleton.height; y++) {
    for (let x = 0; x < skeleton.width; x++) {
      if (!skeleton.at(x, y)) continue;
      number.set(y * skeleton.width + x, places.length);
      places.push([x, y]);
    }
  }
  const chains = chainsOf(places.map(([x, y]) => linked(skeleton, number, x, y)));
  const lines = chains.map((chain) => chain.map((i) => [places[i][0] + 0.5, places[i][1] + 0.5]));
  return new Graph(lines, chains.map((chain) => [chain[0], chain[chain.length - 1]]));
}

/** A pixel's neighbours; a diagonal one only if no pixel that shares a side with both links them. */
function linked(skeleton, number, x, y) {
  const around = RING.map(([dy, dx]) => {
    const [i, j] = [x + dx, y + dy];
    const inside = i >= 0 && j >= 0 && i < skeleton.width && j < skeleton.height;
    return inside ? number.get(j * skeleton.width + i) : undefined;
  });
  return around.filter((k, at) => {
    if (k === undefined) return false;
    return at % 2 === 0 || (around[at - 1] === undefined && around[(at + 1) % 8] === undefined);
  });
}

/** Each chain of pixels between two nodes once, both nodes included; a closed one repeats its first pixel. */
function chainsOf(links) {
  const out = [];
  const unused = new Set([...links.keys()].filter((i) => links[i].length === 2));
  const walked = new Set();
  const take = (start, step) => {
    const chain = follow(links, start, step);
    for (const i of chain) unused.delete(i);
    out.push(chain);
    return chain;
  };
  links.forEach((near, node) => {
    if (!near.length) out.push([node]);
    if (near.length === 2) return;
    for (const step of near) {
      if (walked.has(`${node} ${step}`)) continue;
      const chain = take(node, step);
      walked.add(`${node} ${step}`);
      walked.add(`${chain[chain.length - 1]} ${chain[chain.length - 2]}`);
    }
  });
  while (unused.size) {
    const [start] = unused;
    take(start, links[start][0]);
  }
  return out;
}

function follow(links, start, step) {
  const chain = [start, step];
  for (;;) {
    const here = chain[chain.length - 1];
    if (links[here].length !== 2 || here === start) return chain;
    const [a, b] = links[here];
    chain.push(a === chain[chain.length - 2] ? b : a);
  }
}

/** Without the spurs, the dead ends shorter than `limit` at a junction; the shortest go first. */
export function prune(graph, limit) {
  const degree = graph.degrees();
  const gone = new Set();
  const order = [...graph.lines.keys()].sort((a, b) => graph.lengths[a] - graph.lengths[b]);
  for (const i of order) {
    const [a, b] = graph.ends[i];
    const [low, high] = [Math.min(degree.get(a), degree.get(b)), Math.max(degree.get(a), degree.get(b))];
    if (graph.lengths[i] < limit && low === 1 && high > 2) {
      gone.add(i);
      for (const node of [a, b]) degree.set(node, degree.get(node) - 1);
    }
  }
  return graph.keep((i) => !gone.has(i));
}

/** With junctions that a line shorter than `limit` links made one; rings shorter than that vanish, too. */
export function contract(graph, limit) {
  const degree = graph.degrees();
  const parent = new Map([...degree.keys()].map((node) => [node, node]));
  const root = (node) => {
    while (parent.get(node) !== node) node = parent.get(node);
    return node;
  };
  const gone = new Set();
  graph.ends.forEach(([a, b], i) => {
    if (graph.lengths[i] < limit && Math.min(degree.get(a), degree.get(b)) > 2) gone.add(i);
  });
  for (const i of gone) parent.set(root(graph.ends[i][0]), root(graph.ends[i][1]));
  const ends = graph.ends.map(([a, b]) => [root(a), root(b)]);
  ends.forEach(([a, b], i) => {
    if (a === b && graph.lengths[i] < limit && degree.get(a) > 2) gone.add(i);
  });
  return new Graph(graph.lines, ends).keep((i) => !gone.has(i));
}
