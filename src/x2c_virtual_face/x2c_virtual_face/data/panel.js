// SPDX-License-Identifier: Apache-2.0
// The server holds what the sliders say; the page sends wishes and draws the answer.

const byId = (id) => document.getElementById(id);
const controls = new Map(); // by name
const expressions = new Map();

let wishes = {};
let sending = false;
let held = null; // the slider that the user has in hand is not moved under it

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function trouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = !text;
}

function draw(slider, value) {
  const { input, output, minimum, maximum, neutral } = slider;
  const share = (number) => (number - minimum) / (maximum - minimum);
  if (input !== held) input.value = value;
  input.style.setProperty("--from", share(neutral));
  input.style.setProperty("--to", share(value));
  const moved = Math.abs(value - neutral) > 1e-4;
  input.parentElement.classList.toggle("moved", moved);
  if (output) output.value = value.toFixed(2);
  slider.value = value;
}

function show(state) {
  for (const slider of controls.values()) draw(slider, state.values[slider.index]);
  for (const [name, amount] of Object.entries(state.expressions)) draw(expressions.get(name), amount);
}

function wish(kind, name, value) {
  wishes[kind] = { ...wishes[kind], [name]: value };
  wishes.together = byId("together").checked;
  send();
}

async function send() {
  if (sending) return;
  sending = true;
  try {
    while (Object.keys(wishes).length) {
      const body = JSON.stringify(wishes);
      wishes = {};
      const answer = await fetch("set", { method: "POST", body });
      const state = await answer.json();
      trouble(answer.ok ? "" : state.error);
      if (answer.ok) show(state);
    }
  } catch {
    trouble("The program does not answer any more. Start it again with: ./x2c face");
  } finally {
    sending = false;
  }
}

function connect(input, change, neutral) {
  input.addEventListener("pointerdown", () => { held = input; });
  input.addEventListener("pointerup", () => { held = null; });
  input.addEventListener("input", () => change(Number(input.value)));
  input.addEventListener("dblclick", () => { held = null; change(neutral); });
}

function controlSlider(control) {
  const input = element("input", {
    type: "range", min: control.minimum, max: control.maximum, step: "any",
    title: `${control.name}: ${control.moves}`, ariaLabel: control.name,
  });
  const output = element("output");
  connect(input, (value) => wish("controls", control.name, value), control.neutral);
  controls.set(control.name, { ...control, input, output });
  const side = control.side ? [element("span", { className: "side" }, control.side)] : [];
  return element("div", { className: "slider" }, ...side, input, output);
}

function section({ title, rows }) {
  return element("div", { className: "card" }, element("h2", {}, title), ...rows.map((row) => {
    const ends = element("small", {}, `${row.low} – ${row.high}`);
    return element("div", { className: "row" },
      element("div", { className: "label" }, row.label, ends),
      element("div", { className: "sliders" }, ...row.controls.map(controlSlider)));
  }));
}

function expressionSlider(name) {
  const input = element("input", { type: "range", min: 0, max: 1, step: "any", ariaLabel: name });
  connect(input, (value) => wish("expressions", name, value), 0);
  expressions.set(name, { minimum: 0, maximum: 1, neutral: 0, input });
  return element("label", { className: "expression" }, name, input);
}

function command() {
  const moved = [...controls.values()].filter((s) => Math.abs(s.value - s.neutral) > 1e-4);
  const words = moved.map((s) => `--set "${s.name}=${Number(s.value.toFixed(3))}"`);
  return ["./x2c render", ...words, "--out face.png"].join(" ");
}

byId("neutral").addEventListener("click", () => { wishes = { neutral: true }; send(); });
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(command());
  byId("copy").textContent = "Copied";
  setTimeout(() => { byId("copy").textContent = "Copy as command"; }, 1200);
});
// Another page, or an earlier one, may have moved the face.
addEventListener("focus", async () => { if (!sending) show(await (await fetch("state")).json()); });

const face = await (await fetch("face")).json();
byId("title").textContent = document.title = face.title;
byId("sections").append(...face.sections.map(section));
byId("expressions").append(...face.expressions.map(expressionSlider));
show(await (await fetch("state")).json());
