// SPDX-License-Identifier: Apache-2.0
// One line through all plots of a recording at the time under the pointer, and the values there.
"use strict";
for (const recording of document.querySelectorAll("[data-duration]")) {
  const duration = Number(recording.dataset.duration);
  const plots = [...recording.querySelectorAll(".plot[data-low]")].map((plot) => ({
    plot,
    svg: plot.querySelector("svg"),
    cross: plot.querySelector("line.cross"),
    read: plot.querySelector("header span"),
    said: plot.querySelector("header span").textContent,
    low: Number(plot.dataset.low),
    high: Number(plot.dataset.high),
    points: null,
  }));
  // A path is "M x y L x y ...", x from 0 to 2000 in time, y from 0 (high) to 200 (low).
  const points = (one) => {
    one.points ??= [...one.plot.querySelectorAll("path")].map((path) =>
      [...path.getAttribute("d").matchAll(/(\d+) (-?\d+)/g)].map((m) => [Number(m[1]), Number(m[2])]));
    return one.points;
  };
  const nearest = (line, x) => {
    let low = 0, high = line.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (line[middle][0] < x) low = middle; else high = middle;
    }
    if (high < 0) return null;
    return Math.abs(line[low][0] - x) < Math.abs(line[high][0] - x) ? line[low] : line[high];
  };
  const show = (share) => {
    const x = Math.round(share * 2000);
    for (const one of plots) {
      one.cross.setAttribute("x1", x);
      one.cross.setAttribute("x2", x);
      one.cross.style.visibility = "visible";
      const values = points(one).map((line) => nearest(line, x)).filter((point) => point);
      const texts = values.map((point) => (one.high - (point[1] / 200) * (one.high - one.low)).toFixed(3));
      one.read.textContent = `${(share * duration).toFixed(2)} s: ${texts.join(" / ")}`;
    }
  };
  const hide = () => {
    for (const one of plots) {
      one.cross.style.visibility = "hidden";
      one.read.textContent = one.said;
    }
  };
  for (const one of plots) {
    one.svg.addEventListener("pointermove", (event) => {
      const box = one.svg.getBoundingClientRect();
      show(Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1));
    });
    one.svg.addEventListener("pointerleave", hide);
  }
}
// Controls of the browser would cover the curve below the images: a button plays and pauses a clip.
for (const clip of document.querySelectorAll(".clip")) {
  const video = clip.querySelector("video");
  const button = clip.appendChild(document.createElement("button"));
  const show = () => {
    button.textContent = video.paused ? "▶" : "❚❚";
    button.setAttribute("aria-label", video.paused ? "play" : "pause");
  };
  const toggle = () => { if (video.paused) video.play().catch(() => {}); else video.pause(); };
  video.controls = false;
  video.addEventListener("play", show);
  video.addEventListener("pause", show);
  video.addEventListener("click", toggle);
  button.addEventListener("click", toggle);
  show();
}
document.documentElement.dataset.ready = "true";
