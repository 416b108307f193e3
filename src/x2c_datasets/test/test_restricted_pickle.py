# SPDX-License-Identifier: Apache-2.0
import collections
import datetime
import os
import pickle
import subprocess

import numpy as np
import pytest

from x2c_core.errors import X2CError
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import restricted_pickle
from x2c_datasets.formats.parquet_columns import read_columns

ARRAY_MAKER = np.zeros(1).__reduce__()[0]
SCALAR_MAKER = np.float64(0.0).__reduce__()[0]


class Caller:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.fixture
def saved(tmp_path):
    def save(content, protocol=pickle.DEFAULT_PROTOCOL):
        path = tmp_path / "content.pkl"
        path.write_bytes(pickle.dumps(content, protocol))
        return path

    return save


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_lists_dicts_text_and_numbers_are_read(saved, protocol):
    content = {
        "img_path": ["a.png", "ü/b.png"],
        "ctrl_values": np.arange(60.0).reshape(2, 30),
        "more": (1, 2.5, None, True, b"\xff\x00", np.float32(0.5), np.arange(3, dtype=">i2")),
        "names": np.array(["x", "yy"]),
        "objects": np.array(["x", None, 1], dtype=object),
    }
    loaded = restricted_pickle.load(saved(content, protocol))
    assert np.array_equal(loaded["ctrl_values"], content["ctrl_values"])
    assert loaded["img_path"] == content["img_path"]
    assert loaded["more"][:6] == content["more"][:6]
    assert loaded["more"][6].tolist() == [0, 1, 2]
    assert loaded["names"].tolist() == ["x", "yy"]
    assert loaded["objects"].tolist() == ["x", None, 1]


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (os.system, ("touch {marker}",)),
        (subprocess.check_output, (["touch", "{marker}"],)),
        (eval, ("open('{marker}', 'w')",)),
        (getattr, ("", "join")),
        (open, ("{marker}", "w")),
        (np.load, ("{marker}",)),
        (np.save, ("{marker}", 1)),
    ],
)
def test_functions_are_refused_by_name_and_not_called(saved, tmp_path, function, arguments):
    marker = tmp_path / "marker"
    filled = [
        one.format(marker=marker)
        if isinstance(one, str)
        else [part.format(marker=marker) for part in one]
        if isinstance(one, list)
        else one
        for one in arguments
    ]
    path = saved({"img_path": [Caller(function, *filled)]})
    with pytest.raises(
        DataSetError, match=rf"is refused: it holds \w+(\.\w+)*\.{function.__name__}"
    ):
        restricted_pickle.load(path)
    assert not marker.exists()


def forged(kind, shape, data, fortran=False):
    """Return what pickles as an array with such a state."""
    made = Caller(ARRAY_MAKER, np.ndarray, (0,), b"b")
    made.call = (*made.call, (1, shape, kind, fortran, data))
    return made


def forged_type(code, state):
    made = Caller(np.dtype, code, False, True)
    made.call = (*made.call, state)
    return made


POINTER = b"\x41" * 8
OBJECT = np.dtype("O")
PLAIN = (3, "|", None, None, None, -1, -1, 0)


@pytest.mark.parametrize(
    "array",
    [
        # An object among fields, with flags that say there is none.
        forged(
            forged_type("V8", (3, "|", None, ("a",), {"a": (OBJECT, 0)}, 8, 1, 0)), (1,), POINTER
        ),
        forged(forged_type("V8", PLAIN), (1,), POINTER),
        forged(forged_type("f8", (3, "<", (OBJECT, (1,)), None, None, 8, 1, 0)), (1,), POINTER),
        forged(forged_type("M8", PLAIN), (1,), POINTER),
        # Objects that are bytes, content that is shorter than the shape, shapes that are none.
        forged(OBJECT, (1,), POINTER),
        forged(OBJECT, (3,), ["x"]),
        forged(np.dtype("f8"), (2**40,), POINTER),
        forged(np.dtype("f8"), (-1,), POINTER),
        forged(np.dtype("f8"), (2**32, 2**32), b""),
        forged("f8", (1,), POINTER),
        Caller(np.ndarray, (1,), np.dtype("f8"), POINTER, 2**40),
        Caller(SCALAR_MAKER, OBJECT, POINTER),
    ],
)
def test_numpy_is_told_nothing_that_a_file_could_forge(saved, array):
    path = saved({"img_path": array, "ctrl_values": [[0.0] * 30]})
    with pytest.raises(DataSetError, match=r"is refused|is no readable pickle"):
        restricted_pickle.load(path)


@pytest.mark.parametrize("other", [collections.OrderedDict(), datetime.date(2020, 1, 1), {1, 2}])
def test_other_classes_are_refused_or_plain(saved, other):
    path = saved(other, protocol=2)
    with pytest.raises(DataSetError, match="is refused"):
        restricted_pickle.load(path)


def test_other_codecs_are_refused(tmp_path):
    path = tmp_path / "codec.pkl"
    path.write_bytes(b"c_codecs\nencode\n(Vabc\nVrot13\ntR.")
    with pytest.raises(DataSetError, match="the encoding 'rot13'"):
        restricted_pickle.load(path)


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x04", b"\x80\x05\x95\xff"])
def test_what_is_no_pickle_is_refused(tmp_path, content):
    path = tmp_path / "broken.pkl"
    path.write_bytes(content)
    with pytest.raises(DataSetError, match=r"broken\.pkl is no readable pickle"):
        restricted_pickle.load(path)


def test_a_truncated_pickle_is_refused(saved):
    path = saved({"ctrl_values": np.zeros((50, 30))})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataSetError, match="cut off"):
        restricted_pickle.load(path)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(DataSetError, match="cannot read"):
        restricted_pickle.load(tmp_path / "nothing.pkl")


def test_outside_objects_are_refused(tmp_path):
    path = tmp_path / "outside.pkl"
    path.write_bytes(b"Pthing\n.")
    with pytest.raises(DataSetError, match="outside object"):
        restricted_pickle.load(path)


def refused(path, content, reason):
    path.write_bytes(content)
    with pytest.raises(DataSetError, match=reason):
        restricted_pickle.load(path)


PROTOCOL = b"\x80\x04"
LENGTH = (2**40).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x8e" + LENGTH + b"abc.", "reaches behind the end"),
        (b"\x8d" + LENGTH + b"abc.", "reaches behind the end"),
        (b"\x96" + LENGTH + b"abc.", "reaches behind the end"),
        (b"\x95" + LENGTH + b"N.", "reaches behind the end"),
        (b"\x8b" + (2**31 - 1).to_bytes(4, "little") + b"\x01.", "reaches behind the end"),
        (b"\x8c\x01xR.", "is no readable pickle"),
        (b"}(]]]]NNu.", "a dict whose keys are neither text nor numbers"),
        (b"}NNs.", "a dict whose keys are neither text nor numbers"),
        (b"(NNd.", "a dict whose keys are neither text nor numbers"),
        (b"\x8f.", r"the instruction b'\\x8f'"),
        (b"]}b.", "an object with a state"),
        (b"\x82\x01.", "the instruction"),
    ],
)
def test_a_length_or_an_object_that_is_only_promised_is_refused(tmp_path, content, reason):
    refused(tmp_path / "a.pkl", PROTOCOL + content, reason)


def test_a_reference_of_any_number_takes_no_memory(tmp_path):
    """In C, this number of a reference is a list of 32 GB."""
    path = tmp_path / "a.pkl"
    path.write_bytes(b"\x80\x03]r\xff\xff\xff\x7f.")
    assert restricted_pickle.load(path) == []


def test_tuples_of_tuples_are_never_hashed(tmp_path):
    twice = b"2\x86"  # The last one again, and both as a tuple.
    content = b"}" + b")" + twice * 60 + b"Ns."
    refused(tmp_path / "a.pkl", PROTOCOL + content, "a dict whose keys")


@pytest.mark.parametrize("one", [b"]", b"(", b")\x85", b"N\x94"])
def test_objects_of_a_byte_each_are_counted(tmp_path, monkeypatch, one):
    monkeypatch.setenv("X2C_MAX_PICKLE_OBJECTS", "100")
    content = PROTOCOL + one * 101 + b"."
    refused(tmp_path / "a.pkl", content, "at least 101 objects; the limit is 100: ")


def test_a_file_above_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("X2C_MAX_TEXT_BYTES", "10")
    refused(tmp_path / "a.pkl", bytes(11), r"a\.pkl has 11 bytes; the limit is 10: ")


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.pkl")
    with pytest.raises(DataSetError, match=r"cannot read .*a\.pkl: it is a named pipe"):
        restricted_pickle.load(tmp_path / "a.pkl")


@pytest.mark.parametrize(
    "array",
    [
        forged(np.dtype("S0"), (10**9,), b""),
        forged(np.dtype("f8"), (10**9, 0), b""),
        forged(np.dtype("f8"), (2**100, 0), b""),
    ],
    ids=["texts of nothing", "rows of nothing", "a number of any length"],
)
def test_an_array_of_nothing_has_no_shape(saved, array):
    with pytest.raises(DataSetError, match="content does not fit its shape"):
        restricted_pickle.load(saved({"img_path": array}))


@pytest.mark.parametrize("read", [restricted_pickle.load, read_columns])
def test_what_a_failed_download_left_is_named(tmp_path, read):
    path = tmp_path / "data"
    path.write_text("version https://git-lfs.github.com/spec/v1\nsize 7\n")
    with pytest.raises(X2CError, match=r"it is a Git LFS pointer .* of 7 bytes"):
        read(path)
