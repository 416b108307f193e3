// SPDX-License-Identifier: Apache-2.0
// Images with landmarks, and bars of control values.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const SUBPIXELS = 10; // landmarks are whole numbers of tenths of a pixel
const MARK = "#5fe3b0";

class Rate {
  constructor(target) { this.target = target; this.times = []; }
  tick() {
    const now = performance.now();
    this.times.push(now);
    while (this.times[0] < now - 2000) this.times.shift();
    const span = now - this.times[0];
    if (span > 500) this.target.textContent = `${((this.times.length - 1) * 1000 / span).toFixed(0)} Hz shown`;
  }
  check() {
    const last = this.times.at(-1);
    if (last !== undefined && performance.now() - last > 2000) {
      this.target.textContent = "no new image for 2 s";
      return false;
    }
    return last !== undefined;
  }
}

export class View {
  constructor(name) {
    this.canvas = byId(name);
    this.context = this.canvas.getContext("2d");
    this.missing = byId(`${name}-missing`);
    this.rate = new Rate(byId(`${name}-rate`));
  }

  async show(jpeg, face, paths) {
    let image;
    try {
      image = await createImageBitmap(new Blob([jpeg]));
    } catch {
      this.missing.textContent = "This image cannot be shown: it is no JPEG or PNG.";
      this.missing.hidden = false;
      return;
    }
    if (this.canvas.width !== image.width || this.canvas.height !== image.height) {
      this.canvas.width = image.width;
      this.canvas.height = image.height;
    }
    this.context.drawImage(image, 0, 0);
    image.close();
    if (face && face.points.length) this.mark(face, paths);
    this.missing.hidden = true;
    this.rate.tick();
  }

  mark(face, paths) {
    const { context, canvas } = this;
    const scale = canvas.width / (face.width || canvas.width) / SUBPIXELS;
    const at = (index) => [face.points[2 * index] * scale, face.points[2 * index + 1] * scale];
    const unit = canvas.width / Math.max(canvas.clientWidth, 160); // one pixel of the screen
    context.fillStyle = context.strokeStyle = MARK;
    context.globalAlpha = 0.7;
    for (let index = 0; index < face.points.length / 2; index += 1) {
      const [x, y] = at(index);
      context.fillRect(x - unit * 0.75, y - unit * 0.75, unit * 1.5, unit * 1.5);
    }
    context.globalAlpha = 1;
    context.lineWidth = 1.5 * unit;
    context.beginPath();
    for (const path of paths) {
      path.forEach((index, step) => (step ? context.lineTo(...at(index)) : context.moveTo(...at(index))));
    }
    context.stroke();
  }
}

const bars = new Map(); // by index

function bar(control, makeSlider) {
  const fill = element("i");
  const mark = element("b");
  const share = (value) => (value - control.minimum) / (control.maximum - control.minimum);
  mark.style.left = `${share(control.neutral) * 100}%`;
  const output = element("output");
  const slider = makeSlider(control);
  bars.set(control.index, { fill, output, share, slider, neutral: control.neutral });
  const rail = element("div", { className: "rail" }, fill, mark);
  const track = element("div", { className: "track", title: `${control.name}: ${control.moves}` }, rail, slider);
  return element("div", { className: "bar" }, track, output);
}

// makeSlider: returns the input that lies over the bar of a control.
export function buildBars(sections, makeSlider) {
  bars.clear();
  byId("sections").replaceChildren(...sections.map(({ title, rows }) => element(
    "div", { className: "card" }, element("h2", {}, title), ...rows.map((row) => element(
      "div", { className: "row" },
      element("div", { className: "label" }, row.label, element("small", {}, `${row.low} – ${row.high}`)),
      element("div", { className: "bars" }, ...row.controls.map((one) => bar(one, makeSlider))))))));
}

// held: values that are set by hand, by index.
export function drawBars(values, held = {}) {
  for (const [index, { fill, output, share, slider, neutral }] of bars) {
    slider.classList.toggle("held", index in held);
    if (!slider.inHand) slider.value = held[index] ?? values[index];
    const [from, to] = [share(neutral), share(values[index])];
    fill.style.transform = `translateX(${Math.min(from, to) * 100}%) scaleX(${Math.abs(to - from)})`;
    output.value = values[index].toFixed(2);
  }
}
