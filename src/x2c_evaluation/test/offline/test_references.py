# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np

from x2c_bags.frames.recorded_run import Stream, read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_evaluation.offline.results.references import recorded


def test_recorded_values_without_stamps_have_the_bag_s_times(tmp_path, make_bag):
    recorded_run = read_recorded_run(BagReader(make_bag(tmp_path / "bag", frames=5)))
    stamped = recorded(recorded_run)
    times = recorded_run.streams[Part.CONTROLS].times
    bare = Stream(np.zeros_like(times), times)
    bare = recorded(replace(recorded_run, streams={**recorded_run.streams, Part.CONTROLS: bare}))
    np.testing.assert_array_equal(bare.stamps, times)
    np.testing.assert_array_equal(bare.values, stamped.values)
