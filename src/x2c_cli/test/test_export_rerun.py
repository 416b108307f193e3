# SPDX-License-Identifier: Apache-2.0
"""x2c export --format rerun: what it says, and its exit status."""

import pytest

pytest.importorskip("rerun", reason="make setup EXTRAS=viewers installs it")

from x2c_cli import cli
from x2c_datasets.viewer import rerun_export
from x2c_datasets.viewer.rerun_export import RerunOutcome


@pytest.mark.parametrize(("issues", "status"), [((), 0), (("the file is cut off",), 3)])
def test_what_could_not_be_read_is_said_and_in_the_exit_status(
    monkeypatch, capsys, issues, status
):
    outcome = RerunOutcome(2, ("mesh jaw.stl is missing",), issues)
    monkeypatch.setattr(rerun_export, "export_rerun", lambda *arguments: outcome)
    with pytest.raises(SystemExit) as ended:
        cli.main(["export", "bag", "--format", "rerun", "--out", "my run.rrd"])
    assert ended.value.code == status
    said = capsys.readouterr().out
    assert "open it with: rerun 'my run.rrd'" in said
    for note in ("mesh jaw.stl is missing", *issues):
        assert f"note: {note}" in said
