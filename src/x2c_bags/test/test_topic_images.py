# SPDX-License-Identifier: Apache-2.0
"""Packets of a video in a bag are decoded; what cannot be is said once."""

import av
import numpy as np
import pytest

from x2c_bags.errors import TopicError
from x2c_bags.frames.bag_frames import BagFrames
from x2c_bags.frames.camera_topics import choose_camera
from x2c_bags.frames.topic_choice import choose_topic
from x2c_bags.frames.topic_images import VIDEO
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.type_store import known
from x2c_perception.cameras.choice import choose_source

START, PERIOD = 1_700_000_000_000_000_000, 33_333_333
COUNT = 12


def picture(number):
    image = np.full((48, 64, 3), 20 + 15 * number, np.uint8)
    image[:24, :32] = (250, 10, 10)
    return image


def packets(codec="libx264", **options):
    """Return one packet for each image, as a live encoder makes them."""
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt = 64, 48, "yuv420p"
    context.framerate, context.gop_size = 30, 6
    context.options = {"tune": "zerolatency", "preset": "ultrafast", **options}
    found = []
    for number in range(COUNT):
        frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
        frame.pts = number
        found += [bytes(packet) for packet in context.encode(frame)]
    return found + [bytes(packet) for packet in context.encode(None)]


@pytest.fixture
def video_bag(writers, tmp_path):
    """Write a bag with packets of a video."""

    def write(kind, data, name="h264", topic="/cam/image_raw/ffmpeg", **how):
        if kind in VIDEO and kind not in writers.store.types:
            other = known(kind)
            writers.store.register({kind: other.fielddefs[kind]})
        make = writers.store.types[kind]
        messages = []
        for number, one in enumerate(data):
            stamp = START + number * PERIOD
            content = np.frombuffer(one, np.uint8)
            header = writers.header(stamp)
            if kind == VIDEO[0]:
                fields = {"width": 64, "height": 48, "pts": number, "flags": 0}
                message = make(
                    header=header, encoding=name, is_bigendian=False, data=content, **fields
                )
            elif kind == VIDEO[1]:
                message = make(
                    timestamp=header.stamp, frame_id="camera", data=content, format=name
                )
            else:
                message = make(header=header, format=name, data=content)
            messages.append((stamp + 5, (kind, message)))
        return writers.write(tmp_path / "bag", {topic: messages}, **how)

    return write


KINDS = [*VIDEO, "sensor_msgs/msg/CompressedImage"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("codec", "name"), [("libx264", "h264"), ("libx265", "hevc")])
def test_packets_of_a_video_are_frames(video_bag, kind, codec, name):
    options = {"x265-params": "log-level=none:bframes=0:keyint=6"} if codec == "libx265" else {}
    bag = video_bag(kind, packets(codec, **options), name)
    reader = BagReader(bag)
    source = BagFrames(reader, choose_topic(reader, ""))
    frames = list(source.frames())
    assert [frame.stamp for frame in frames] == [START + n * PERIOD for n in range(COUNT)]
    for number, frame in enumerate(frames):
        assert np.abs(frame.image.astype(int) - picture(number)).mean() < 8
    assert not list(source.issues)
    (last,) = source.images([COUNT - 1]).values()
    assert (last == frames[-1].image).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_video_in_a_bag_is_a_camera(video_bag, kind):
    bag = video_bag(kind, packets())
    stamps = []
    with choose_source("0", str(bag)) as source:
        while source.read() is not None:
            stamps.append(source.stamp)
        assert source.frame_id == "camera"
    assert stamps == [START + n * PERIOD for n in range(COUNT)]


def test_a_bag_that_embeds_no_definition_is_read(video_bag):
    bag = video_bag(VIDEO[0], packets(), storage="sqlite3", humble=True, version=8)
    source = BagFrames(BagReader(bag), "/cam/image_raw/ffmpeg")
    assert len(list(source.frames())) == COUNT


def test_packets_before_a_whole_image_are_said_once(video_bag):
    source = BagFrames(BagReader(video_bag(VIDEO[0], packets()[2:])), "/cam/image_raw/ffmpeg")
    frames = list(source.frames())
    assert [frame.index for frame in frames] == [4, 5, 6, 7, 8, 9]
    (issue,) = source.issues
    assert "before the first whole image cannot be decoded" in str(issue)


def test_another_codec_is_said_once(video_bag):
    source = BagFrames(BagReader(video_bag(VIDEO[1], packets(), "mine")), "/cam/image_raw/ffmpeg")
    assert not list(source.frames())
    (issue,) = source.issues
    assert "a video in 'mine' cannot be decoded; expected H.264 or HEVC" in str(issue)


def test_a_replay_refuses_packets_with_what_to_do(video_bag):
    reader = BagReader(video_bag(VIDEO[0], packets()))
    with pytest.raises(TopicError, match=r"packets of a video.*x2c imitate --video"):
        choose_camera(reader)
    assert choose_camera(reader, video=True).name == "/cam/image_raw/ffmpeg"


def test_images_of_depth_are_left_out_with_a_word(video_bag):
    data = [b"\0" * 20] * 3
    kind = "sensor_msgs/msg/CompressedImage"
    bag = video_bag(kind, data, "16UC1; compressedDepth png", topic="/cam/depth/compressedDepth")
    with pytest.raises(TopicError, match="images of depth are left out, as they show no face"):
        choose_topic(BagReader(bag), "")
