# SPDX-License-Identifier: Apache-2.0
import math

from hypothesis import given
from hypothesis import strategies as st

from x2c_bringup.run.live_line import live_line, number, share_found
from x2c_node.diagnostics import Diagnosis, Level


def said(level=Level.OK, message="", **values):
    return Diagnosis(
        level, message, {name.replace("_", " "): text for name, text in values.items()}
    )


def test_a_line_has_rates_share_latency_and_state():
    line = live_line(
        {
            "camera_node": Diagnosis(Level.OK, "", {"image rate [Hz]": "30.0"}),
            "face_tracker_node": said(image_total="200", face_total="150"),
            "imitation_node": said(face="tracking"),
            "actuation_node": Diagnosis(
                Level.OK,
                "",
                {
                    "commands rate [Hz]": "29.5",
                    "camera to command p50 [ms]": "8.25",
                    "camera to command p99 [ms]": "20.0",
                },
            ),
        }
    )
    assert line == (
        "camera 30.0 Hz | commands 29.5 Hz | face found 75 % | "
        "latency 8.2 ms (p99 20.0) | tracking"
    )


def test_a_line_says_how_sure_an_estimated_neutral_face_is():
    tracker = said(neutral="estimated", neutral_sureness="62%")
    imitation = said(face="tracking")
    line = live_line({"face_tracker_node": tracker, "imitation_node": imitation}, 80)
    assert line.endswith("| tracking, neutral face 62% sure")
    known = live_line({"face_tracker_node": said(neutral="loaded"), "imitation_node": imitation})
    assert known.endswith("| tracking")


def test_before_anything_is_known_a_line_says_that_it_starts():
    assert live_line({}).endswith("| starting")
    assert "nan" not in live_line({})


def test_the_first_trouble_is_told():
    line = live_line(
        {
            "camera_node": said(Level.OK, "fine"),
            "face_tracker_node": said(Level.WARN, "no face yet"),
            "imitation_node": said(Level.ERROR, "later"),
        }
    )
    assert line.endswith("| no face yet")


@given(
    st.integers(20, 200),
    st.text(st.characters(codec="ascii", categories=["L", "P"]), max_size=150),
)
def test_a_line_fits_and_keeps_state_and_the_beginning_of_trouble(width, trouble):
    line = live_line(
        {
            "camera_node": Diagnosis(Level.OK, "", {"image rate [Hz]": "30.0"}),
            "imitation_node": said(face="tracking"),
            "actuation_node": said(Level.WARN, trouble),
        },
        width,
    )
    assert len(line) <= width
    assert "tracking" in line
    assert trouble[: width - len("tracking | …")] in line


def test_figures_go_before_trouble_in_80_columns():
    trouble = "disabled, waiting for /control_values: its publishers are silent"
    line = live_line({"imitation_node": said(face="tracking"), "a": said(Level.WARN, trouble)}, 80)
    assert line.endswith(f"tracking | {trouble}")
    assert len(line) <= 80


def test_no_images_give_no_share():
    assert math.isnan(share_found(said()))
    assert math.isnan(share_found(said(image_total="0")))


def test_images_without_any_face_give_a_share_of_zero():
    assert share_found(said(image_total="9")) == 0.0


@given(st.text())
def test_any_text_is_a_number_or_none(text):
    assert isinstance(number(Diagnosis(Level.OK, "", {"x": text}), "x"), float)
