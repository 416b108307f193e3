# SPDX-License-Identifier: Apache-2.0
import re

import cv2
import numpy as np
import pytest

from x2c_evaluation.offline.engines import Processes
from x2c_evaluation.offline.page.comparison_page import comparison_page
from x2c_evaluation.offline.page.plots import Line, Plot
from x2c_evaluation.offline.page.rendering import short
from x2c_evaluation.offline.page.report_page import load_templates
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.results.comparison import compare
from x2c_evaluation.offline.run import run

CHECK = """(() => {
if (document.documentElement.dataset.ready !== "true") return null;
if (![...document.images].every((one) => one.complete)) return null;
if (![...document.querySelectorAll("video")].every((one) => one.readyState >= 1)) return null;
const plots = [...document.querySelectorAll(".plot[data-low]")];
const box = plots[0].querySelector("svg").getBoundingClientRect();
plots[0].querySelector("svg").dispatchEvent(new PointerEvent("pointermove",
  {clientX: box.left + box.width / 2, clientY: box.top + 2}));
return {
  plots: plots.length,
  images: [...document.images].filter((one) => one.complete && one.naturalWidth > 0).length,
  broken: [...document.images].filter((one) => !one.naturalWidth).length,
  read: plots[3].querySelector("header span").textContent,
  videos: [...document.querySelectorAll("video")].map((one) => [one.readyState, one.duration]),
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  fetched: performance.getEntriesByType("resource").filter(
    (one) => !one.name.startsWith("data:")).length,
  text: document.body.textContent,
};
})()"""


class Notes:
    def kept(self, place):
        """Pass over."""

    def worked(self, place, frames):
        """Pass over."""

    def done(self, place, seconds):
        """Pass over."""


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory, camera_bag, settings):
    folder = tmp_path_factory.mktemp("evaluation")
    bag = camera_bag(folder / "<b>&amp;", frames=30)
    run([EvaluationJob("one", str(bag), settings, clips=2)], folder / "out", Processes(1), Notes())
    return folder / "out"


@pytest.mark.process
@pytest.mark.parametrize("width", [390, 1280])
def test_a_real_browser_shows_everything_without_a_network(evaluation, browser, wait_until, width):
    page = browser.open(f"file://{evaluation / 'report.html'}", width=width)
    found = wait_until(lambda: page.evaluate(CHECK), what="the page to be ready")
    assert found["plots"] == 30
    assert found["images"] >= 2
    assert found["broken"] == 0
    assert found["wide"] <= 0
    assert found["fetched"] == 0
    # All 30 frames are within a second of the moment: there is nothing else to show.
    assert [duration for _, duration in found["videos"]] == [pytest.approx(1.0, abs=0.1)]
    assert re.fullmatch(r"0\.4\d s: -?\d+\.\d{3}", found["read"])
    assert "<b>&amp;" in found["text"]
    shown = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape[1] == width
    # Not blank; sorting all of its pixels takes seconds.
    assert np.unique(shown[::8, ::8].reshape(-1, 3), axis=0).shape[0] > 500


@pytest.mark.process
def test_a_clip_plays_in_the_page(evaluation, browser, wait_until):
    page = browser.open(f"file://{evaluation / 'report.html'}")
    wait_until(lambda: page.evaluate("document.querySelector('.clip button') !== null"), what="it")
    assert page.evaluate("document.querySelector('.clip button').textContent") == "▶"
    page.evaluate("document.querySelector('.clip button').click()")
    wait_until(
        lambda: page.evaluate("document.querySelector('video').currentTime > 0.1"),
        what="the clip to play",
    )
    page.evaluate("document.querySelector('.clip button').click()")
    wait_until(lambda: page.evaluate("document.querySelector('video').paused"), what="a pause")
    assert page.evaluate("document.querySelector('video').error") is None


@pytest.mark.slow
def test_every_class_of_a_page_has_a_style(evaluation):
    page = (evaluation / "report.html").read_text(encoding="utf-8")
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    script = "".join(re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    used = {name for names in re.findall(r'class="([^"]+)"', page) for name in names.split()}
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", style + script))
    assert used - known == set()


@pytest.mark.process
def test_a_comparison_is_a_whole_page_too(tmp_path, evaluation, browser, wait_until):
    content = comparison_page(compare(evaluation, evaluation), [], 0)
    assert content.startswith("<!doctype html>")
    assert content.count('class="card plot') == 30
    copy = tmp_path / "comparison.html"
    copy.write_text(content, encoding="utf-8")
    page = browser.open(f"file://{copy}")
    wait_until(
        lambda: page.evaluate("document.documentElement.dataset.ready") == "true",
        what="the page to be ready",
    )


def drawn(times, values, duration):
    plot = Plot("", "", "", duration, 0.0, 1.0, [Line("own", times, values)])
    ((_, path),) = plot.paths
    return path


def test_a_line_has_gaps_where_there_are_no_values():
    times = np.array([0.0, 1.0, 2.0, 3.0])
    values = np.array([0.0, 1.0, np.nan, 0.5])
    assert drawn(times, values, 3.0) == "M0 200L667 0M2000 100"


def test_a_long_line_keeps_its_extremes():
    times = np.arange(10_000) / 100.0
    values = np.zeros(10_000)
    values[5_555] = 1.0
    line = drawn(times, values, 100.0)
    assert len(re.findall(r"[ML]", line)) <= 701
    assert "L1111 0" in line


def test_numbers_of_axes_are_short():
    assert [short(one) for one in (1.0, -0.001, 0.25, 10.0, -1.5)] == [
        *("1", "0", "0.25", "10", "-1.5"),
    ]


def test_the_templates_that_are_loaded_beforehand_are_there():
    load_templates()
