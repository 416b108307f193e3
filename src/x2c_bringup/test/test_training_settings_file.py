# SPDX-License-Identifier: Apache-2.0
"""Settings of a training are found by name or path."""

import pytest

from x2c_bringup.errors import SettingsFileError
from x2c_bringup.shared_files import training_settings_file


def test_an_installed_name_goes_before_a_file_like_the_launcher(tmp_path, monkeypatch):
    (tmp_path / "x2c").write_text("#!/bin/sh", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert training_settings_file("x2c").name == "x2c.yaml"
    assert training_settings_file("./x2c").read_text(encoding="utf-8") == "#!/bin/sh"


def test_what_is_not_there_is_refused_with_the_installed_names(tmp_path):
    with pytest.raises(
        SettingsFileError, match="installed settings: quick, virtual, virtual_landmarks, x2c"
    ):
        training_settings_file(str(tmp_path / "mine.yaml"))
