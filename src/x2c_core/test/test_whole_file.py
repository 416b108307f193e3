# SPDX-License-Identifier: Apache-2.0
import os

import pytest

from x2c_core.files.whole_file import WholeFile


@pytest.fixture
def disk(monkeypatch):
    """Limit how many bytes fit on the disk; None for any number."""

    class Disk:
        room = None

    real = os.write

    def write(file, data):
        if Disk.room is not None:
            data = data[: Disk.room]
            if not data:
                raise OSError(28, "No space left on device")
            Disk.room -= len(data)
        return real(file, data)

    monkeypatch.setattr(os, "write", write)
    return Disk


def test_nothing_reaches_the_file_before_a_commit(tmp_path):
    file = WholeFile(tmp_path / "file")
    file.write(b"one")
    assert (tmp_path / "file").read_bytes() == b""
    assert file.tell() == 3
    file.commit()
    assert (tmp_path / "file").read_bytes() == b"one"
    file.write(b" two")
    file.close()
    assert (tmp_path / "file").read_bytes() == b"one two"


def test_pieces_that_do_not_fit_wait_and_leave_no_half_behind(tmp_path, disk):
    file = WholeFile(tmp_path / "file")
    file.write(b"first ")
    file.commit()
    disk.room = 4
    for piece in (b"second ", b"third "):
        file.write(piece)
        with pytest.raises(OSError, match="No space"):
            file.commit()
        disk.room = 4
    assert (tmp_path / "file").read_bytes() == b"first "
    assert file.waiting == 13
    assert file.tell() == 19
    disk.room = 9
    with pytest.raises(OSError, match="No space"):
        file.commit()
    assert (tmp_path / "file").read_bytes() == b"first second "
    disk.room = None
    file.write(b"fourth")
    file.close()
    assert (tmp_path / "file").read_bytes() == b"first second third fourth"
