# SPDX-License-Identifier: Apache-2.0
"""Packets of puppeteers: read as described, and refused without another error."""

import contextlib
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_sources.blendshapes.formats import FORMATS
from x2c_sources.blendshapes.ifacialmocap import IFacialMocap
from x2c_sources.blendshapes.live_link_face import LiveLinkFace
from x2c_sources.blendshapes.openseeface import FACE_BYTES, OpenSeeFace
from x2c_sources.blendshapes.osc import LONGEST, OSCMessage, osc_bundle, read_osc
from x2c_sources.blendshapes.shapes import INPUTS, SHAPES, shape_vector
from x2c_sources.blendshapes.vmc import VMC, vmc_packet
from x2c_sources.errors import PacketError
from x2c_testing import puppets


def of(shapes):
    """Return the known shapes by name."""
    return {n: v for n, v in zip(INPUTS, shapes.tolist(), strict=True) if not math.isnan(v)}


def test_arkit_has_52_shapes():
    assert len(SHAPES) == len(set(SHAPES)) == 52


def test_live_link_face():
    packet = puppets.live_link_face({"jawOpen": 0.5, "eyeBlinkRight": 1.0}, head=(0.2, 0.1, 0.0))
    read = of(LiveLinkFace().read(packet))
    assert read["jawOpen"] == 0.5
    assert read["eyeBlinkRight"] == 1.0
    assert read["eyeBlinkLeft"] == 0.0
    assert read["headYaw"] == pytest.approx(-0.2)
    assert len(read) == 55


def test_live_link_face_without_a_face():
    packet = puppets.live_link_face(None)
    assert LiveLinkFace().read(packet) is None
    assert LiveLinkFace().read(packet[:-1]) is None


@pytest.mark.parametrize("separator", ["-", "&"])
def test_ifacialmocap(separator):
    shapes = {"mouthSmile_L": 50, "jawOpen": 12, "ownShapeOfTheApp": 3}
    packet = puppets.ifacialmocap(shapes, "-21.5,6,0,0,0,-0.6", separator)
    read = of(IFacialMocap().read(packet))
    assert read["mouthSmileLeft"] == 0.5
    assert read["jawOpen"] == 0.12
    assert read["headPitch"] == pytest.approx(math.radians(-21.5))
    assert len(read) == 5


def test_openseeface_follows_the_face_it_began_with():
    reader = OpenSeeFace()
    first = puppets.openseeface(3, eyes=(0.25, 1.0), open=0.5)
    assert len(first) == FACE_BYTES == 1785
    read = of(reader.read(first))
    assert read["eyeBlinkRight"] == 0.75
    assert read["eyeBlinkLeft"] == 0.0
    assert read["jawOpen"] == 0.5
    assert read["headPitch"] == pytest.approx(0.0, abs=1e-6)
    assert read["headRoll"] == pytest.approx(0.0, abs=1e-6)
    other = puppets.openseeface(1, open=1.0)
    assert of(reader.read(other + first))["jawOpen"] == 0.5
    assert of(reader.read(other))["jawOpen"] == 1.0


def test_vmc_collects_until_apply():
    reader = VMC()
    value = OSCMessage("/VMC/Ext/Blend/Val", ("JawOpen", 0.5))
    assert reader.read(osc_bundle([value, OSCMessage("/VMC/Ext/OK", (1,))])) is None
    assert of(reader.read(osc_bundle([OSCMessage("/VMC/Ext/Blend/Apply")]))) == {"jawOpen": 0.5}


@given(
    st.lists(st.floats(0.0, 1.0), min_size=52, max_size=52),
    *(st.floats(-1.2, 1.2) for _ in range(3)),
)
def test_what_is_sent_as_vmc_is_read_again(values, yaw, pitch, roll):
    head = {"headYaw": yaw, "headPitch": pitch, "headRoll": roll}
    sent = shape_vector({**dict(zip(SHAPES, values, strict=True)), **head})
    packet = vmc_packet(sent, 1.0)
    assert len(packet) < LONGEST
    assert VMC().read(packet) == pytest.approx(sent, abs=1e-5)


def test_an_element_of_negative_size_is_refused():
    packet = b"#bundle\0" + bytes(8) + struct.pack(">i", -4)
    with pytest.raises(PacketError, match="impossible size"):
        read_osc(packet)


def test_bundles_in_bundles_without_end_are_refused():
    packet = b"/a\0\0,\0\0\0"
    for _ in range(500):
        packet = b"#bundle\0" + bytes(8) + struct.pack(">i", len(packet)) + packet
    with pytest.raises(PacketError, match="too deep"):
        read_osc(packet)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_whatever_comes_only_their_own_error_is_raised(name, data):
    valid = {
        "live_link_face": puppets.live_link_face({"jawOpen": 0.5}),
        "ifacialmocap": puppets.ifacialmocap({"jawOpen": 50}),
        "facemotion3d": puppets.ifacialmocap({"jawOpen": 50}, separator="&"),
        "openseeface": puppets.openseeface(),
        "vmc": vmc_packet(shape_vector({"jawOpen": 0.5}), 0.0),
    }[name]
    packet = bytearray(valid)
    changes = st.tuples(st.integers(0, len(packet) - 1), st.integers(0, 255))
    for at, byte in data.draw(st.lists(changes, max_size=6)):
        packet[at] = byte
    changed = bytes(packet[: data.draw(st.integers(0, len(packet)))])
    for each in (bytes(packet), changed, changed + data.draw(st.binary(max_size=40))):
        reader = FORMATS[name].reader()
        try:
            shapes = reader.read(each)
        except PacketError:
            continue
        if shapes is not None:
            known = shapes[~np.isnan(shapes)]
            assert np.isfinite(known).all()
            assert (shapes[:52][~np.isnan(shapes[:52])] <= 1.0).all()


@pytest.mark.parametrize("name", FORMATS)
@given(packet=st.binary(max_size=200))
def test_noise_is_refused(name, packet):
    with contextlib.suppress(PacketError):
        FORMATS[name].reader().read(packet)
