# SPDX-License-Identifier: Apache-2.0
"""The virtual humanoid, simulated and rendered by MuJoCo."""

from x2c_virtual_face import opengl, triton_apart

# Here, as any module below may be the first to import mujoco, and then it is too late.
opengl.settle()
triton_apart.keep_triton_apart()
