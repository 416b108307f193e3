# SPDX-License-Identifier: Apache-2.0
"""Arrays from files whose headers are not believed."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest

from x2c_core.files.array_files import read_npy, read_npz

ARRAY = np.arange(6.0).reshape(2, 3)
DATA = ARRAY.tobytes()


def npy(shape=(2, 3), kind="<f8", data=DATA, version=1, fortran=False):
    head = f"{{'descr': {kind!r}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H", len(head)) if version == 1 else struct.pack("<I", len(head))
    return b"\x93NUMPY" + bytes((version, 0)) + length + head + data


def npz(path, content, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.npy", content)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(tmp_path, save):
    arrays = {"a": ARRAY, "b": np.asfortranarray(ARRAY), "n": np.array(3), "more": np.zeros(9)}
    save(tmp_path / "a.npz", **arrays)
    found = read_npz(tmp_path / "a.npz", {"a": (2, 3), "b": (2, 3), "n": ()})
    assert set(found) == {"a", "b", "n"}
    for name, array in found.items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.flags.writeable


def test_a_single_array_is_read(tmp_path):
    np.save(tmp_path / "a.npy", ARRAY.astype(np.float32))
    np.testing.assert_array_equal(read_npy(tmp_path / "a.npy", (2, 3)), ARRAY)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (npy(shape=(10**9, 10**9)), r"a has the shape \(1000000000, 1000000000\), expected"),
        (npy(shape=(2, -3)), "a has the shape"),
        (npy(kind="|O"), "a holds object, expected numbers"),
        (npy(kind="<U9"), "a holds <U9, expected numbers"),
        (npy(data=bytes(47)), "a is cut off"),
        (npy(version=2), r"a is written in the version \(2, 0\)"),
        (b"no array", "magic string"),
        (b"", "EOF"),
    ],
    ids=["huge", "negative", "objects", "texts", "cut off", "version", "garbage", "empty"],
)
def test_a_forged_array_is_refused_before_memory_is_taken(tmp_path, content, reason):
    with pytest.raises(ValueError, match=reason):
        read_npz(npz(tmp_path / "a.npz", content), {"a": (2, 3)})


def test_a_file_that_is_no_archive_or_lacks_an_array_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.npz").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="not a zip file"):
        read_npz(tmp_path / "a.npz", {"a": (2, 3)})
    npz(tmp_path / "a.npz", npy())
    with pytest.raises(ValueError, match="it has no array b"):
        read_npz(tmp_path / "a.npz", {"a": (2, 3), "b": (1,)})
    monkeypatch.setenv("X2C_MAX_ARRAY_BYTES", "100")
    with pytest.raises(ValueError, match=r"a\.npz has \d+ bytes; the limit is 100: "):
        read_npz(tmp_path / "a.npz", {"a": (2, 3)})


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_python_unpacks_without_a_bound_is_refused(tmp_path, method):
    with pytest.raises(ValueError, match="a is compressed in an unusual way"):
        read_npz(npz(tmp_path / "a.npz", npy(), method), {"a": (2, 3)})


def test_a_damaged_archive_raises_no_other_error(tmp_path):
    file = io.BytesIO()
    np.savez_compressed(file, a=ARRAY)
    whole = file.getvalue()
    for place in range(len(whole)):
        for damage in (0, 255):
            (tmp_path / "a.npz").write_bytes(whole[:place] + bytes((damage,)) + whole[place + 1 :])
            try:
                read_npz(tmp_path / "a.npz", {"a": (2, 3)})
            except ValueError:
                continue


@pytest.mark.parametrize("sign", ["-", "("])
def test_a_header_that_overflows_its_parser_is_refused(tmp_path, sign):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {sign * 9000}1".encode()
    content = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header
    (tmp_path / "a.npy").write_bytes(content)
    for read in (
        lambda: read_npy(tmp_path / "a.npy", (2, 3)),
        lambda: read_npz(npz(tmp_path / "a.npz", content), {"a": (2, 3)}),
    ):
        with pytest.raises(ValueError, match=r"."):
            read()


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.npz")
    with pytest.raises(OSError, match="named pipe"):
        read_npz(tmp_path / "a.npz", {"a": (2, 3)})
