# SPDX-License-Identifier: Apache-2.0
"""Check that what was installed loads here, and print which MUJOCO_GL renders off screen.

Runs with the virtual environment's interpreter, after pip.
"""

import importlib
import os
import subprocess
import sys

LIBRARIES = ("numpy", "rclpy", "cv2", "onnxruntime", "mujoco", "av", "matplotlib", "daqp")
# ONNX Runtime would report to its maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
RENDER = """
import mujoco
model = mujoco.MjModel.from_xml_string('<mujoco><worldbody><geom size="1"/></worldbody></mujoco>')
with mujoco.Renderer(model, 16, 16) as renderer:
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    renderer.update_scene(data)
    renderer.render()
"""


def unloadable() -> list[str]:
    """Try every library and return what went wrong, a line each."""
    problems = []
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except Exception as error:
            problems.append(f"{name} does not load: {error}")
    return problems


def renders(backend: str) -> str:
    """Render an image with this MUJOCO_GL; return an empty string, or the reason why not."""
    done = subprocess.run(
        [sys.executable, "-c", RENDER],
        env={**os.environ, "MUJOCO_GL": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    return f"{backend}: {(done.stderr.strip().splitlines() or ['no message'])[-1]}"


def main() -> int:
    """Print the MUJOCO_GL that works; explain on stderr what does not."""
    problems = unloadable()
    reasons = []
    for backend in ("osmesa", "egl"):
        reason = renders(backend)
        if not reason:
            print(backend)
            break
        reasons.append(reason)
    else:
        tried = "; ".join(reasons)
        problems.append(f"MuJoCo cannot render off screen; install libosmesa6 ({tried})")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
