# SPDX-License-Identifier: Apache-2.0
import os
import pickle

import pytest
import torch

from x2c_training.errors import CheckpointError
from x2c_training.training import checkpoint

STATE = {"step": 7, "model": {"weight": torch.arange(4.0)}, "identity": {"seed": 1}}


class Malicious:
    """Runs something when it is unpickled freely."""

    def __reduce__(self):
        return (print, ("run",))


def test_what_is_saved_is_loaded(tmp_path):
    path = tmp_path / "c.pt"
    checkpoint.save(path, STATE)
    found = checkpoint.load(path)
    assert found["step"] == 7
    assert torch.equal(found["model"]["weight"], STATE["model"]["weight"])
    assert list(tmp_path.iterdir()) == [path], "nothing else is left"


def test_where_there_is_none_there_is_none(tmp_path):
    assert checkpoint.load(tmp_path / "c.pt") is None


def test_a_save_that_fails_keeps_the_earlier_one(tmp_path, monkeypatch):
    path = tmp_path / "c.pt"
    checkpoint.save(path, STATE)

    def full(state, file):
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(CheckpointError, match=r"No space left.*earlier one is kept"):
        checkpoint.save(path, {**STATE, "step": 8})
    monkeypatch.undo()
    assert checkpoint.load(path)["step"] == 7
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04half"])
def test_a_damaged_file_is_told(tmp_path, content):
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"cannot be read as a checkpoint.*--fresh"):
        checkpoint.load(path)


def test_what_could_run_a_program_is_refused(tmp_path):
    path = tmp_path / "c.pt"
    path.write_bytes(pickle.dumps(Malicious()))
    with pytest.raises(CheckpointError):
        checkpoint.load(path)
    torch.save({"step": 1, "model": Malicious()}, path)
    with pytest.raises(CheckpointError):
        checkpoint.load(path)


def test_another_file_of_torch_is_no_checkpoint(tmp_path):
    path = tmp_path / "c.pt"
    torch.save({"weight": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="no checkpoint of a training"):
        checkpoint.load(path)


def test_a_checkpoint_above_the_limit_or_a_pipe_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "c.pt"
    checkpoint.save(path, STATE)
    monkeypatch.setenv("X2C_MAX_NETWORK_BYTES", "100")
    with pytest.raises(CheckpointError, match=r"unpacks to \d+ bytes; the limit is 100: "):
        checkpoint.load(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CheckpointError, match=r"cannot read .*c\.pt: it is a named pipe"):
        checkpoint.load(path)
