# SPDX-License-Identifier: Apache-2.0
import av
import cv2
import numpy as np
import pytest

from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import TOPICS, Part
from x2c_bags.writing.bag_writer import BagWriter
from x2c_core.errors import VideoError
from x2c_core.face.frames import ControlState, FaceState
from x2c_evaluation.run_report import video
from x2c_evaluation.run_report.frame_sets import frame_sets

pytestmark = pytest.mark.slow


def decoded(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        return [
            (float(one.time), one.to_ndarray(format="rgb24")) for one in container.decode(stream)
        ]


def test_there_is_a_frame_for_each_camera_image_at_its_time(tmp_path, make_bag):
    path = tmp_path / "imitation.mp4"
    reader = BagReader(make_bag(tmp_path / "bag", frames=20))
    progress = []
    assert video.write_video(reader, path, "title", "subtitle", progress.append) == 20
    frames = decoded(path)
    assert len(frames) == 20
    assert [time for time, _ in frames] == pytest.approx(np.arange(20) / 30, abs=1e-3)
    assert frames[0][1].shape == (720, 1280, 3)
    poster = cv2.imread(str(tmp_path / "poster.jpg"))
    assert min(np.abs(poster[:, :, ::-1].astype(int) - one).mean() for _, one in frames) < 3.0
    assert progress == list(range(1, 21))
    assert [one.name for one in tmp_path.iterdir() if "partial" in one.name] == []


def test_images_of_changing_size_are_shown(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=12, sizes=[(160, 120), (64, 200), (31, 17)])
    video.write_video(BagReader(bag), tmp_path / "v.mp4", "", "")
    assert len(decoded(tmp_path / "v.mp4")) == 12


@pytest.mark.parametrize(
    "missing", [Part.FACE, Part.CONTROLS, Part.COMMANDS, Part.ROBOT_IMAGE], ids=str
)
def test_without_a_topic_the_rest_is_shown(tmp_path, make_bag, missing):
    bag = make_bag(tmp_path / "bag", frames=6, without={missing})
    assert video.write_video(BagReader(bag), tmp_path / "v.mp4", "", "") == 6


def test_without_camera_images_there_is_no_video(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=6, without={Part.CAMERA_IMAGE})
    with pytest.raises(VideoError, match="no camera images were recorded"):
        video.write_video(BagReader(bag), tmp_path / "v.mp4", "", "")
    assert not (tmp_path / "v.mp4").exists()


def test_an_image_that_is_none_is_a_frame_all_the_same(tmp_path, messages):
    names = {f"/{one.part.lstrip('/')}": one for one in TOPICS}
    writer = BagWriter(tmp_path / "bag", names, "publication")
    for index in range(4):
        stamp = index * 40_000_000
        good = messages.image(Part.CAMERA_IMAGE, stamp, (64, 48), 90)
        bad = messages.serialize(Part.CAMERA_IMAGE, stamp, data=np.arange(9, dtype=np.uint8))
        writer.write(Part.CAMERA_IMAGE, stamp, bad if index == 2 else good)
    writer.close()
    assert video.write_video(BagReader(tmp_path / "bag"), tmp_path / "v.mp4", "", "") == 4
    assert len(decoded(tmp_path / "v.mp4")) == 4


def test_stamps_that_jump_do_not_stop_the_video(tmp_path, messages):
    names = {f"/{one.part.lstrip('/')}": one for one in TOPICS}
    writer = BagWriter(tmp_path / "bag", names, "publication")
    for index, stamp in enumerate([0, 40, 80, 0, 40, 40, 900_000, 900_040]):
        data = messages.image(Part.CAMERA_IMAGE, stamp * 1_000_000, (64, 48), 90)
        writer.write(Part.CAMERA_IMAGE, index * 40_000_000, data)
    writer.close()
    video.write_video(BagReader(tmp_path / "bag"), tmp_path / "v.mp4", "", "")
    times = [time for time, _ in decoded(tmp_path / "v.mp4")]
    assert np.diff(times) == pytest.approx([0.04] * 7, abs=1e-3)


def test_ctrl_c_leaves_a_video_that_plays(tmp_path, make_bag):
    def interrupt(done):
        if done == 9:
            raise KeyboardInterrupt

    reader = BagReader(make_bag(tmp_path / "bag", frames=20))
    with pytest.raises(KeyboardInterrupt):
        video.write_video(reader, tmp_path / "v.mp4", "", "", interrupt)
    assert len(decoded(tmp_path / "v.mp4")) == 9


def test_ctrl_c_leaves_an_earlier_video_as_it_was(tmp_path, make_bag):
    def interrupt(done):
        raise KeyboardInterrupt

    reader = BagReader(make_bag(tmp_path / "bag", frames=3))
    (tmp_path / "v.mp4").write_bytes(b"earlier")
    with pytest.raises(KeyboardInterrupt):
        video.write_video(reader, tmp_path / "v.mp4", "", "", interrupt)
    assert (tmp_path / "v.mp4").read_bytes() == b"earlier"


def test_a_failure_leaves_no_video(tmp_path, make_bag):
    def fail(done):
        raise RuntimeError("no")

    reader = BagReader(make_bag(tmp_path / "bag", frames=3))
    with pytest.raises(RuntimeError):
        video.write_video(reader, tmp_path / "v.mp4", "", "", fail)
    assert [one.name for one in tmp_path.iterdir()] == ["bag"]


def test_a_folder_that_is_not_there_is_named(tmp_path, make_bag):
    reader = BagReader(make_bag(tmp_path / "bag", frames=3))
    with pytest.raises(VideoError, match=r"cannot write .*nowhere"):
        video.write_video(reader, tmp_path / "nowhere" / "v.mp4", "", "")


def test_a_moment_holds_what_belongs_to_its_frame(tmp_path, make_bag):
    shown = list(frame_sets(BagReader(make_bag(tmp_path / "bag", frames=30, dropped={20}))))
    assert len(shown) == 30
    assert shown[3].landmarks.shape == (478, 3)
    assert shown[3].face_state is FaceState.TRACKING
    assert shown[3].latency == pytest.approx(0.010)
    assert shown[3].image.shape == (120, 160, 3)
    assert shown[3].robot_image.shape == (64, 64, 3)
    assert shown[11].face_state is FaceState.LOST
    assert shown[11].landmarks is None
    assert shown[11].control_state is ControlState.HOLDING
    assert shown[20].face_state is None
    np.testing.assert_array_equal(shown[20].values, shown[19].values)
