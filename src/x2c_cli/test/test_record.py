# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_cli import cli


@pytest.mark.ros
def test_a_folder_with_a_recording_is_refused_and_said_once(tmp_path, capfd):
    (tmp_path / "bag").mkdir()
    with pytest.raises(SystemExit) as ended:
        cli.main(["record", "--out", str(tmp_path)])
    assert ended.value.code == 2
    said = "".join(capfd.readouterr())
    assert said.count("exists already") == 1, said
    assert "error: recorder_node cannot activate: " in said
