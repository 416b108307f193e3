# SPDX-License-Identifier: Apache-2.0
"""How a data set grows on the disk, with made-up images in place of rendered ones."""

import errno
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_datasets.animation.animation import make_animation
from x2c_datasets.card import values_plot
from x2c_datasets.collect import simulated
from x2c_datasets.collect.shot import Shot
from x2c_datasets.collect.store import OpenFolder
from x2c_datasets.collection_settings import CollectionSettings
from x2c_datasets.errors import CollectError, DataSetError
from x2c_datasets.formats import layout, read_data_set

SETTINGS = CollectionSettings("virtual", samples=46, seed=3, frames=4)


def shots(animation, count):
    made = []
    for frame in range(count):
        image = np.full((16, 16, 3), (animation.index, frame, 90), np.uint8)
        jpeg = cv2.imencode(".jpg", image)[1].tobytes()
        landmarks = np.random.default_rng([animation.index, frame]).normal(size=(478, 3))
        made.append(Shot(frame, jpeg, landmarks, np.eye(3, 4)))
    return made


@pytest.fixture(autouse=True)
def drawn_at_once(monkeypatch):
    """Render in this process, with nothing that takes time."""

    def render(robot, settings, store, indices, workers):
        for index in indices:
            animation = make_animation(settings.seed, index, settings.frames)
            store.write(animation, shots(animation, settings.frames_of(index)))
            yield index

    def plot(values, path):
        path.write_text(f"a plot of {len(values)} pairs")

    monkeypatch.setattr(simulated.pool, "render", render)
    monkeypatch.setattr(values_plot, "save", plot)


def collect(folder, settings=SETTINGS):
    told = []
    simulated.collect_simulated(Path(), settings, folder, 1, told.append)
    return told


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a folder that was collected without trouble."""
    folder = tmp_path_factory.mktemp("whole") / "set"
    with pytest.MonkeyPatch.context() as patch:
        drawn_at_once.__wrapped__(patch)
        collect(folder)
    return folder


def test_all_pairs_are_there_with_values_and_landmarks(whole):
    data = read_data_set(whole, landmarks=True)
    assert len(data) == 46
    assert not data.skipped
    for pair in data:
        index, frame = int(pair.animation[1:]), int(pair.image.stem)
        animation = make_animation(SETTINGS.seed, index, SETTINGS.frames)
        assert pair.values == pytest.approx(animation.values[frame], abs=1e-6)
        assert pair.split == animation.split == pair.image.parts[-3]
        assert pair.read_image().shape == (16, 16, 3)
        expected = shots(animation, frame + 1)[-1].landmarks
        assert pair.landmarks == pytest.approx(expected, abs=1e-4)
    assert read_data_set(whole)[0].landmarks is None


def test_no_animation_is_in_two_splits(whole):
    data = read_data_set(whole)
    assert set(data.splits) == set(layout.SPLITS)
    sets = [set(data.split(name).animations) for name in layout.SPLITS]
    assert sum(map(len, sets)) == len(set.union(*sets)) == SETTINGS.animations


def test_nothing_but_the_data_set_is_left(whole):
    assert {path.name for path in whole.iterdir()} == {
        *layout.SPLITS,
        *(layout.SETTINGS, layout.CARD, layout.VALUES_PLOT, layout.SAMPLES_SHEET),
    }


def test_the_card_tells_what_how_and_with_which_seed(whole):
    card = (whole / layout.CARD).read_text(encoding="utf-8")
    assert card.startswith("---\n")
    for text in (
        *("46 images", "--samples 46 --seed 3 --frames 4", "mujoco", "numpy", *controls.NAMES),
        *(layout.VALUES_PLOT, layout.SAMPLES_SHEET, "**radians**", "| test | 4 | 1 |"),
    ):
        assert text in card
    sheet = cv2.imread(str(whole / layout.SAMPLES_SHEET))
    assert sheet.shape[1] > 600
    assert sheet.std() > 10


def test_a_full_disk_leaves_what_was_written_and_a_rerun_completes_it(
    whole, tmp_path, monkeypatch
):
    folder = tmp_path / "set"
    write, room = Path.write_bytes, [22]

    def write_while_there_is_room(path, data):
        if not room[0]:
            write(path, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        room[0] -= 1
        return write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write_while_there_is_room)
        with pytest.raises(CollectError, match=r"disk is full; 20 of 46 pairs are in .* run the"):
            collect(folder)
    data = read_data_set(folder)
    assert len(data) == 20
    assert "half written: 5 animations" in data.notes[0]
    assert collect(folder)[0] == 20
    assert digest(folder) == digest(whole)


@pytest.mark.parametrize("name", [layout.METADATA, layout.CARD, layout.SAMPLES_SHEET])
def test_a_full_disk_at_the_end_loses_nothing(whole, tmp_path, monkeypatch, name):
    folder = tmp_path / "set"

    def fail(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    step = "x2c_datasets.card.card.write"
    if name == layout.METADATA:
        step = "x2c_datasets.collect.store.pa.concat_tables"
    elif name == layout.SAMPLES_SHEET:
        step = "x2c_datasets.card.card._write_sheet"
    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        with pytest.raises(CollectError, match="46 of 46 pairs"):
            collect(folder)
    assert len(read_data_set(folder)) == 46
    assert collect(folder) == [46]
    assert digest(folder) == digest(whole)


def test_leftovers_of_a_killed_run_are_swept_up(whole, tmp_path):
    folder = tmp_path / "set"
    with OpenFolder(folder, SETTINGS) as opened:
        for index in (0, 1):
            animation = make_animation(SETTINGS.seed, index, SETTINGS.frames)
            opened.store.write(animation, shots(animation, 4))
    work = folder / layout.WORK
    (work / "a000002.4711").mkdir()
    (work / "a000002.4711" / "000.jpg").write_bytes(b"half")
    (work / "a000003.parquet.4711").write_bytes(b"half")
    (folder / "train" / "a000003").mkdir()
    (folder / "train" / "a000003" / "000.jpg").write_bytes(b"without metadata")
    assert collect(folder)[0] == 8
    assert digest(folder) == digest(whole)


def test_killed_at_the_very_start_or_end_it_goes_on(whole, tmp_path):
    folder = tmp_path / "set"
    for name in (*layout.SPLITS, layout.WORK):
        (folder / name).mkdir(parents=True)
    collect(folder)
    (folder / f"{layout.WORK}.done").mkdir()
    assert collect(folder) == [46]
    assert digest(folder) == digest(whole)


def test_a_complete_set_is_not_made_again(whole):
    before = digest(whole)
    assert collect(whole) == [46]
    assert digest(whole) == before


def test_other_settings_are_refused_by_name(whole):
    with pytest.raises(CollectError, match="seed 4 instead of 3, frames 5 instead of 4"):
        collect(whole, CollectionSettings("virtual", samples=46, seed=4, frames=5))


def test_other_versions_are_refused_by_name(whole, monkeypatch):
    monkeypatch.setattr(
        "x2c_datasets.collection_settings.versions", lambda: {"x2c": "9", "numpy": "1.26.4"}
    )
    with pytest.raises(CollectError, match=r"version of x2c '9' instead of '0.2.0'"):
        collect(whole)


def test_folders_with_other_files_are_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(CollectError, match=r"holds other files \(letter.txt\)"):
        collect(tmp_path)
    with pytest.raises(CollectError, match="is no folder"):
        collect(tmp_path / "letter.txt")


def test_broken_settings_are_refused(tmp_path):
    (tmp_path / layout.SETTINGS).write_text("{")
    with pytest.raises(CollectError, match=r"cannot read .*collection\.json"):
        collect(tmp_path)


def test_two_at_once_are_refused(tmp_path):
    with (
        OpenFolder(tmp_path / "set", SETTINGS),
        pytest.raises(CollectError, match="another process is collecting"),
    ):
        OpenFolder(tmp_path / "set", SETTINGS)
    collect(tmp_path / "set")


@pytest.mark.parametrize(
    "change",
    [{"samples": 0}, {"seed": -1}, {"frames": 1}, {"size": 5000}, {"quality": 0}],
)
def test_settings_out_of_range_are_refused_by_name(change):
    (name,) = change
    with pytest.raises(CollectError, match=f"expected {name} from"):
        CollectionSettings(**({"robot": "virtual", "samples": 1, "seed": 0} | change))


def test_little_room_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(simulated.shutil, "disk_usage", lambda path: type("D", (), {"free": 5e5}))
    outcome = simulated.collect_simulated(Path(), SETTINGS, tmp_path / "set", 1, lambda n: None)
    assert "GB are free" in outcome.warnings[0]


def test_damage_is_skipped_and_listed(whole, tmp_path):
    folder = tmp_path / "set"
    collect(folder)
    missing, empty = (pair.image for pair in list(read_data_set(folder))[:2])
    missing.unlink()
    empty.write_bytes(b"")
    _spoil(folder / "val" / layout.METADATA)
    (folder / "test" / layout.METADATA).write_bytes(b"PAR1 cut off")
    data = read_data_set(folder)
    report = "\n".join(data.report())
    assert "skipped 4" in report
    assert f"train/{layout.METADATA} row 0: the image {missing} is missing" in report
    assert "row 1: the image" in report
    assert "row 0: the values of Head Yaw are missing or not finite" in report
    assert f"test/{layout.METADATA}: no readable Parquet file" in report
    assert len(data) == 46 - 4 - 3


def _spoil(file):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    place = table.column_names.index("Head Yaw")
    column = table["Head Yaw"].to_pylist()
    column[0] = float("nan")
    pq.write_table(table.set_column(place, "Head Yaw", pa.array(column, pa.float32())), file)


def test_missing_columns_are_named(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "train").mkdir()
    pq.write_table(pa.table({"file_name": ["a.jpg"]}), tmp_path / "train" / layout.METADATA)
    with pytest.raises(DataSetError, match="the columns animation_id, Brow Inner Left"):
        read_data_set(tmp_path)


def test_degrees_are_refused_for_what_is_always_radians(whole):
    with pytest.raises(DataSetError, match="always radians"):
        read_data_set(whole, angles="degrees")
