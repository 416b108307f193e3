# SPDX-License-Identifier: Apache-2.0
"""The live page in a browser: what it shows, and what its buttons and keys ask for."""

import json

import cv2
import numpy as np
import pytest

from x2c_bringup.page.description import description
from x2c_bringup.page.newest import Blob
from x2c_bringup.page.wishes import SliderMove, Wish
from x2c_core.control_space import controls

DRAG = """(() => {
    const slider = document.querySelector('input[aria-label="Jaw Pitch"]');
    slider.value = 0.5;
    slider.dispatchEvent(new Event("input"));
})()"""

TAKE = """document.querySelector('input[aria-label="Jaw Pitch"]').dispatchEvent(
    new PointerEvent("pointerdown"))"""
MOVE = SliderMove({"Jaw Pitch": 0.5}, together=True)


@pytest.mark.slow
def test_a_browser_shows_all_and_stops_by_the_space_bar(served, browser, wait_until):
    values = controls.NEUTRAL.copy()
    jaw = controls.index("Jaw Pitch")
    values[jaw] = 0.25
    jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 200, np.uint8))[1].tobytes()
    served.newest.put("description", description())
    served.newest.put("values", {"values": values.tolist(), "state": "tracking"})
    face = {"width": 64, "height": 48, "points": [320, 240] * 478}
    served.newest.put("camera", Blob(jpeg, {"face": face}))
    served.newest.put("missing", ["<b>No image</b> of the robot."])
    served.newest.put("settings", [setting(1.0)])
    page = browser.open(served.url, width=390, height=844)
    wait_until(lambda: page.evaluate("document.getElementById('camera-missing').hidden"))
    assert page.evaluate("document.getElementById('camera').width") == 64
    assert not page.evaluate("document.getElementById('robot-missing').hidden")
    outputs = "[...document.querySelectorAll('.bar output')].map((one) => one.value)"
    assert sorted(page.evaluate(outputs)) == sorted(f"{value:.2f}" for value in values)
    assert page.text("missing") == "<b>No image</b> of the robot."
    assert page.evaluate("location.search") == ""
    # Nothing is wider than a phone.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Sliders are there when they are wanted; all browsers see where they are.
    assert not page.evaluate("document.querySelector('.track input').offsetWidth")
    page.evaluate("document.getElementById('by-hand').click()")
    page.evaluate(DRAG)
    served.newest.put("sliders", {"held": {jaw: 0.5}, "expressions": {}})
    wait_until(lambda: MOVE in served.nodes.asked)
    wait_until(lambda: page.evaluate("document.querySelectorAll('.track .held').length") == 1)
    served.newest.put("mixer", {"regions": {"mouth": "speech"}, "live": [], "additive": []})
    wait_until(lambda: "mouthspeech" in page.text("mixer"), what="the source of the mouth")
    page.evaluate("document.querySelector('.setting input').focus()")
    page.press(" ", "Space")
    wait_until(lambda: Wish("stop") in served.nodes.asked, what="the stop")
    served.newest.put("stop", {"asserted": True, "stopped": [], "others": ["/actuation_node"]})
    wait_until(lambda: "NOT CONFIRMED" in page.text("stop-said"), what="an unconfirmed stop")
    served.newest.put("stop", {"asserted": True, "stopped": ["/actuation_node"], "others": []})
    wait_until(lambda: "confirmed by actuation_node" in page.text("stop-said"))
    # A slider that is still in hand asks for nothing more.
    page.evaluate(TAKE)
    page.evaluate(DRAG)
    wait_until(lambda: served.nodes.asked.count(MOVE) == 2, what="a slider in hand")
    page.press("Escape", "Escape")
    wait_until(lambda: served.nodes.asked.count(Wish("stop")) == 2, what="the second stop")
    page.evaluate(DRAG)
    page.press("Escape", "Escape")
    wait_until(lambda: served.nodes.asked.count(Wish("stop")) == 3, what="the third stop")
    assert served.nodes.asked.count(MOVE) == 2
    served.newest.put("settings", [setting(2.0)])
    wait_until(lambda: page.evaluate("document.querySelector('.setting output').value") == "2.00")


CLICK = """[...document.querySelectorAll("button")].find(
    (one) => one.textContent === "{}").click()"""


@pytest.mark.slow
def test_people_and_styles_are_chosen_in_a_browser(served, browser, wait_until):
    served.newest.put("description", description())
    page = browser.open(served.url, width=390, height=844)
    wait_until(lambda: page.evaluate("!document.getElementById('people').offsetHeight"))
    served.newest.put("styles", {"names": ["subtle", "natural"], "chosen": "natural"})
    served.newest.put("people", {"names": ["<b>Ada"], "chosen": ""})
    pressed = "document.querySelector('#styles [aria-pressed=true]')?.textContent"
    wait_until(lambda: page.evaluate(pressed) == "natural", what="the style")
    wait_until(lambda: page.evaluate("document.querySelectorAll('#saved option').length") == 2)
    page.evaluate(CLICK.format("subtle"))
    wait_until(lambda: Wish("style", value="subtle") in served.nodes.asked)
    page.evaluate("""(() => {
        const saved = document.getElementById("saved");
        saved.value = "<b>Ada";
        saved.dispatchEvent(new Event("change"));
    })()""")
    wait_until(lambda: person("<b>Ada") in served.nodes.asked, what="her choice")
    # A saved face is not overwritten by a slip, and a name is that of a file.
    for name in ("<b>Ada", "../Bert", "Bert"):
        page.evaluate(f"document.getElementById('new-name').value = {json.dumps(name)}")
        page.evaluate(CLICK.format("Save"))
    wait_until(lambda: person("Bert") in served.nodes.asked, what="a new name")
    assert person("../Bert") not in served.nodes.asked
    assert served.nodes.asked.count(person("<b>Ada")) == 1
    # While one types, the space bar stops, too.
    page.evaluate("document.getElementById('new-name').focus()")
    page.press(" ", "Space")
    wait_until(lambda: Wish("stop") in served.nodes.asked, what="the stop")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def person(name):
    return Wish("set", "face_tracker_node", "person", name)


@pytest.mark.slow
def test_a_page_of_another_version_is_loaded_again(served, browser, wait_until):
    served.newest.put("description", {**description(), "version": "one"})
    page = browser.open(served.url, width=390, height=844)
    wait_until(lambda: page.evaluate("document.querySelectorAll('.bar').length") == 30)
    page.evaluate("window.old = true")
    served.newest.put("description", {**description(), "version": "two"})

    def loaded():
        try:
            bars = page.evaluate("window.old ? 0 : document.querySelectorAll('.bar').length")
        except AssertionError:
            # The browser answers nothing while it is between two pages.
            return False
        return bars == 30

    wait_until(loaded, what="a new page")


def setting(value):
    return {
        "node": "actuation_node",
        "parameter": "gain_brow",
        "label": "Gain: brow",
        "value": value,
        "minimum": 0.0,
        "maximum": 3.0,
    }
