# SPDX-License-Identifier: Apache-2.0
import importlib.util
import json
import subprocess
import sys

import av
import numpy as np
import pyarrow.parquet as pq
import pytest

from x2c_bags.schema.topics import Part
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_datasets.errors import ExportError
from x2c_datasets.export import lerobot_form, lerobot_writer
from x2c_datasets.export.lerobot_form import LeRobotExport, export_lerobot
from x2c_datasets.export.lerobot_statistics import Sampler, joined
from x2c_datasets.export.pairs import Pairing

CAMERA = "observation.images.camera"
FRAMES = 40


def ask(*bags, **options):
    return LeRobotExport(tuple(map(str, bags)), "", Pairing(any_state=True), **options)


def ignore(images):
    pass


def read(folder, name):
    return json.loads((folder / "meta" / name).read_text(encoding="utf-8"))


def table(folder, *parts):
    return pq.read_table(folder.joinpath(*parts)).to_pydict()


@pytest.fixture
def exported(tmp_path, make_bag):
    """Two bags as a data set."""
    bags = [make_bag(tmp_path / name, frames=FRAMES, sizes=((64, 48),)) for name in "ab"]
    outcome = export_lerobot(ask(*bags, task="Make faces."), tmp_path / "out", ignore)
    assert (outcome.pairs, outcome.clips) == (2 * FRAMES, 2)
    return tmp_path / "out"


def test_what_describes_it_is_that_of_version_3(exported):
    info = read(exported, "info.json")
    assert info["codebase_version"] == "v3.0"
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (2, 80, 1)
    assert info["fps"] == 30
    assert info["splits"] == {"train": "0:2"}
    assert set(info) == {
        *("codebase_version", "robot_type", "total_episodes", "total_frames", "total_tasks"),
        *("chunks_size", "data_files_size_in_mb", "video_files_size_in_mb", "fps", "splits"),
        *("data_path", "video_path", "features"),
    }
    features = info["features"]
    assert features["action"]["names"] == list(controls.NAMES)
    assert features["observation.state"]["names"] == ["jaw", "neck_yaw"]
    assert features["joint_commands"]["shape"] == [2]
    assert features[CAMERA]["shape"] == [48, 64, 3]
    for name in ("timestamp", "frame_index", "episode_index", "index", "task_index"):
        assert features[name]["shape"] == [1]
    place = {"chunk_index": 0, "file_index": 0}
    assert (exported / info["data_path"].format(**place)).is_file()
    assert (exported / info["video_path"].format(video_key=CAMERA, **place)).is_file()


def test_rows_and_episodes_agree(exported):
    rows = table(exported, "data", "chunk-000", "file-000.parquet")
    episodes = table(exported, "meta", "episodes", "chunk-000", "file-000.parquet")
    assert rows["index"] == list(range(80))
    assert rows["frame_index"] == [*range(40), *range(40)]
    assert rows["episode_index"] == [0] * 40 + [1] * 40
    assert rows["timestamp"] == pytest.approx([i / 30 for i in range(40)] * 2, abs=1e-6)
    assert episodes["length"] == [40, 40]
    assert episodes["dataset_from_index"] == [0, 40]
    assert episodes["dataset_to_index"] == [40, 80]
    assert episodes["tasks"] == [["Make faces."]] * 2
    begin, end = (episodes[f"videos/{CAMERA}/{which}_timestamp"] for which in ("from", "to"))
    assert begin == pytest.approx([0, 40 / 30])
    assert end == pytest.approx([40 / 30, 80 / 30])
    assert len(rows["action"][0]) == 30
    # As pandas writes a table whose index is the task.
    tasks = pq.read_table(exported / "meta" / "tasks.parquet")
    assert tasks.to_pydict() == {"task_index": [0], "__index_level_0__": ["Make faces."]}
    described = json.loads(tasks.schema.metadata[b"pandas"])
    assert described["index_columns"] == ["__index_level_0__"]


def test_images_have_the_times_that_rows_say(exported):
    # The image of frame i of a made-up run is of the grey 40 + i.
    with av.open(str(exported / "videos" / CAMERA / "chunk-000" / "file-000.mp4")) as video:
        frames = [
            (frame.pts * frame.time_base, frame.to_ndarray(format="rgb24").mean())
            for frame in video.decode(video=0)
        ]
    assert [float(time) for time, _ in frames] == pytest.approx(
        [i / 30 for i in range(80)], abs=1e-4
    )
    greys = [grey for _, grey in frames]
    assert greys == pytest.approx([40 + i % 40 for i in range(80)], abs=2.5)


def test_statistics_are_those_of_the_rows(exported):
    rows = table(exported, "data", "chunk-000", "file-000.parquet")
    said = read(exported, "stats.json")
    for name in ("action", "observation.state", "joint_commands"):
        values = np.array(rows[name])
        assert said[name]["count"] == [80]
        for key, found in (
            ("min", values.min(axis=0)),
            ("max", values.max(axis=0)),
            ("mean", values.mean(axis=0)),
            ("std", values.std(axis=0)),
        ):
            np.testing.assert_allclose(said[name][key], found, atol=1e-6)
    assert np.shape(said[CAMERA]["mean"]) == (3, 1, 1)
    np.testing.assert_allclose(said[CAMERA]["mean"], (40 + 19.5) / 255, atol=0.02)


def test_big_data_go_to_more_files(tmp_path, make_bag, monkeypatch):
    monkeypatch.setattr(lerobot_writer, "_DATA_MB", 0)
    monkeypatch.setattr(lerobot_writer, "_VIDEO_MB", 0)
    monkeypatch.setattr(lerobot_form, "_LONGEST_EPISODE", 16)
    bag = make_bag(tmp_path / "bag", frames=48)
    export_lerobot(ask(bag), tmp_path / "out", ignore)
    episodes = table(tmp_path / "out", "meta", "episodes", "chunk-000", "file-000.parquet")
    assert episodes["length"] == [16, 16, 16]
    assert episodes["data/file_index"] == [0, 1, 2]
    assert episodes[f"videos/{CAMERA}/file_index"] == [0, 1, 2]
    assert episodes[f"videos/{CAMERA}/from_timestamp"] == [0, 0, 0]
    for number in range(3):
        rows = table(tmp_path / "out", "data", "chunk-000", f"file-00{number}.parquet")
        assert rows["index"] == list(range(16 * number, 16 * number + 16))


def test_odd_and_other_sizes_are_made_to_fit(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=30, sizes=((65, 49), (65, 49), (160, 120)))
    outcome = export_lerobot(ask(bag), tmp_path / "out", ignore)
    assert read(tmp_path / "out", "info.json")["features"][CAMERA]["shape"] == [48, 64, 3]
    assert outcome.pairs == 30
    # Those of which only the odd row and column went are not counted.
    assert outcome.resized == 10


def test_without_joints_there_are_control_values_alone(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", 30, without=(Part.COMMANDS, Part.JOINT_STATES))
    export_lerobot(ask(bag, rate=15), tmp_path / "out", ignore)
    info = read(tmp_path / "out", "info.json")
    assert "observation.state" not in info["features"]
    assert "joint_commands" not in info["features"]
    assert info["fps"] == 15
    assert info["total_frames"] == 15


def test_the_folder_appears_when_it_is_whole(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=30)
    seen = []

    def stop(images):
        seen.append((tmp_path / "out").exists())
        if len(seen) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_lerobot(ask(bag), tmp_path / "out", stop)
    assert not any(seen)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bag"]
    export_lerobot(ask(bag), tmp_path / "out", ignore)
    with pytest.raises(ExportError, match="holds something already"):
        export_lerobot(ask(bag), tmp_path / "out", ignore)


@pytest.mark.parametrize(
    ("frames", "reason"),
    [(0, "no control values"), (5, "not one pair to export: bag: in an episode shorter")],
)
def test_without_one_episode_nothing_is_made(tmp_path, make_bag, frames, reason):
    bag = make_bag(tmp_path / "bag", frames=frames)
    with pytest.raises(X2CError, match=reason):
        export_lerobot(ask(bag), tmp_path / "out", ignore)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bag"]


def test_statistics_of_episodes_join_to_those_of_all():
    generator = np.random.default_rng(0)
    parts = [generator.normal(size=(n, 3)) for n in (10, 25)]
    found = []
    for part in parts:
        sampler = Sampler()
        for row in part:
            sampler.add(row)
        found.append(sampler.statistics())
    together = joined(found)
    values = np.concatenate(parts)
    np.testing.assert_allclose(together["mean"], values.mean(axis=0))
    np.testing.assert_allclose(together["std"], values.std(axis=0))
    np.testing.assert_allclose(together["min"], values.min(axis=0))
    assert together["count"] == [35]


@pytest.mark.process
@pytest.mark.skipif(
    importlib.util.find_spec("lerobot") is None,
    reason="lerobot is not installed: it wants another torch than ours",
)
def test_its_own_library_reads_it(exported):
    program = """
import sys
from lerobot.datasets.lerobot_dataset import LeRobotDataset
data = LeRobotDataset("x2c/local", root=sys.argv[1], video_backend="pyav")
assert (data.num_episodes, len(data)) == (2, 80)
assert data[79]["observation.images.camera"].shape == (3, 48, 64)
"""
    subprocess.run([sys.executable, "-c", program, exported], check=True, timeout=400)
