# SPDX-License-Identifier: Apache-2.0
"""What the face tracker's networks are refused for."""

import sys
import types

import pytest

from x2c_perception.errors import TrackerError
from x2c_perception.tracking.face_mesh import model_session
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker


@pytest.fixture
def other_data(tmp_path, monkeypatch):
    """Folder that the networks are read from instead."""
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(model_session.resources, "files", lambda package: tmp_path)
    return tmp_path / "data"


def test_a_missing_network_is_refused(other_data):
    with pytest.raises(TrackerError, match=r"face_detector\.onnx cannot be read.*make build"):
        FaceMeshTracker()


def test_an_altered_network_is_refused(other_data):
    (other_data / "face_detector.onnx").write_bytes(b"something else")
    with pytest.raises(TrackerError, match=r"not the one of this version.*make build"):
        FaceMeshTracker()


@pytest.mark.parametrize("version", ["1.9.0", "2.0.0", "0.99"])
def test_another_onnx_runtime_is_refused(monkeypatch, version):
    monkeypatch.setitem(sys.modules, "onnxruntime", types.SimpleNamespace(__version__=version))
    with pytest.raises(TrackerError, match=f"ONNX Runtime {version} .*pip install 'onnxruntime>="):
        FaceMeshTracker()


def test_a_missing_onnx_runtime_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(TrackerError, match=r"needs ONNX Runtime.*pip install onnxruntime"):
        FaceMeshTracker()


def test_a_network_that_onnx_runtime_cannot_load_is_refused(monkeypatch, tmp_path):
    (tmp_path / "network").write_bytes(b"no network")
    monkeypatch.setattr(model_session, "_checked_file", lambda name: tmp_path / "network")
    with pytest.raises(TrackerError, match=r"cannot load the face tracker's face_detector\.onnx"):
        FaceMeshTracker()


@pytest.mark.parametrize(
    ("machine", "flags", "refused"),
    [
        ("x86_64", "fpu sse4_2", True),
        ("x86_64", "fpu avx avx2", False),
        ("aarch64", "fp asimd", False),
    ],
)
def test_a_processor_without_avx_is_refused(tmp_path, machine, flags, refused):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n")
    if refused:
        with pytest.raises(TrackerError, match="no AVX"):
            model_session._check_processor(machine, cpuinfo)
    else:
        model_session._check_processor(machine, cpuinfo)


def test_a_system_that_does_not_describe_its_processor_is_not_refused(tmp_path):
    model_session._check_processor("x86_64", tmp_path / "missing")
