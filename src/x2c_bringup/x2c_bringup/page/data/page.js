// SPDX-License-Identifier: Apache-2.0
// One connection: the program sends the newest of everything whenever the last was drawn.

import { View, byId, element } from "./drawing.js";
import * as settings from "./settings.js";
import * as sliders from "./sliders.js";

const views = { camera: new View("camera"), robot: new View("robot") };
const RETRY = 1000; // ms
const SILENT = 3000; // ms without a state after which it counts as unknown

let socket = null;
let paths = [];
let version = ""; // of the page's files
let stated = 0; // when actuation's last state came
let recording = false;
let stoppable = true; // a simulated face alone has nothing to stop

// Messages: length of the JSON, the JSON, and the bytes of each blob.
function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const { parts, blobs } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let offset = 4 + length;
  const bytes = {};
  for (const [name, size] of blobs) {
    bytes[name] = new Uint8Array(buffer, offset, size);
    offset += size;
  }
  return { parts, bytes };
}

function send(message) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(message));
  return true;
}

function sayStop(text, kind) {
  byId("stop-said").textContent = text;
  byId("stop-said").className = kind;
}

async function stop() {
  sliders.drop();
  byId("stop").classList.add("asserted");
  sayStop("Sending the stop …", "bad");
  if (send({ do: "stop" })) return;
  try {
    const answer = await fetch("stop", { method: "POST" });
    sayStop(answer.ok ? "Published, NOT CONFIRMED: no connection to see the states."
      : "NOT SENT: the page's program refused it. Cut the motors' power.", "bad");
  } catch {
    sayStop("NOT SENT: the page's program does not answer. Cut the motors' power.", "bad");
  }
}

const short = (names) => names.map((name) => name.replace(/^\//, "")).join(", ");

const show = {
  description({ sections, expressions, paths: lines, face, stops, version: now }) {
    // The program was started again, and another version of it is installed.
    if (version && version !== now) location.reload();
    version = now;
    document.body.classList.toggle("face-only", Boolean(face));
    document.body.classList.toggle("no-nodes", !stops);
    if (face) {
      document.title = byId("robot-name").textContent = face;
      byId("let-go").textContent = "Neutral";
    }
    stoppable = stops;
    sliders.build(sections, expressions, Boolean(face));
    paths = lines;
  },
  values({ values }) { sliders.draw(values); },
  sliders(state) { sliders.hold(state); },
  mixer(mixer) { byId("mixer").replaceChildren(...sources(mixer)); },
  actuation({ state, reason, armed, clamped }) {
    stated = performance.now();
    byId("state").textContent = state;
    byId("state").className = `chip nodes-only ${state}`;
    const counts = Object.entries(clamped).filter(([, count]) => count).map(([name, count]) => `${name}: ${count}`);
    byId("state-reason").textContent = [reason, armed ? "" : "not enabled", ...counts].filter(Boolean).join(" · ");
  },
  stop({ asserted, stopped, others }) {
    byId("stop").classList.toggle("asserted", asserted);
    if (asserted && !others.length && stopped.length) {
      sayStop(`Stopped, confirmed by ${short(stopped)}. Reset, then enable, to go on.`, "good");
    } else if (asserted) {
      const who = others.length ? `${short(others)} does not say that it is stopped`
        : "no actuation node says that it is stopped";
      sayStop(`Published, NOT CONFIRMED: ${who}. Cut the motors' power.`, "bad");
    } else if (stopped.length) {
      sayStop(`Not asserted from here; ${short(stopped)} is stopped.`, "bad");
    } else {
      sayStop("Not asserted from here.", "");
    }
  },
  figures(figures) {
    byId("figures").replaceChildren(...Object.entries(figures).map(([name, value]) => element(
      "div", {}, element("dt", {}, name), element("dd", {}, value === null ? "–" : value.toFixed(1)))));
  },
  person({ track, faces, neutral, sureness, progress }) {
    const known = track && track !== "-1";
    byId("person").textContent = known
      ? `Following person ${track}; ${faces || "no"} ${faces === "1" ? "face" : "faces"} in the image.`
      : "No person yet.";
    byId("sureness").style.width = progress || sureness || "0%";
    byId("neutral").textContent = progress ? `Calibrating: ${progress}. Look relaxed into the camera.`
      : `Neutral face: ${neutral || "unknown"}${neutral === "estimated" ? `, ${sureness} sure` : ""}.`;
  },
  "robot name"({ namespace, domain }) {
    if (namespace !== "/") byId("robot-name").textContent = namespace;
    byId("connection").title = domain;
  },
  trouble(text) { showTrouble(text); },
  missing(texts) { byId("missing").replaceChildren(...texts.map((text) => element("li", {}, text))); },
  lines(lines) {
    byId("lines").replaceChildren(...lines.toReversed().map(({ time, text, failed }) => element(
      "li", { className: failed ? "failed" : "" }, element("time", {}, time), ` ${text}`)));
  },
  nodes(nodes) {
    byId("nodes").replaceChildren(...nodes.map(({ name, level, message }) => element(
      "tr", {}, element("td", { className: level }, level), element("td", {}, name), element("td", {}, message))));
  },
  recording({ on, text }) {
    recording = on;
    byId("record").textContent = on ? "End recording" : "Record";
    byId("record").classList.toggle("on", on);
    byId("recording").textContent = text;
  },
  settings: settings.show,
  people: settings.showPeople,
  styles: settings.showStyles,
};

function sources(mixer) {
  if (!mixer) return [element("p", { className: "small" }, "No mixer runs: imitation alone.")];
  const rows = Object.entries(mixer.regions).map(([region, source]) => element(
    "span", { className: source === "imitation" ? "region" : "region other" }, region, element("b", {}, source)));
  const live = mixer.live.length ? `Also active: ${mixer.live.map(
    (name) => (mixer.additive.includes(name) ? `${name} (added)` : name)).join(", ")}.` : "No other source is active.";
  return [element("div", { className: "regions" }, ...rows), element("p", { className: "small" }, live)];
}

async function take({ data }) {
  if (typeof data === "string") {
    showTrouble(JSON.parse(data).error);
    return;
  }
  try {
    const { parts, bytes } = decode(data);
    for (const [name, part] of Object.entries(parts)) if (!bytes[name]) show[name]?.(part);
    await Promise.all(Object.entries(bytes).map(([name, jpeg]) => views[name]?.show(jpeg, parts[name].face, paths)));
  } finally {
    // Drawn: now the next may come. A hidden page draws nothing, and gets nothing.
    requestAnimationFrame(() => send({ ready: true }));
  }
}

// A program that was started again has another token.
async function sayIfOutdated() {
  try {
    const answer = await fetch("page.css", { method: "HEAD" });
    if (answer.status === 401) showTrouble("The program was started again: open the address that it prints now.");
  } catch { /* It does not run. */ }
}

function showTrouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = !text;
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    byId("connection").textContent = "connected";
    send({ looking: !document.hidden });
  });
  socket.addEventListener("message", take);
  socket.addEventListener("close", ({ reason }) => {
    byId("connection").textContent = `not connected${reason ? `: ${reason}` : ""}`;
    sayIfOutdated();
    byId("state").textContent = "unknown";
    byId("state").className = "chip nodes-only";
    byId("state-reason").textContent = "";
    setTimeout(connect, RETRY);
  });
}

sliders.connect(send, showTrouble);
settings.connect(send);
// The token is a cookie by now.
if (location.search) history.replaceState(null, "", location.pathname);
byId("stop").addEventListener("pointerdown", stop);
byId("stop").addEventListener("click", (event) => { if (event.detail === 0) stop(); });
addEventListener("keydown", (event) => {
  if (!stoppable || (event.code !== "Space" && event.code !== "Escape")) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) stop();
}, { capture: true });
addEventListener("keyup", (event) => { if (stoppable && event.code === "Space") event.preventDefault(); }, { capture: true });

for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => send({ do: button.dataset.do }));
}
byId("record").addEventListener("click", () => send({ do: recording ? "end recording" : "record" }));
document.addEventListener("visibilitychange", () => send({ looking: !document.hidden, ready: true }));
setInterval(() => {
  for (const view of Object.values(views)) view.rate.check();
  if (stated && performance.now() - stated > SILENT) {
    byId("state").textContent = "unknown";
    byId("state").className = "chip nodes-only";
    byId("state-reason").textContent = "actuation has said nothing for 3 s";
  }
}, 1000);
connect();
