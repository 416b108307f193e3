// SPDX-License-Identifier: Apache-2.0
// Sliders over the bars of the control values, and those of the named expressions.

import { buildBars, byId, drawBars, element } from "./drawing.js";

const expressions = new Map(); // inputs by name
const controls = new Map(); // by index
const PERIOD = 33; // ms between two messages of sliders that are moved

let values = []; // of the robot
let held = {}; // set by hand, by index
let waiting = {};
let timer = null;
let send = () => false;

// The slider that the user has in hand is not moved under it.
export function keepInHand(input) {
  input.addEventListener("pointerdown", () => { input.inHand = true; });
  for (const end of ["pointerup", "pointercancel", "blur"]) input.addEventListener(end, () => { input.inHand = false; });
}

function flush() {
  timer = null;
  if (!Object.keys(waiting).length) return;
  send({ do: "move", ...waiting, together: byId("together").checked });
  waiting = {};
  timer = setTimeout(flush, PERIOD);
}

function wish(kind, name, value) {
  waiting[kind] = { ...waiting[kind], [name]: Number(value.toFixed(4)) };
  if (!timer) flush();
}

function range(properties, change, neutral) {
  const input = element("input", { type: "range", step: "any", ...properties });
  keepInHand(input);
  // After a stop a slider that is still in hand does nothing more until it is taken again.
  input.addEventListener("pointerdown", () => { input.dropped = false; });
  input.addEventListener("input", () => { if (!input.dropped || !input.inHand) change(Number(input.value)); });
  input.addEventListener("dblclick", () => { input.inHand = false; change(neutral); });
  return input;
}

function expressionSlider(name) {
  const input = range({ min: 0, max: 1, value: 0, ariaLabel: name }, (value) => wish("expressions", name, value), 0);
  expressions.set(name, input);
  return element("label", { className: "expression" }, name, input);
}

export function build(sections, names, always) {
  controls.clear();
  expressions.clear();
  buildBars(sections, (control) => {
    controls.set(control.index, control);
    const { minimum: min, maximum: max, neutral: value, name } = control;
    return range({ min, max, value, ariaLabel: name }, (wanted) => wish("controls", name, wanted), control.neutral);
  });
  byId("expressions").replaceChildren(element("h2", {}, "Expressions"), ...names.map(expressionSlider));
  byId("by-hand").parentElement.hidden = always;
  if (always) byId("by-hand").checked = true;
  showMode();
}

function showMode() { document.body.classList.toggle("hand", byId("by-hand").checked); }

export function draw(now) {
  values = now;
  drawBars(values, held);
}

export function hold(state) {
  held = state.held;
  for (const [name, amount] of Object.entries(state.expressions)) {
    const input = expressions.get(name);
    if (input && !input.inHand) input.value = amount;
  }
  byId("let-go").classList.toggle("on", Object.keys(held).length > 0);
  if (values.length) drawBars(values, held);
}

// At a stop: what the user still drags asks for nothing more.
export function drop() {
  waiting = {};
  for (const input of document.querySelectorAll(".track input, .expression input")) input.dropped = true;
}

function command() {
  const shown = (control) => held[control.index] ?? values[control.index] ?? control.neutral;
  const moved = [...controls.values()].filter((one) => Math.abs(shown(one) - one.neutral) > 1e-3);
  const words = moved.map((one) => `--set "${one.name}=${Number(shown(one).toFixed(3))}"`);
  return ["./x2c render", ...words, "--out face.png"].join(" ");
}

export function connect(sending, complain) {
  send = sending;
  byId("by-hand").addEventListener("change", () => {
    showMode();
    if (!byId("by-hand").checked) send({ do: "let go" });
  });
  byId("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command());
      byId("copy").textContent = "Copied";
      setTimeout(() => { byId("copy").textContent = "Copy as command"; }, 1200);
    } catch {
      complain(`This browser does not let the page copy. The command: ${command()}`);
    }
  });
  byId("save").addEventListener("click", () => byId("robot").toBlob((image) => {
    const address = URL.createObjectURL(image);
    element("a", { href: address, download: "face.png" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }));
}
