# SPDX-License-Identifier: Apache-2.0
"""Files that a user names: regular ones, up to a size."""

import os
from pathlib import Path

import pytest

from x2c_core.files.input_limits import TEXT_BYTES, LimitError
from x2c_core.files.regular_files import (
    check_regular,
    open_regular,
    read_bytes,
    read_text,
)


def test_a_regular_file_is_read_whole_also_through_a_link(tmp_path):
    (tmp_path / "file").write_text("grün", encoding="utf-8")
    (tmp_path / "link").symlink_to("file")
    assert read_text(tmp_path / "link", TEXT_BYTES) == "grün"
    assert check_regular(tmp_path / "link") == 5
    with open_regular(tmp_path / "file") as file:
        assert file.read(2) == b"gr"


def make_pipe(folder):
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def make_loop(folder):
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    return folder / "a"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_pipe, "a named pipe, expected a regular file"),
        (lambda folder: Path("/dev/zero"), "a device, expected a regular file"),
        (lambda folder: folder, "Is a directory"),
        (make_loop, "Too many levels of symbolic links"),
        (lambda folder: folder / "gone", "No such file"),
    ],
    ids=["pipe", "device", "folder", "loop", "missing"],
)
@pytest.mark.parametrize("read", [open_regular, lambda path: read_bytes(path, TEXT_BYTES)])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, make, reason, read):
    path = make(tmp_path)
    with pytest.raises(OSError, match=reason) as refusal:
        read(path)
    assert reason in refusal.value.strerror


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_bytes(bytes(11))
    monkeypatch.setenv(TEXT_BYTES.variable, "10")
    with pytest.raises(LimitError, match=r"file has 11 bytes; the limit is 10: "):
        read_bytes(file, TEXT_BYTES)
    monkeypatch.setenv(TEXT_BYTES.variable, "11")
    assert read_bytes(file, TEXT_BYTES) == bytes(11)


def test_a_file_that_states_no_size_is_read_up_to_the_limit(monkeypatch):
    status = Path("/proc/self/status")
    assert read_bytes(status, TEXT_BYTES).startswith(b"Name:")
    monkeypatch.setenv(TEXT_BYTES.variable, "10")
    with pytest.raises(LimitError, match="more than 10 bytes, the limit"):
        read_bytes(status, TEXT_BYTES)
