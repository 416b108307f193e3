# SPDX-License-Identifier: Apache-2.0
import os
import re
import shutil
import subprocess

import cv2
import numpy as np
import pytest

from x2c_evaluation.offline.engines import Processes
from x2c_evaluation.offline.page.comparison_page import comparison_page
from x2c_evaluation.offline.page.plots import Line, Plot
from x2c_evaluation.offline.page.rendering import short
from x2c_evaluation.offline.recording.evaluate import EvaluationJob
from x2c_evaluation.offline.results.comparison import compare
from x2c_evaluation.offline.run import run

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)

CHECK = """<script>
const plots = [...document.querySelectorAll(".plot[data-low]")];
const box = plots[0].querySelector("svg").getBoundingClientRect();
plots[0].querySelector("svg").dispatchEvent(new PointerEvent("pointermove",
  {clientX: box.left + box.width / 2, clientY: box.top + 2}));
const said = document.createElement("output");
said.id = "check";
said.textContent = JSON.stringify({
  plots: plots.length,
  images: [...document.images].filter((one) => one.complete && one.naturalWidth > 0).length,
  broken: [...document.images].filter((one) => !one.naturalWidth).length,
  read: plots[3].querySelector("header span").textContent,
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  background: getComputedStyle(document.body).backgroundColor,
  fetched: performance.getEntriesByType("resource").filter(
    (one) => !one.name.startsWith("data:")).length,
});
document.body.append(said);
</script></body>"""


class Notes:
    def kept(self, place):
        """Pass over."""

    def worked(self, place, frames):
        """Pass over."""

    def done(self, place, seconds):
        """Pass over."""


@pytest.fixture
def evaluation(tmp_path, camera_bag, settings):
    bag = camera_bag(tmp_path / "<b>&amp;", frames=30)
    run([EvaluationJob("one", str(bag), settings)], tmp_path / "out", Processes(1), Notes())
    return tmp_path / "out"


def browse(folder, *arguments):
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome is installed")
    command = [
        *(BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        # Whatever the page wanted from the network, it would not get it.
        *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
        *("--disable-sync", "--disable-default-apps", "--disable-extensions", "--mute-audio"),
        *("--proxy-server=127.0.0.1:9", f"--user-data-dir={folder / 'profile'}"),
        *arguments,
    ]
    return subprocess.run(
        command,
        capture_output=True,
        timeout=400,
        check=True,
        env={**os.environ, "HOME": str(folder), "LD_LIBRARY_PATH": ""},
    ).stdout.decode()


@pytest.mark.process
@pytest.mark.parametrize("width", [390, 1280])
def test_a_real_browser_shows_everything_without_a_network(tmp_path, evaluation, width):
    page = (evaluation / "report.html").read_text(encoding="utf-8")
    copy = tmp_path / "checked.html"
    copy.write_text(page.replace("</body>", CHECK), encoding="utf-8")
    dom = browse(tmp_path, f"--window-size={width},900", "--dump-dom", f"file://{copy}")
    assert 'data-ready="true"' in dom
    said = re.search(r'<output id="check">(.*?)</output>', dom)[1]
    found = {key: value.strip('"') for key, value in re.findall(r'"(\w+)":("[^"]*"|-?\d+)', said)}
    assert int(found["plots"]) == 30
    assert int(found["images"]) >= 2
    assert int(found["broken"]) == 0
    assert int(found["wide"]) <= 0
    assert int(found["fetched"]) == 0
    assert re.fullmatch(r"0\.4\d s: -?\d+\.\d{3}", found["read"])
    assert "&lt;b&gt;&amp;amp;" in dom


@pytest.mark.process
def test_a_screenshot_is_not_blank(tmp_path, evaluation):
    target = tmp_path / "page.png"
    browse(
        tmp_path,
        *("--window-size=1280,2000", f"--screenshot={target}"),
        f"file://{evaluation / 'report.html'}",
    )
    image = cv2.imread(str(target))
    assert image.shape[1] == 1280
    assert np.unique(image.reshape(-1, 3), axis=0).shape[0] > 500


@pytest.mark.process
def test_every_class_of_a_page_has_a_style(evaluation):
    page = (evaluation / "report.html").read_text(encoding="utf-8")
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    script = "".join(re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    used = {name for names in re.findall(r'class="([^"]+)"', page) for name in names.split()}
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", style + script))
    assert used - known == set()


def test_a_comparison_is_a_whole_page_too(tmp_path, evaluation):
    page = comparison_page(compare(evaluation, evaluation), [], 0)
    assert page.startswith("<!doctype html>")
    assert page.count('class="card plot') == 30
    copy = tmp_path / "comparison.html"
    copy.write_text(page, encoding="utf-8")
    assert 'data-ready="true"' in browse(tmp_path, "--dump-dom", f"file://{copy}")


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
