# SPDX-License-Identifier: Apache-2.0
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from x2c_evaluation.pipeline.settings import PACKAGES, folder_of
from x2c_perception.neutral.person_store import persons_folder

LOADED = """
import json, sys
import x2c_evaluation.offline.engines, x2c_evaluation.offline.run
import x2c_evaluation.offline.recording.fidelity_figures
import x2c_evaluation.offline.visuals.robot_artist
found = {name: one.__file__ for name, one in sys.modules.items() if name.startswith("x2c_")}
print(json.dumps({name: file for name, file in found.items() if file}))
"""


@pytest.fixture
def few_packages(monkeypatch):
    """Somebody may be at work on the code while its tests run."""
    monkeypatch.setattr("x2c_evaluation.pipeline.settings.PACKAGES", ())


@pytest.mark.process
def test_all_code_that_an_evaluation_loads_counts():
    command = [sys.executable, "-c", LOADED]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=400).stdout
    loaded = {
        name: Path(file).resolve()
        for name, file in json.loads(said).items()
        # Its types are in the bags.
        if name.partition(".")[0] != "x2c_msgs"
    }
    assert "x2c_virtual_face.virtual_face" in loaded
    counted = [folder_of(one) for one in PACKAGES]
    assert [
        name
        for name, file in loaded.items()
        if not any(file.is_relative_to(folder) for folder in counted)
    ] == []


@pytest.mark.usefixtures("few_packages")
def test_results_go_stale_with_the_persons_saved_neutral_face(tmp_path, monkeypatch, settings):
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    known = dataclasses.replace(settings.tracking, person="ada")
    named = dataclasses.replace(settings, tracking=known)
    before, of_nobody = named.fingerprint(), settings.fingerprint()
    assert named.fingerprint() == before
    persons_folder().mkdir(parents=True)
    (persons_folder() / "ada.npz").write_bytes(b"one face")
    after = named.fingerprint()
    (persons_folder() / "ada.npz").write_bytes(b"another")
    assert len({before, after, named.fingerprint()}) == 3
    assert settings.fingerprint() == of_nobody
    strange = dataclasses.replace(known, person="../ada")
    assert dataclasses.replace(settings, tracking=strange).fingerprint() != before


@pytest.mark.usefixtures("few_packages")
def test_results_go_stale_with_the_face_that_is_drawn_in_place_of_another(
    tmp_path, monkeypatch, settings
):
    drawn = tmp_path / "virtual"
    drawn.mkdir()
    (drawn / "face.xml").write_text("one", encoding="utf-8")
    monkeypatch.setattr("x2c_evaluation.pipeline.settings.find_robot", lambda name: drawn)
    before = settings.fingerprint()
    (drawn / "face.xml").write_text("another", encoding="utf-8")
    assert settings.fingerprint() != before


@pytest.mark.usefixtures("few_packages")
@pytest.mark.parametrize("kind", ["imitation_backends", "motion_transfers", "camera_sources"])
def test_results_go_stale_with_the_code_of_other_packages(
    kind, tmp_path, settings, install_module
):
    before = settings.fingerprint()
    install_module("of_others", f"x2c.{kind}", {"other": "of_others:Other"}, "Other = 1")
    beside = tmp_path / "site" / "beside.py"
    beside.write_text("")
    first = settings.fingerprint()
    beside.write_text("more")
    assert settings.fingerprint() == first
    (tmp_path / "site" / "of_others.py").write_text("Other = 2")
    assert len({before, first, settings.fingerprint()}) == 3
