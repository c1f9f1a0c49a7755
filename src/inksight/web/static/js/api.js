// The server's API: one function for each thing that can be asked.

/** What the server won't do, and why; `facts` may say more than the text. */
export class Refusal extends Error {
  constructor(facts) {
    super(facts.error);
    this.facts = facts;
  }
}

async function answered(response) {
  if (response.ok) return response;
  let facts = { error: response.statusText };
  try { facts = await response.json(); } catch { /* no JSON: the status must do */ }
  throw new Refusal(facts);
}

const asJson = (value) => ({ body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });

export const models = async () => (await answered(await fetch("api/models"))).json();

/** Convert a picture; `hear(kind, content)` is called for every event until the page is complete. */
export async function convert(kind, file, wish, hear, signal) {
  const form = new FormData();
  form.set("file", file, file.name || "picture.png");
  for (const [key, value] of Object.entries(wish)) if (value !== "" && value != null) form.set(key, value);
  const response = await answered(
    await fetch(`api/${kind}`, { method: "POST", body: form, headers: { Accept: "text/event-stream" }, signal }),
  );
  await events(response.body, hear);
}

async function events(body, hear) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const [, kind, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block);
      if (kind === "error") throw new Refusal(JSON.parse(data));
      hear(kind, JSON.parse(data));
    }
  }
}

export const result = async (name) => (await answered(await fetch(`api/results/${encodeURIComponent(name)}`))).json();

/** What it is called, boxes of ink that was left out, and whether there is a photo. */
export const facts = async (name) => (await answered(await fetch(`api/results/${encodeURIComponent(name)}/facts`))).json();

/** The names of the results that the pages of a file of ink become. */
export async function open(file) {
  const form = new FormData();
  form.set("file", file, file.name);
  return (await (await answered(await fetch("api/open", { method: "POST", body: form }))).json()).results;
}

export const photo = (name) => `api/results/${encodeURIComponent(name)}/photo`;

let keeping = Promise.resolve(); // one after the other: an older document mustn't overtake a newer one

export function keep(name, ink) {
  const put = async () => answered(await fetch(`api/results/${encodeURIComponent(name)}`, { method: "PUT", ...asJson(ink) }));
  const kept = keeping.then(put);
  keeping = kept.catch(() => {});
  return kept;
}

/** A word of a result, traced: {box, mode, text, instead_of} -> word; the server has heard of all changes before. */
export async function trace(name, wish) {
  await keeping;
  return (await answered(await fetch(`api/results/${encodeURIComponent(name)}/trace`, { method: "POST", ...asJson(wish) }))).json();
}

/** A document as a file of another format: a Blob. */
export async function render(ink, format, look, name) {
  const query = new URLSearchParams({ to: format, ...look, ...(name ? { result: name } : {}) });
  return (await answered(await fetch(`api/render?${query}`, { method: "POST", ...asJson(ink) }))).blob();
}

/** Several results as one file, or zipped: a Blob. */
export async function bundle(names, format, look, zip) {
  const query = new URLSearchParams({ to: format, ...look, ...(zip ? { zip: 1 } : {}) });
  return (await answered(await fetch(`api/bundle?${query}`, { method: "POST", ...asJson({ results: names }) }))).blob();
}
