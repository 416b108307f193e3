# SPDX-License-Identifier: Apache-2.0
import hashlib

import numpy as np
import pyarrow.parquet as pq
import pytest

from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import TOPICS, Part
from x2c_bags.writing.bag_writer import BagWriter
from x2c_datasets.errors import ExportError
from x2c_datasets.export import x2c_form
from x2c_datasets.export.pairs import Pairing
from x2c_datasets.export.x2c_form import X2CExport, export_x2c
from x2c_datasets.formats import read_data_set

NAMES = {f"/{one.part.lstrip('/')}": one for one in TOPICS}
FRAMES = 30
PAIRS = 27


def ask(*bags, pairing=Pairing()):  # noqa: B008
    return X2CExport(tuple(map(str, bags)), "", pairing)


def ignore(images):
    pass


def bytes_of(folder):
    return {
        str(one.relative_to(folder)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in sorted(folder.rglob("*"))
        if one.is_file()
    }


def test_what_is_exported_is_read_as_a_data_set(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=FRAMES)
    images = []
    outcome = export_x2c(ask(bag), tmp_path / "out", images.append)
    assert (outcome.pairs, outcome.clips, sum(images)) == (PAIRS, 1, FRAMES)
    assert outcome.left_out == {"bag: no person was followed": 3}
    data = read_data_set(tmp_path / "out")
    assert len(data) == PAIRS
    assert not data.skipped
    reader = BagReader(bag)
    recorded = [reader.decode(one) for one in reader.messages_of((Part.CONTROLS,))]
    tracked = np.array([one.values for one in recorded if one.state == 1])
    np.testing.assert_array_equal(data.values().astype(np.float32), tracked)
    assert data[0].read_image().mean() == pytest.approx(40, abs=1)


def test_clips_are_whole_in_one_split(tmp_path, make_bag, monkeypatch):
    monkeypatch.setattr(x2c_form, "_LONGEST_CLIP", 5)
    bags = [make_bag(tmp_path / name, frames=FRAMES) for name in ("one", "two")]
    outcome = export_x2c(ask(*bags), tmp_path / "out", ignore)
    data = read_data_set(tmp_path / "out")
    assert outcome.clips == 12
    assert len(data) == 2 * PAIRS
    assert set(data.splits) == {"train", "val", "test"}
    splits = {pair.animation: pair.split for pair in data}
    assert all(pair.split == splits[pair.animation] for pair in data)
    table = pq.read_table(tmp_path / "out" / "train" / "metadata.parquet")
    assert table["animation_name"][0].as_py().startswith("bag: one at 17")


def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(tmp_path, make_bag, monkeypatch):
    monkeypatch.setattr(x2c_form, "_LONGEST_CLIP", 5)
    bag = make_bag(tmp_path / "bag", frames=FRAMES)
    export_x2c(ask(bag), tmp_path / "whole", ignore)
    seen = []

    def stop(images):
        seen.append(images)
        if len(seen) == 18:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_x2c(ask(bag), tmp_path / "stopped", stop)
    assert len(read_data_set(tmp_path / "stopped")) in (10, 15)
    export_x2c(ask(bag), tmp_path / "stopped", ignore)
    assert bytes_of(tmp_path / "stopped") == bytes_of(tmp_path / "whole")
    again = export_x2c(ask(bag), tmp_path / "stopped", ignore)
    assert again.pairs == PAIRS
    assert bytes_of(tmp_path / "stopped") == bytes_of(tmp_path / "whole")


def test_another_export_into_the_same_folder_is_refused(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=5)
    export_x2c(ask(bag), tmp_path / "out", ignore)
    with pytest.raises(ExportError, match=r"tolerance 0\.5 instead of 0\.01"):
        export_x2c(ask(bag, pairing=Pairing(tolerance=0.5)), tmp_path / "out", ignore)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("all of it")
    with pytest.raises(ExportError, match="holds other files"):
        export_x2c(ask(bag), tmp_path / "other", ignore)


def test_images_of_any_size_keep_theirs(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=4, sizes=((160, 120), (33, 21)))
    export_x2c(ask(bag), tmp_path / "out", ignore)
    shapes = [pair.read_image().shape for pair in read_data_set(tmp_path / "out")]
    assert shapes == [(120, 160, 3), (21, 33, 3)] * 2


def test_a_broken_bag_gives_the_pairs_before(tmp_path, make_bag):
    whole = BagReader(make_bag(tmp_path / "whole", frames=20))
    writer = BagWriter(tmp_path / "bag", NAMES, "publication")
    for record in whole.messages_of(tuple(Part)):
        writer.write(whole.parts[record.channel.topic], record.time, record.data)
        writer.flush()
    file = tmp_path / "bag" / "bag_0.mcap"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    outcome = export_x2c(ask(tmp_path / "bag"), tmp_path / "out", ignore)
    assert 5 <= outcome.pairs < 12
    assert any("breaks off" in issue for issue in outcome.issues)
    assert len(read_data_set(tmp_path / "out")) == outcome.pairs


def test_without_one_pair_nothing_is_made(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=12, dropped=range(10))
    with pytest.raises(ExportError, match=r"not one pair.*no person was followed"):
        export_x2c(ask(bag), tmp_path / "out", ignore)


def test_the_card_says_what_there_is(tmp_path, make_bag):
    export_x2c(ask(make_bag(tmp_path / "bag", frames=FRAMES)), tmp_path / "out", ignore)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "27 images with the 30 control values" in card
    assert "no person was followed: 3 images" in card
    assert "| train | 27 |" in card
