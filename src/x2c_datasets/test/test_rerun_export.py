# SPDX-License-Identifier: Apache-2.0
"""Recordings for Rerun, read back with its own library."""

from dataclasses import replace

import numpy as np
import pytest

from x2c_bags.schema.topics import Part
from x2c_core.control_space import controls
from x2c_core.face.topology import COUNT
from x2c_datasets.errors import ExportError
from x2c_datasets.viewer.urdf_tree import read_urdf

rr = pytest.importorskip("rerun", reason="make setup EXTRAS=viewers installs it")

from x2c_bags.reading.bag_reader import BagReader  # noqa: E402
from x2c_datasets.viewer import rerun_layout as layout  # noqa: E402
from x2c_datasets.viewer.rerun_export import export_rerun  # noqa: E402
from x2c_datasets.viewer.rerun_log import RerunLog  # noqa: E402
from x2c_testing.made_bags import LOST, PERIOD, START, values_at  # noqa: E402

URDF = """<robot name="face">
  <material name="skin"><color rgba="1 0.5 0 1"/></material>
  <link name="base"/>
  <link name="jaw_link"><visual name="jaw">
    <geometry><mesh filename="package://face/meshes/jaw.stl"/></geometry><material name="skin"/>
  </visual></link>
  <link name="tooth_link"/>
  <joint name="jaw" type="revolute">
    <parent link="base"/><child link="jaw_link"/>
    <origin xyz="0 0 1" rpy="0 0 0"/><axis xyz="0 2 0"/>
  </joint>
  <joint name="tooth" type="prismatic">
    <parent link="jaw_link"/><child link="tooth_link"/>
    <origin xyz="1 0 0" rpy="0 0 1.5707963267948966"/><axis xyz="1 0 0"/>
  </joint>
</robot>"""


def column(path, entity, component):
    """Return times [ns] and contents of a component of an entity."""
    view = rr.dataframe.load_recording(path).view(index="time", contents=entity)
    table = view.select().read_all()
    (name,) = [one for one in table.column_names if one.endswith(f":{component}")]
    rows = table.filter(table[name].is_valid())
    times = np.array(rows["time"].cast("int64").to_pylist())
    return times, rows[name].to_pylist()


@pytest.fixture
def robot(tmp_path):
    folder = tmp_path / "face"
    folder.mkdir()
    (folder / "robot.yaml").write_text("name: face\n")
    (folder / "face.urdf").write_text(URDF)
    return folder


def test_what_is_in_the_bag_is_in_the_recording(tmp_path, make_bag, robot):
    bag, out = make_bag(tmp_path / "bag", frames=15), tmp_path / "out" / "run.rrd"
    outcome = export_rerun(bag, out, str(robot))
    times, values = column(out, layout.control_entity(controls.CONTROLS[3]), "Scalar")
    tracked = np.arange(15)
    np.testing.assert_array_equal(times, START + tracked * PERIOD)
    expected = [values_at(index)[3] for index in tracked]
    np.testing.assert_allclose(np.ravel(values), expected, atol=1e-6)
    _, blobs = column(out, layout.CAMERA, "Blob")
    assert len(blobs) == 15
    assert bytes(blobs[0][0])[:3] == b"\xff\xd8\xff"
    _, kinds = column(out, layout.CAMERA, "MediaType")
    assert set(np.ravel(kinds)) == {"image/jpeg"}
    assert len(column(out, layout.ROBOT_IMAGE, "Blob")[1]) == 15
    _, landmarks = column(out, layout.LANDMARKS_3D, "Position3D")
    found = [points for points in landmarks if points]
    assert len(found) == 15 - len(LOST)
    assert np.shape(found[0]) == (COUNT, 3)
    # Column by column: the jaw turns about y, as far as it was measured.
    _, turns = column(out, f"{layout.ROBOT}/base/jaw_link", "TransformMat3x3")
    assert len(turns) == 15
    np.testing.assert_allclose(turns[5][0][2], -np.sin(np.sin(1.0)), atol=1e-6)
    # The tooth is never measured: it is where it rests, from the beginning.
    times, rests = column(out, f"{layout.ROBOT}/base/jaw_link/tooth_link", "Translation3D")
    assert (times.tolist(), np.ravel(rests).tolist()) == ([START], [1.0, 0.0, 0.0])
    assert "mesh jaw.stl is missing" in outcome.notes
    assert "nothing was recorded of actuation_node/state" in outcome.notes
    assert outcome.issues == ()


def test_what_is_wrong_with_the_bag_is_an_issue(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=3)
    (bag / "metadata.yaml").unlink()
    (issue,) = export_rerun(bag, tmp_path / "run.rrd", "virtual").issues
    assert "metadata.yaml is missing" in issue


def test_all_that_is_missing_is_said(tmp_path, make_bag):
    without = (Part.ROBOT_IMAGE, Part.JOINT_STATES)
    bag, out = make_bag(tmp_path / "bag", frames=3, without=without), tmp_path / "run.rrd"
    outcome = export_rerun(bag, out, "no_such_robot")
    assert any("not shown in 3-D: unknown robot" in note for note in outcome.notes)
    assert "nothing was recorded of robot/image_raw/compressed" in outcome.notes
    assert not any("joint" in note for note in outcome.notes if "recorded" in note)


def test_an_earlier_file_stays_when_the_export_fails(tmp_path, make_bag):
    out = tmp_path / "run.rrd"
    out.write_text("earlier")
    bag = make_bag(tmp_path / "bag", frames=2)

    def interrupt(messages):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_rerun(bag, out, "virtual", interrupt)
    assert out.read_text() == "earlier"
    with pytest.raises(ExportError, match=r"ends in \.rrd"):
        export_rerun(bag, tmp_path / "run", "virtual")


def test_no_number_that_is_none_is_logged(tmp_path, make_bag):
    log = RerunLog(rr.new_recording("x2c"))
    log.values([float("nan")] * 30)
    log.values([0.0])
    assert log.left_out["control values that are no numbers"] == 2
    bag = BagReader(make_bag(tmp_path / "bag", frames=1))
    (record,) = bag.messages_of({Part.FACE})
    face = bag.decode(record)
    landmarks = np.array(face.landmarks)
    landmarks[7] = np.inf
    log.face(replace(face, landmarks=landmarks))
    assert log.left_out["landmarks that are no numbers"] == 1


def test_joints_of_a_urdf_turn_and_slide(robot):
    tree = read_urdf(robot / "face.urdf")
    assert tree.paths["tooth_link"] == "base/jaw_link/tooth_link"
    jaw, tooth = tree.joints
    translation, rotation = jaw.at(np.pi / 2)
    np.testing.assert_allclose(translation, (0, 0, 1))
    np.testing.assert_allclose(rotation @ (1, 0, 0), (0, 0, -1), atol=1e-12)
    translation, rotation = tooth.at(0.5)
    np.testing.assert_allclose(translation, (1, 0.5, 0), atol=1e-12)
    (visual,) = tree.visuals["jaw_link"]
    assert (visual.mesh, visual.colour) == (robot / "meshes" / "jaw.stl", (1.0, 0.5, 0.0, 1.0))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<robot", "no element"),
        (URDF.replace("1 0 0", "1 nan 0"), "three numbers"),
        (URDF.replace('<parent link="base"/>', ""), "no parent"),
        (URDF.replace('<parent link="base"/>', '<parent link="tooth_link"/>'), "ancestor"),
    ],
)
def test_a_urdf_that_cannot_be_is_named(robot, text, reason):
    (robot / "face.urdf").write_text(text)
    with pytest.raises(ExportError, match=rf"face\.urdf.*{reason}|unclosed"):
        read_urdf(robot / "face.urdf")
