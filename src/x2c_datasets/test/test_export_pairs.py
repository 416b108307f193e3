# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_bags.errors import BagError, TopicError
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import TOPICS, Part
from x2c_bags.writing.bag_writer import BagWriter
from x2c_core.control_space import controls
from x2c_datasets.export.pairs import BagPairs, Pairing

NAMES = {f"/{one.part.lstrip('/')}": one for one in TOPICS}
MS = 1_000_000
LOST = {10, 11, 12}


def found(bag, pairing=Pairing(), topic=""):  # noqa: B008
    source = BagPairs(BagReader(bag), topic, pairing)
    return list(source.pairs()), dict(source.left_out)


def write(folder, messages, images, values):
    """Write images and control values: of each the bag's time and the stamp [ns], and a number."""
    writer = BagWriter(folder, NAMES, "publication")
    for time, stamp, number in images:
        data = messages.image(Part.CAMERA_IMAGE, stamp, (16, 16), number)
        writer.write(Part.CAMERA_IMAGE, time, data)
    for time, stamp, number in values:
        numbers = np.full(controls.COUNT, number, np.float32)
        data = messages.serialize(Part.CONTROLS, stamp, values=numbers, state=1)
        writer.write(Part.CONTROLS, time, data)
    writer.close()
    return folder


def numbers(pairs):
    return [None if pair is None else round(float(pair.values[0])) for pair in pairs]


def test_images_belong_to_the_values_of_their_stamp(tmp_path, make_bag):
    pairs, left = found(make_bag(tmp_path / "bag", frames=30))
    assert [index for index, pair in enumerate(pairs) if pair is None] == sorted(LOST)
    assert left == {"no person was followed": 3}
    assert [int(pair.image.mean()) for pair in pairs if pair] == pytest.approx(
        [40 + index for index in range(30) if index not in LOST], abs=1
    )
    reader = BagReader(tmp_path / "bag")
    recorded = [reader.decode(one).values for one in reader.messages_of((Part.CONTROLS,))]
    for index, pair in enumerate(pairs):
        if pair is not None:
            np.testing.assert_array_equal(pair.values, recorded[index])


def test_values_that_follow_nobody_count_when_asked_for(tmp_path, make_bag):
    pairs, left = found(make_bag(tmp_path / "bag", frames=20), Pairing(any_state=True))
    assert None not in pairs
    assert left == {}


def test_the_file_of_a_jpeg_image_is_kept_as_it_is(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=1)
    ((pair,), _) = found(bag)
    reader = BagReader(bag)
    (record,) = reader.messages_of((Part.CAMERA_IMAGE,))
    assert pair.jpeg == bytes(reader.decode(record).data)


def test_the_nearest_values_within_the_tolerance_belong_to_an_image(tmp_path, messages):
    images = [(0, t * MS, t) for t in (100, 204, 300, 420)]
    values = [(0, t * MS, t) for t in (100, 195, 200, 280)]
    bag = write(tmp_path / "bag", messages, images, values)
    pairs, left = found(bag, Pairing(tolerance=0.01))
    assert numbers(pairs) == [100, 200, None, None]
    assert left == {"no control values within 0.01 s": 2}
    assert numbers(found(bag, Pairing(tolerance=0.05))[0]) == [100, 200, 280, None]


def test_an_image_can_show_what_was_commanded_before(tmp_path, messages):
    images = [(0, t * MS, t) for t in (100, 200, 300)]
    values = [(0, t * MS, t) for t in (50, 150, 250)]
    bag = write(tmp_path / "bag", messages, images, values)
    assert numbers(found(bag, Pairing(delay=0.05))[0]) == [50, 150, 250]


def test_stamps_that_come_again_are_told_apart_by_the_bags_time(tmp_path, messages):
    # As when a bag is recorded while another one is played in a loop.
    images = [(1000 + t, t * MS, t) for t in (1, 2)] + [(2000 + t, t * MS, t) for t in (1, 2)]
    values = [(1000 + t, t * MS, t) for t in (1, 2)] + [(2000 + t, t * MS, 10 + t) for t in (1, 2)]
    bag = write(tmp_path / "bag", messages, images, values)
    assert numbers(found(bag)[0]) == [1, 2, 11, 12]


def test_without_stamps_the_bags_time_tells(tmp_path, messages):
    images = [(t * MS, 0, t) for t in (100, 200)]
    values = [(t * MS, 0, t) for t in (103, 203)]
    bag = write(tmp_path / "bag", messages, images, values)
    assert numbers(found(bag)[0]) == [103, 203]


def test_backward_stamps_are_paired_all_the_same(tmp_path, messages):
    stamps = (500, 100, 300)
    bag = write(
        tmp_path / "bag",
        messages,
        [(0, t * MS, t) for t in stamps],
        [(0, t * MS, t) for t in stamps],
    )
    assert numbers(found(bag)[0]) == list(stamps)


def test_an_image_that_is_none_is_left_out_and_counted(tmp_path, messages):
    writer = BagWriter(tmp_path / "bag", NAMES, "publication")
    empty = messages.serialize(Part.CAMERA_IMAGE, MS, format="jpeg", data=np.zeros(9, np.uint8))
    writer.write(Part.CAMERA_IMAGE, 0, empty)
    writer.write(Part.CAMERA_IMAGE, 1, messages.image(Part.CAMERA_IMAGE, MS, (8, 8), 3))
    values = np.zeros(controls.COUNT, np.float32)
    writer.write(Part.CONTROLS, 0, messages.serialize(Part.CONTROLS, MS, values=values, state=1))
    writer.close()
    pairs, left = found(tmp_path / "bag")
    assert [pair is None for pair in pairs] == [True, False]
    assert sum(left.values()) == 1
    assert "cannot be used: " in next(iter(left))
    assert "9 bytes are no image" in next(iter(left))


def test_a_bag_without_control_values_says_how_to_get_some(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=2, without=(Part.CONTROLS,))
    with pytest.raises(BagError, match="no control values: 'x2c replay BAG --record DIR'"):
        found(bag)


def test_a_bag_without_images_has_no_pairs(tmp_path, make_bag, messages):
    images = (Part.CAMERA_IMAGE, Part.ROBOT_IMAGE)
    assert found(make_bag(tmp_path / "empty", 2, without=images)) == ([], {})
    for part, reason in ((Part.FACE, "has no images"), (Part.CONTROLS, "no images and no face")):
        name = f"/{part}"
        writer = BagWriter(tmp_path / part, {name: NAMES[name]}, "publication")
        writer.write(part, 1, messages.of_frame(part, 0, 1, (8, 8)))
        writer.close()
        with pytest.raises((BagError, TopicError), match=reason):
            found(tmp_path / part)


def test_images_of_the_robot_can_be_paired_too(tmp_path, make_bag):
    pairs, _ = found(make_bag(tmp_path / "bag", frames=5), topic="/robot/image_raw/compressed")
    assert [pair.image.shape for pair in pairs] == [(64, 64, 3)] * 5
