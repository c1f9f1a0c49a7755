// The server's API: one function for each thing that can be asked.

export class Refusal extends Error {}

async function answered(response) {
  if (response.ok) return response;
  let text = response.statusText;
  try { text = (await response.json()).error ?? text; } catch { /* no JSON: the status must do */ }
  throw new Refusal(text);
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
      if (kind === "error") throw new Refusal(JSON.parse(data).error);
      hear(kind, JSON.parse(data));
    }
  }
}

export const result = async (name) => (await answered(await fetch(`api/results/${encodeURIComponent(name)}`))).json();

export const photo = (name) => `api/results/${encodeURIComponent(name)}/photo`;

let keeping = Promise.resolve(); // one after the other: an older document mustn't overtake a newer one

export function keep(name, ink) {
  const put = async () => answered(await fetch(`api/results/${encodeURIComponent(name)}`, { method: "PUT", ...asJson(ink) }));
  const kept = keeping.then(put);
  keeping = kept.catch(() => {});
  return kept;
}

/** A word of a result, traced again: {box, mode, text} -> word. */
export const trace = async (name, wish) =>
  (await answered(await fetch(`api/results/${encodeURIComponent(name)}/trace`, { method: "POST", ...asJson(wish) }))).json();

/** A document as a file of another format: a Blob. */
export async function render(ink, format, look, name) {
  const query = new URLSearchParams({ to: format, ...look, ...(name ? { result: name } : {}) });
  return (await answered(await fetch(`api/render?${query}`, { method: "POST", ...asJson(ink) }))).blob();
}
