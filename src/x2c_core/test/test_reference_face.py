# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from x2c_core.face import topology

SCRIPT = Path(__file__).parents[3] / "scripts" / "derive_reference_face.py"


@pytest.mark.process
def test_reference_face_can_be_derived_anew(tmp_path):
    for module in ("mediapipe", "scipy", "skimage"):
        pytest.importorskip(module)
    if not SCRIPT.is_file():
        pytest.skip("the package is tested without the repository's scripts")
    path = tmp_path / "face.npz"
    done = subprocess.run(
        [sys.executable, SCRIPT, "--output", path],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with np.load(path) as derived:
        assert (derived["triangles"] == topology.TRIANGLES).all()
        assert (derived["mirror"] == topology.MIRROR).all()
        assert derived["landmarks"] == pytest.approx(topology.REFERENCE, abs=1e-3)
