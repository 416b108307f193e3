# SPDX-License-Identifier: Apache-2.0
"""`x2c weights`: where LivePortrait's weights are published, and whether they are whole."""

from __future__ import annotations

import pytest

from x2c_cli import cli
from x2c_imitation.x2cnet.liveportrait.published import PUBLISHED_FILES


@pytest.fixture
def run(capsys):
    def start(*words):
        with pytest.raises(SystemExit) as ended:
            cli.main(["weights", *map(str, words)])
        return ended.value.code, capsys.readouterr().out

    return start


def test_every_file_is_listed_with_size_fingerprint_and_folder(run, tmp_path):
    status, said = run("where", "--folder", tmp_path)
    assert status == 0
    for file in PUBLISHED_FILES:
        assert file.path in said
        assert file.sha256 in said
        assert f"{file.size:,} bytes" in said
    assert str(tmp_path) in said
    assert "MIT" in said


def test_missing_and_cut_off_files_are_reported(run, tmp_path):
    (tmp_path / "motion_extractor.pth").write_bytes(b"half")
    status, said = run("check", "--folder", tmp_path)
    assert status == 1
    assert "motion_extractor.pth: cut off (4 bytes, published 112,545,506)" in said
    assert said.count(": missing") == 4


def test_files_of_another_form_are_reported_and_accepted(run, tmp_path):
    for file in PUBLISHED_FILES:
        (tmp_path / file.path.rpartition("/")[2]).with_suffix(".safetensors").touch()
    status, said = run("check", "--folder", tmp_path)
    assert status == 0
    assert said.count("not the published file") == len(PUBLISHED_FILES)
