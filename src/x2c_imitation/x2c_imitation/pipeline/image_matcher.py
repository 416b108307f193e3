# SPDX-License-Identifier: Apache-2.0
"""Pairs each face with the image of the same stamp, whichever arrives first."""

from __future__ import annotations

from typing import Generic, TypeVar

F = TypeVar("F")
I = TypeVar("I")  # noqa: E741


class ImageMatcher(Generic[F, I]):
    """Newest face and newest image that wait for each other.

    A face is never delayed for the sake of an older one: as soon as a newer face arrives, the one
    that waits is given up.

    Attributes:
        given_up: Number of faces whose image did not come.
    """

    def __init__(self) -> None:
        self.given_up = 0
        self._face: tuple[int, F] | None = None
        self._image: tuple[int, I] | None = None

    def add_face(self, stamp: int, face: F) -> tuple[F, I] | None:
        """Return a face with its image if that is here already; else the face waits.

        Args:
            stamp: Stamp of the camera frame [ns].
            face: Face in it.
        """
        self.give_up()
        if self._image is not None and self._image[0] == stamp:
            return face, self._image[1]
        self._face = (stamp, face)
        return None

    def add_image(self, stamp: int, image: I) -> tuple[F, I] | None:
        """Return the face that waits for this image, with it; None if there is none.

        Args:
            stamp: Stamp of the camera frame [ns].
            image: Image of the face in it.
        """
        self._image = (stamp, image)
        if self._face is None or self._face[0] != stamp:
            return None
        face = self._face[1]
        self._face = None
        return face, image

    def give_up(self) -> None:
        """Forget the face that waits, as when a newer one or a lost one came."""
        if self._face is not None:
            self.given_up += 1
            self._face = None
