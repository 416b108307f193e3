# SPDX-License-Identifier: Apache-2.0
"""Networks without values have names and shapes of tensors, and need no compiler of torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

from torch import nn

from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.without_values import without_values
from x2c_imitation.x2cnet.network.x2control import build_network


def normalised():
    return nn.utils.spectral_norm(nn.Conv2d(3, 5, 3))


def small_network():
    return build_network(NetworkConfig("resnet10_half"))


@pytest.mark.parametrize("make", [normalised, small_network])
def test_names_shapes_and_types_are_those_of_a_new_network(make):
    with without_values():
        empty = make().state_dict()
    assert all(value.is_meta for value in empty.values())
    full = make().state_dict()
    assert [(key, value.shape, value.dtype) for key, value in empty.items()] == [
        (key, value.shape, value.dtype) for key, value in full.items()
    ]


@pytest.mark.process
def test_no_network_imports_torchs_compiler():
    program = (
        "import sys\n"
        "from x2c_imitation.x2cnet.liveportrait.checkpoints import _NETWORKS\n"
        "from x2c_imitation.x2cnet.network.layouts import recognise_backbone\n"
        "from x2c_imitation.x2cnet.network.without_values import without_values\n"
        "recognise_backbone({})\n"
        "with without_values():\n"
        "    for make in _NETWORKS.values():\n"
        "        make()\n"
        "print([name for name in ('torch._dynamo', 'triton') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, timeout=400
    )
    assert done.stdout.strip() == "[]", done.stderr
