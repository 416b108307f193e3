# SPDX-License-Identifier: Apache-2.0
import json
import re

from x2c_bags.schema.topics import TOPICS
from x2c_bringup.shared_files import shared_file
from x2c_core.control_space import controls


def layout():
    return json.loads(shared_file("config", "foxglove", "imitation.json").read_text())


def test_plots_show_every_control_under_its_name():
    plots = [panel for name, panel in layout()["configById"].items() if name.startswith("Plot!")]
    shown = {path["label"]: path["value"] for plot in plots for path in plot["paths"]}
    assert set(shown) == set(controls.NAMES)
    for name, path in shown.items():
        (index,) = re.findall(r"^/control_values\.values\[(\d+)\]$", path)
        assert controls.NAMES[int(index)] == name


def test_panels_of_the_layout_are_configured():
    def leaves(part):
        if isinstance(part, str):
            return [part]
        return leaves(part["first"]) + leaves(part["second"])

    assert sorted(leaves(layout()["layout"])) == sorted(layout()["configById"])


def test_every_topic_of_the_layout_is_in_a_recording():
    text = json.dumps(layout())
    shown = re.findall(
        r'"(?:imageTopic|calibrationTopic|topicToRender|topicPath)": "([^"]+)"', text
    )
    recorded = {f"/{topic.part.value.lstrip('/')}" for topic in TOPICS}
    assert len(shown) == 6
    assert set(shown) <= recorded
