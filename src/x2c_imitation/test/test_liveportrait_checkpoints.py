# SPDX-License-Identifier: Apache-2.0
"""LivePortrait's published files are read as they are; others are refused in one sentence."""

from __future__ import annotations

import hashlib

import pytest

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.liveportrait import published
from x2c_imitation.x2cnet.liveportrait.published import (
    FOLDER_VARIABLE,
    PUBLISHED_FILES,
    FileState,
    PortraitPart,
    PublishedFile,
    check_files,
    part_path,
    required_path,
    weights_folder,
)

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch
from safetensors.torch import save_file

from x2c_imitation.x2cnet.liveportrait.checkpoints import load_networks, load_part, load_shifts
from x2c_imitation.x2cnet.liveportrait.networks.appearance import AppearanceExtractor
from x2c_imitation.x2cnet.liveportrait.networks.retargeting import (
    eye_network,
    lip_network,
    stitching_network,
)

OTHERS = {
    PortraitPart.MOTION: {"detector.downsample_layers.0.0.weight": torch.zeros(96, 3, 4, 4)},
    PortraitPart.GENERATOR: {"G_middle_0.conv_0.weight_orig": torch.zeros(512, 512, 3, 3)},
}


@pytest.fixture(scope="module")
def appearance():
    return AppearanceExtractor().state_dict()


@pytest.fixture(scope="module")
def shifts():
    return {
        "retarget_shoulder": stitching_network().state_dict(),
        "retarget_mouth": lip_network().state_dict(),
        "retarget_eye": eye_network().state_dict(),
    }


def wrapped(state):
    return {f"module.{key}": value for key, value in state.items()}


def same(network, state):
    found = network.state_dict()
    return found.keys() == state.keys() and all(
        torch.equal(found[key], state[key]) for key in state
    )


@pytest.mark.parametrize("form", ["plain", "wrapped", "nested", "safetensors", "no counters"])
def test_weights_are_read_in_every_form(tmp_path, appearance, form):
    path = tmp_path / "appearance_feature_extractor.pth"
    counted = {k: v for k, v in appearance.items() if not k.endswith("num_batches_tracked")}
    forms = {"plain": appearance, "wrapped": wrapped(appearance), "no counters": counted}
    if form == "safetensors":
        path = path.with_suffix(".safetensors")
        save_file(dict(appearance), path)
    else:
        torch.save(forms.get(form, {"model": wrapped(appearance), "epoch": 3}), path)
    network = load_part(path, PortraitPart.APPEARANCE)
    assert same(network, appearance)
    assert not network.training
    assert not any(value.requires_grad for value in network.parameters())


@pytest.mark.parametrize("form", ["nested", "safetensors"])
def test_the_stitching_file_holds_three_networks(tmp_path, shifts, form):
    path = tmp_path / "stitching_retargeting_module.pth"
    if form == "safetensors":
        path = path.with_suffix(".safetensors")
        flat = {f"{n}.module.{k}": v for n, state in shifts.items() for k, v in state.items()}
        save_file(flat, path)
    else:
        torch.save({name: wrapped(state) for name, state in shifts.items()}, path)
    found = load_shifts(path)
    names = ("retarget_shoulder", "retarget_eye", "retarget_mouth")
    assert all(same(one, shifts[name]) for one, name in zip(found, names, strict=True))


@pytest.mark.parametrize("other", OTHERS)
def test_the_file_of_another_part_is_recognised(tmp_path, other):
    path = tmp_path / "warping_module.pth"
    torch.save(OTHERS[other], path)
    name = {PortraitPart.MOTION: "motion extractor", PortraitPart.GENERATOR: "SPADE generator"}[
        other
    ]
    with pytest.raises(NetworkError, match=f"do not fit LivePortrait's warping module.*{name}"):
        load_part(path, PortraitPart.WARPING)


def test_the_file_of_a_part_is_no_stitching_file(tmp_path, appearance):
    path = tmp_path / "stitching_retargeting_module.pth"
    torch.save(appearance, path)
    with pytest.raises(NetworkError, match=r"entries retarget_shoulder.*got first\.conv\.weight"):
        load_shifts(path)


def test_a_file_that_was_cut_off_is_refused(tmp_path, appearance):
    path = tmp_path / "appearance_feature_extractor.pth"
    torch.save(appearance, path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(NetworkError, match="is the file whole"):
        load_part(path, PortraitPart.APPEARANCE)


def test_weights_that_are_no_numbers_are_refused(tmp_path, appearance):
    path = tmp_path / "appearance_feature_extractor.pth"
    torch.save({**appearance, "second.bias": torch.full((512,), torch.nan)}, path)
    with pytest.raises(NetworkError, match=r"finite.*second\.bias"):
        load_part(path, PortraitPart.APPEARANCE)


def test_a_missing_file_is_named_before_anything_is_read(tmp_path, shifts):
    torch.save(shifts, tmp_path / "stitching_retargeting_module.pth")
    with pytest.raises(NetworkError, match=r"appearance_feature_extractor\.pth is not in.*where"):
        load_networks(tmp_path)


@pytest.mark.parametrize(
    "place",
    [
        "{path}",
        "{name}",
        "liveportrait/{path}",
        "pretrained_weights/liveportrait/{path}",
        "liveportrait/{name}",
    ],
)
def test_folders_as_downloaded_are_understood(tmp_path, place):
    for file in PUBLISHED_FILES:
        name = file.path.rpartition("/")[2]
        path = tmp_path / place.format(path=file.path, name=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        assert required_path(tmp_path, file.part) == path


def test_the_folder_is_given_or_of_the_environment_or_in_the_users_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    assert weights_folder() == tmp_path / ".local/share/x2c/liveportrait"
    monkeypatch.setenv(FOLDER_VARIABLE, "~/elsewhere")
    assert weights_folder() == tmp_path / "elsewhere"
    assert weights_folder("here").name == "here"


def test_files_are_compared_with_the_published_ones(monkeypatch, tmp_path):
    whole = b"weights"
    fingerprint = hashlib.sha256(whole).hexdigest()
    parts = list(PortraitPart)
    files = tuple(
        PublishedFile(part, f"{part}.pth", len(whole), fingerprint) for part in parts[:4]
    )
    monkeypatch.setattr(published, "PUBLISHED_FILES", files)
    for part, content in zip(parts, (whole, whole[:-1], b"heights"), strict=False):
        (tmp_path / f"{part}.pth").write_bytes(content)
    found = [file.state for file in check_files(tmp_path)]
    assert found == [
        FileState.PUBLISHED,
        FileState.CUT_OFF,
        FileState.OTHER,
        FileState.MISSING,
    ]


def test_a_file_that_cannot_be_read_is_named(monkeypatch, tmp_path):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(published, "digest", refuse)
    file = PublishedFile(PortraitPart.MOTION, "motion.pth", 4, "")
    monkeypatch.setattr(published, "PUBLISHED_FILES", (file,))
    (tmp_path / "motion.pth").write_bytes(b"1234")
    with pytest.raises(NetworkError, match=r"cannot read .*motion\.pth: Permission denied"):
        check_files(tmp_path)


def test_there_is_one_published_file_for_each_part():
    assert [file.part for file in PUBLISHED_FILES] == list(PortraitPart)
    assert all(len(file.sha256) == 64 for file in PUBLISHED_FILES)
    assert part_path(weights_folder("/nowhere"), PortraitPart.MOTION) is None


def test_weights_without_numbers_are_refused(tmp_path, appearance):
    path = tmp_path / "appearance_feature_extractor.pth"
    nothing = torch.zeros(512, device="meta")
    torch.save({**appearance, "second.bias": nothing}, path)
    with pytest.raises(NetworkError, match=r"second\.bias.*does not hold as many numbers"):
        load_part(path, PortraitPart.APPEARANCE)
