/**
 * How a pen may have run through a graph of lines: straight on at crossings, and back over short ways to save a lift.
 * The port of penpath.py. A run is a list of directed lines: 2 i is line i, 2 i + 1 the way back.
 */

import { arcLengths } from "./geometry.js";

const CROWD = 12;
const AGAINST = 0.5;
const HORIZON = 24;

/** The points along a run. */
export function pointsOf(graph, run) {
  return run.flatMap((k) => (k % 2 ? [...graph.lines[k >> 1]].reverse() : graph.lines[k >> 1]));
}

/** For each directed line the unit vector in which it leaves its first node, beyond the blot of a junction. */
export function headings(graph, pen) {
  return Array.from({ length: 2 * graph.lines.length }, (_, k) => {
    const points = pointsOf(graph, [k]);
    const s = arcLengths(points);
    const total = s[s.length - 1];
    const [near, far] = [Math.min(pen / 2, total / 3), Math.min(2.5 * pen, total)].map((way) =>
      s.findIndex((v) => v >= way),
    );
    const step = [points[far][0] - points[near][0], points[far][1] - points[near][1]];
    const norm = Math.max(Math.hypot(...step), 1e-9);
    return [step[0] / norm, step[1] / norm];
  });
}

/** Every line once, in runs that go on at a junction with the line that needs the smallest turn. */
export function straightRuns(graph, heads, maxTurn) {
  const meeting = new Map();
  graph.ends.forEach(([a, b], i) => {
    append(meeting, a, 2 * i);
    append(meeting, b, 2 * i + 1);
  });
  const partner = new Map();
  for (const ends of meeting.values()) for (const [a, b] of straightest(heads, ends, maxTurn)) partner.set(a, b);
  return spliced(graph, chains(graph.lines.length, partner), heads);
}

function append(lists, key, value) {
  if (!lists.has(key)) lists.set(key, []);
  lists.get(key).push(value);
}

/** The runs with each closed one that meets another taken in there as a loop, such as the eye of an e. */
function spliced(graph, runs, heads) {
  const isClosed = (run) => start(graph, run[0]) === start(graph, lastOf(run) ^ 1);
  let loops = runs.filter(isClosed);
  const out = runs.filter((run) => !isClosed(run));
  const host = new Map();
  const settle = (run, i) => {
    for (const k of run) host.set(start(graph, k), i);
  };
  out.forEach((run, i) => settle([...run, lastOf(run) ^ 1], i));
  while (loops.length) {
    const waiting = [];
    for (const run of loops) {
      const n = run.findIndex((k) => host.has(start(graph, k)));
      if (n < 0) {
        waiting.push(run);
        continue;
      }
      const turned = [...run.slice(n), ...run.slice(0, n)];
      const i = host.get(start(graph, turned[0]));
      out[i] = inserted(graph, out[i], turned, heads);
      settle(turned, i);
    }
    if (waiting.length === loops.length) {
      out.push(waiting.shift()); // loops that only meet each other, or nothing: the first becomes a run
      settle(lastOf(out), out.length - 1);
    }
    loops = waiting;
  }
  return out;
}

/** The run with the loop put in where and in the direction that turns least. */
function inserted(graph, run, loop, heads) {
  const here = start(graph, loop[0]);
  const places = [...run.keys()].filter((n) => start(graph, run[n]) === here);
  if (start(graph, lastOf(run) ^ 1) === here) places.push(run.length);
  const ways = places.slice(0, CROWD).flatMap((n) => [[n, loop], [n, back(loop)]]);
  const turns = (...ks) => ks.slice(1).reduce((total, k, i) => total + turn(heads, ks[i], k), 0);
  const bend = ([n, way]) => {
    const [before, after] = [run.slice(Math.max(n - 1, 0), n), run.slice(n, n + 1)];
    return turns(...before, way[0]) + turns(lastOf(way), ...after) - turns(...before, ...after);
  };
  const [n, way] = ways.reduce((best, other) => (bend(other) < bend(best) ? other : best));
  return [...run.slice(0, n), ...way, ...run.slice(n)];
}

function lastOf(list) {
  return list[list.length - 1];
}

/** The node in which a directed line starts. */
function start(graph, k) {
  return graph.ends[k >> 1][k % 2];
}

/** By how many radians the pen turns from one directed line to the next, 0 for straight on. */
function turn(heads, a, b) {
  return between(heads[a ^ 1], heads[b]);
}

function between(one, other) {
  return Math.acos(Math.min(Math.max(-(one[0] * other[0] + one[1] * other[1]), -1), 1));
}

/** The pairs among the line ends that meet in a node, the straightest first. */
function straightest(heads, ends, maxTurn) {
  const pairs = new Map();
  if (ends.length === 2) return new Map([[ends[0], ends[1]], [ends[1], ends[0]]]);
  const some = ends.slice(0, CROWD);
  const ways = some.flatMap((a) => some.map((b) => ({ a, b, turn: between(heads[a], heads[b]) })));
  for (const { a, b, turn: by } of ways.sort((one, other) => one.turn - other.turn)) {
    if (by < maxTurn && a >> 1 !== b >> 1 && !pairs.has(a) && !pairs.has(b)) {
      pairs.set(a, b);
      pairs.set(b, a);
    }
  }
  return pairs;
}

/** All n items, each once, in runs that go from an item's far end to the item of that end's partner. */
function chains(n, partner) {
  const unused = new Set(Array(n).keys());
  const ends = [...Array(2 * n).keys()];
  const out = [];
  for (const first of [...ends.filter((e) => !partner.has(e)), ...ends.filter((e) => e % 2 === 0)]) {
    if (!unused.delete(first >> 1)) continue;
    const run = [first];
    for (;;) {
      const after = partner.get(lastOf(run) ^ 1);
      if (after === undefined || !unused.delete(after >> 1)) break;
      run.push(after);
    }
    out.push(run);
  }
  return out;
}

/** The runs put into chains, with the ways back over at most `limit` pixels of ink that link them. */
export function bridged(graph, runs, limit, leaning) {
  const node = runs.flatMap((run) => [start(graph, run[0]), start(graph, lastOf(run) ^ 1)]);
  const partner = new Map();
  const routes = new Map();
  const family = [...runs.keys()];
  const root = (i) => {
    while (family[i] !== i) i = family[i];
    return i;
  };
  for (const { e, f, route } of offers(graph, node, limit, leaning).sort(byCost)) {
    if (partner.has(e) || partner.has(f) || root(e >> 1) === root(f >> 1)) continue;
    partner.set(e, f);
    partner.set(f, e);
    routes.set(`${e} ${f}`, route);
    routes.set(`${f} ${e}`, back(route));
    family[root(e >> 1)] = root(f >> 1);
  }
  return chains(runs.length, partner).map((chain) => spelled(chain, runs, routes));
}

function byCost(one, other) {
  return one.cost - other.cost || one.e - other.e || one.f - other.f;
}

/** What it costs to go on from a run's end to another's, for the ends that lie in a junction. */
function offers(graph, node, limit, leaning) {
  const degree = graph.degrees();
  const [beside, at] = [new Map(), new Map()];
  for (let k = 0; k < 2 * graph.lines.length; k++) append(beside, start(graph, k), k);
  node.forEach((place, e) => append(at, place, e));
  const forth = leaning.flatMap((lean) => [-lean, lean]); // how much each end looks like the run's last
  const out = [];
  node.forEach((place, e) => {
    if (degree.get(place) <= 2) return;
    for (const { cost, stop, route } of reachable(graph, beside, place, limit)) {
      for (const f of at.get(stop) ?? []) {
        const against = forth[e] * forth[f] > 0 ? Math.min(Math.abs(forth[e]), Math.abs(forth[f])) : 0;
        const whole = cost + AGAINST * against;
        if (f >> 1 !== e >> 1 && whole <= limit) out.push({ cost: whole, e, f, route });
      }
    }
  });
  return out;
}

/** The way to each node within `limit` of `from`, nearest first (Dijkstra). */
function reachable(graph, beside, from, limit) {
  const done = new Set();
  const out = [];
  const waiting = [{ cost: 0, stop: from, route: [] }];
  while (waiting.length && done.size < HORIZON) {
    const least = waiting.reduce((best, way, i) => (way.cost < waiting[best].cost ? i : best), 0);
    const [way] = waiting.splice(least, 1);
    if (done.has(way.stop)) continue;
    done.add(way.stop);
    out.push(way);
    for (const k of beside.get(way.stop)) {
      const cost = way.cost + graph.lengths[k >> 1];
      if (cost <= limit) waiting.push({ cost, stop: start(graph, k ^ 1), route: [...way.route, k] });
    }
  }
  return out;
}

/** A chain of run numbers as runs, with the routes between them. */
function spelled(chain, runs, routes) {
  const turned = (item) => (item % 2 ? back(runs[item >> 1]) : runs[item >> 1]);
  const out = [turned(chain[0])];
  chain.slice(1).forEach((item, i) => {
    const route = routes.get(`${chain[i] ^ 1} ${item}`);
    if (route.length) out.push(route);
    out.push(turned(item));
  });
  return out;
}

/** The same lines walked the other way. */
function back(run) {
  return [...run].reverse().map((k) => k ^ 1);
}
