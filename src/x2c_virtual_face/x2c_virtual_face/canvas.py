# SPDX-License-Identifier: Apache-2.0
"""Images of the model, drawn off screen."""

from __future__ import annotations

import os

import mujoco
import numpy as np

from x2c_core.arrays import ImageArray
from x2c_virtual_face.errors import RenderError
from x2c_virtual_face.head.scenery import CAMERA
from x2c_virtual_face.thread_context import thread_context

_MOST_GEOMS = 100


class Canvas:
    """Draw what the model's camera sees; to be made, used and closed in one thread.

    mujoco.Renderer does the same, but closing one of several spoils the others: it frees the
    OpenGL context first and then deletes its textures in whichever context is current.
    """

    def __init__(self, model: mujoco.MjModel, width: int, height: int) -> None:
        """Load the model into the thread's OpenGL context, for images of the given size [px].

        Raises:
            RenderError: No off-screen OpenGL is available.
        """
        self._model = model
        self._area = mujoco.MjrRect(0, 0, width, height)
        self._scene = mujoco.MjvScene(model, maxgeom=_MOST_GEOMS)
        self._options = mujoco.MjvOption()
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._camera.fixedcamid = model.camera(CAMERA).id
        try:
            self._opengl = thread_context()
            self._opengl.make_current()
            self._drawing = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50)
        except Exception as error:  # MuJoCo passes on whatever the OpenGL library raises.
            raise RenderError(
                "cannot draw off screen with "
                f"MUJOCO_GL={os.environ.get('MUJOCO_GL', '')!r}: {error}. "
                "Install libosmesa6, or set MUJOCO_GL=egl where a graphics driver is installed"
            ) from error

    def draw(self, data: mujoco.MjData) -> ImageArray:
        """Return an image (height, width, 3), RGB, of the model in the given state."""
        self._opengl.make_current()
        # Of several canvases in a context, the one that is drawn.
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._drawing)
        mujoco.mjv_updateScene(
            self._model,
            data,
            self._options,
            None,
            self._camera,
            mujoco.mjtCatBit.mjCAT_ALL,
            self._scene,
        )
        mujoco.mjr_render(self._area, self._scene, self._drawing)
        image = np.empty((self._area.height, self._area.width, 3), np.uint8)
        mujoco.mjr_readPixels(image, None, self._area, self._drawing)
        # OpenGL's first row is the lowest.
        return np.ascontiguousarray(image[::-1])

    def load_texture(self, name: str) -> None:
        """Bring a texture's image, changed in the model, to the graphics memory."""
        self._opengl.make_current()
        mujoco.mjr_uploadTexture(self._model, self._drawing, self._model.texture(name).id)

    def close(self) -> None:
        """Free what was loaded into the context."""
        self._opengl.make_current()
        self._drawing.free()
