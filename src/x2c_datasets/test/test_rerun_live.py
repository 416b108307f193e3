# SPDX-License-Identifier: Apache-2.0
"""Messages of running nodes in Rerun, as its own library reads them back."""

import socket
import time

import numpy as np
import pytest

from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_core.control_space import controls
from x2c_datasets.errors import ExportError

rr = pytest.importorskip("rerun", reason="make setup EXTRAS=viewers installs it")

from x2c_datasets.viewer import rerun_layout as layout  # noqa: E402
from x2c_datasets.viewer.rerun_live import (  # noqa: E402
    RerunLive,
    recording_to_file,
    recording_to_viewer,
)
from x2c_testing.made_bags import values_at  # noqa: E402

PATIENCE = 60.0


def rows(path, entity, component):
    """Return the contents of a component of an entity."""
    table = rr.dataframe.load_recording(path).view(index="time", contents=entity).select()
    table = table.read_all()
    (name,) = [one for one in table.column_names if one.endswith(f":{component}")]
    return [row for row in table[name].to_pylist() if row is not None]


def test_what_nodes_publish_can_be_read_back(tmp_path, make_bag):
    reader = BagReader(make_bag(tmp_path / "bag", frames=5))
    out = tmp_path / "new" / "live.rrd"
    live = RerunLive(recording_to_file(out))
    assert live.robot("virtual") == []
    for raw in reader.messages_of((Part.CAMERA_IMAGE, Part.FACE, Part.CONTROLS)):
        live.take(reader.parts[raw.channel.topic], reader.decode(raw))
    assert not live.behind
    assert live.close() == []
    values = np.ravel(rows(out, layout.control_entity(controls.CONTROLS[3]), "Scalar"))
    np.testing.assert_allclose(values, [values_at(index)[3] for index in range(5)], atol=1e-6)
    assert len(rows(out, layout.CAMERA, "Blob")) == 5
    meshes = rr.dataframe.load_recording(out).schema().component_columns()
    assert any(one.entity_path.startswith("/robot/torso_link") for one in meshes)


def test_a_robot_without_a_model_is_named_and_the_rest_shown(tmp_path):
    live = RerunLive(recording_to_file(tmp_path / "live.rrd"))
    (note,) = live.robot("no_such_robot")
    assert "not shown in 3-D: unknown robot" in note
    live.close()


def test_an_earlier_file_is_not_replaced(tmp_path):
    out = tmp_path / "run.rrd"
    out.write_text("earlier")
    with pytest.raises(ExportError, match="there already"):
        recording_to_file(out)
    assert out.read_text() == "earlier"
    with pytest.raises(ExportError, match=r"ends in \.rrd"):
        recording_to_file(tmp_path / "run")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "somewhere", "127.0.0.1:99999", ""])
def test_a_viewer_that_is_not_there_is_named(address):
    with pytest.raises(ExportError, match="no viewer listens at"):
        recording_to_viewer(address)


def test_a_viewer_that_takes_nothing_keeps_nobody_waiting(tmp_path, make_bag):
    reader = BagReader(make_bag(tmp_path / "bag", frames=1))
    (image,) = map(reader.decode, reader.messages_of([Part.CAMERA_IMAGE]))
    image.data = np.concatenate([image.data, np.zeros(4_000_000, np.uint8)])
    with socket.create_server(("127.0.0.1", 0)) as viewer:
        live = RerunLive(recording_to_viewer(f"127.0.0.1:{viewer.getsockname()[1]}"), 0.5)
        for _ in range(5):
            live.take(Part.CAMERA_IMAGE, image)
        began = time.monotonic()
        live.close()
        assert time.monotonic() - began < PATIENCE
