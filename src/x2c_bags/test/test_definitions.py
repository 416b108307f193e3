# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest
from ament_index_python import get_package_share_directory
from rosbags.typesys import Stores, get_typestore

from x2c_bags.errors import BagError
from x2c_bags.schema.definitions import definition
from x2c_bags.schema.topics import TOPICS


@pytest.mark.parametrize("message_type", sorted({one.message_type for one in TOPICS}))
def test_the_hash_is_the_one_that_ros_computes(message_type):
    package, _, name = message_type.partition("/msg/")
    path = Path(get_package_share_directory(package)) / "msg" / f"{name}.json"
    hashes = json.loads(path.read_text(encoding="utf-8"))["type_hashes"]
    ours = {one["type_name"]: one["hash_string"] for one in hashes}[message_type]
    assert definition(message_type).hash == ours


def test_the_message_of_tf_is_the_one_that_everyone_has():
    # The wheels have none, so it is built here.
    kind = "tf2_msgs/msg/TFMessage"
    assert definition(kind).hash == get_typestore(Stores.ROS2_JAZZY).hash_rihs01(kind)


def test_the_text_holds_comments_and_every_type_used():
    text = definition("x2c_msgs/msg/FaceLandmarks").text
    assert "# LOST: no face was found" in text
    for used in ("std_msgs/Header", "builtin_interfaces/Time", "geometry_msgs/Quaternion"):
        assert f"{'=' * 80}\nMSG: {used}\n" in text


@pytest.mark.parametrize("name", ["nowhere_msgs/msg/Thing", "std_msgs/msg/Nothing", "std_msgs"])
def test_an_unknown_type_is_named(name):
    with pytest.raises(BagError, match=f"{name} is not installed"):
        definition(name)


@pytest.mark.parametrize(
    "name", ["std_msgs/msg/../../secret", "../std_msgs/msg/Header", "std_msgs/msg/", "x" * 10_000]
)
def test_a_name_that_would_lead_to_another_file_is_no_type(name):
    with pytest.raises(BagError, match="is not installed: expected a name such as") as refusal:
        definition(name)
    assert len(str(refusal.value)) < 300
