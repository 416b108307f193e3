// SPDX-License-Identifier: Apache-2.0
// Parameters of the nodes, styles of imitation, and people whose neutral faces are saved.

import { byId, element } from "./drawing.js";
import { keepInHand } from "./sliders.js";

const settings = new Map(); // functions that show a value, by node and parameter
const TRACKER = "face_tracker_node";

let people = []; // names that are saved
let send = () => false;

function set(node, parameter, value) { send({ do: "set", node, parameter, value }); }

function choice(entry, wish) {
  const input = element("select", { ariaLabel: entry.label },
    ...entry.choices.map((one) => element("option", { value: one }, one)));
  input.addEventListener("change", () => wish(input.value));
  settings.set(`${entry.node} ${entry.parameter}`, (now) => { if (document.activeElement !== input) input.value = now; });
  return element("label", { className: "setting" }, entry.label, input);
}

function setting(entry) {
  const { node, parameter, label, value, minimum = 0, maximum = 1 } = entry;
  const key = `${node} ${parameter}`;
  const wish = (wanted) => set(node, parameter, wanted);
  if (entry.choices) return choice(entry, wish);
  if (typeof value === "boolean") {
    const input = element("input", { type: "checkbox" });
    input.addEventListener("change", () => wish(input.checked));
    settings.set(key, (now) => { input.checked = now; });
    return element("label", { className: "setting switch" }, input, label);
  }
  const input = element("input", { type: "range", min: minimum, max: maximum, step: 0.05, ariaLabel: label });
  const output = element("output");
  keepInHand(input);
  input.addEventListener("input", () => { output.value = input.value; wish(Number(input.value)); });
  input.addEventListener("dblclick", () => { input.inHand = false; wish(1); });
  settings.set(key, (now) => {
    if (input.inHand) return;
    input.value = now;
    output.value = Number(now).toFixed(2);
  });
  return element("label", { className: "setting", title: "double-click: 1" }, label, input, output);
}

export function show(entries) {
  const names = entries.map(({ node, parameter }) => `${node} ${parameter}`);
  if (names.join() !== [...settings.keys()].join()) {
    settings.clear();
    byId("settings").replaceChildren(...entries.map(setting));
  }
  for (const { node, parameter, value } of entries) settings.get(`${node} ${parameter}`)(value);
}

export function showStyles(styles) {
  byId("styles").hidden = !styles;
  byId("styles").replaceChildren(...(styles?.names ?? []).map((name) => {
    const button = element("button", { ariaPressed: String(name === styles.chosen) }, name);
    button.addEventListener("click", () => send({ do: "style", name }));
    return button;
  }));
}

export function showPeople(state) {
  byId("people").hidden = !state;
  if (!state) return;
  people = state.names;
  // A name is there before its neutral face is known and saved.
  const names = people.includes(state.chosen) || !state.chosen ? people : [...people, state.chosen];
  const saved = byId("saved");
  if (document.activeElement !== saved) {
    saved.replaceChildren(element("option", { value: "" }, "none"),
      ...names.map((name) => element("option", { value: name }, name)));
    saved.value = state.chosen;
  }
}

export function connect(sending) {
  send = sending;
  byId("saved").addEventListener("change", () => {
    set(TRACKER, "person", byId("saved").value);
    byId("saved").blur();
  });
  byId("save-as").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = byId("new-name");
    if (people.includes(name.value)) {
      name.setCustomValidity(`${name.value} is saved already: choose the name above, and calibrate to replace it.`);
      name.reportValidity();
      return;
    }
    if (send({ do: "set", node: TRACKER, parameter: "person", value: name.value })) name.value = "";
    name.blur();
  });
  byId("new-name").addEventListener("input", () => byId("new-name").setCustomValidity(""));
}
