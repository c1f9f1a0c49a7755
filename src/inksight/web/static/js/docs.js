// openapi.json, to be read: what can be asked, with a line for a shell, the fields and the answers.

const api = await (await fetch("openapi.json")).json();

const make = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
const known = (value) => (value?.$ref ? value.$ref.slice(2).split("/").reduce((at, key) => at[key], api) : value);

/** What a value may be, in a few words. */
function kind(schema) {
  const { enum: values, type, format, default: usual, minimum, maximum } = known(schema ?? {});
  const range = minimum !== undefined ? ` from ${minimum}${maximum !== undefined ? ` to ${maximum}` : ""}` : "";
  const what = values ? values.join(", ") : format === "binary" ? "a file" : [type].flat().filter(Boolean).join(" or ") || "any";
  return `${what}${range}${usual !== undefined ? `; else ${usual}` : ""}`;
}

function table(rows) {
  const made = make("table");
  for (const [name, what, about] of rows) {
    const row = make("tr");
    row.append(make("th", name, { scope: "row" }), make("td", what), make("td", about ?? ""));
    made.append(row);
  }
  return made;
}

function fields(operation) {
  const asked = (operation.parameters ?? []).map(known).map((p) => [p.name, kind(p.schema), p.description]);
  for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
    const { properties, required = [] } = known(schema);
    for (const [name, each] of Object.entries(properties ?? {})) {
      asked.push([required.includes(name) ? `${name} (needed)` : name, kind(each), known(each).description]);
    }
  }
  return asked;
}

function shown(path, method, operation) {
  const section = make("section", "", { className: "card" });
  section.append(make("h2", `${method.toUpperCase()} ${path}`), make("p", operation.summary));
  section.append(make("pre", operation.description.replaceAll("`", ""), { tabIndex: 0 }));
  const asked = fields(operation);
  if (asked.length) section.append(make("h3", "Fields"), table(asked));
  const { 200: good, 204: done } = operation.responses;
  const answer = good ?? done;
  if (answer) section.append(make("p", `Answer: ${known(answer).description}`));
  return section;
}

document.getElementById("about").textContent = api.info.description.replaceAll("`", "");
document.getElementById("operations").append(...Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => shown(path, method, operation))));
