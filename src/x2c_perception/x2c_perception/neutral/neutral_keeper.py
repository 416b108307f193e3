# SPDX-License-Identifier: Apache-2.0
"""Neutral face of the person in front of the camera."""

from __future__ import annotations

from x2c_core.face.frames import NO_TRACK, Face, FaceState
from x2c_perception.neutral.neutral_calibrator import CalibrationStage, NeutralCalibrator
from x2c_perception.neutral.neutral_frames import NeutralFace
from x2c_perception.neutral.person_store import PersonStore


class NeutralKeeper:
    """Calibration for a new person or on request, with a memory of named people.

    Args:
        store: Store of neutral faces.
        person: Name under which; "" keeps nothing.
        automatic: Whether a new person is calibrated without being asked.
    """

    def __init__(self, store: PersonStore, person: str, automatic: bool) -> None:
        self._store = store
        self._person = person
        self.automatic = automatic
        self._calibrator = NeutralCalibrator()
        self._known: NeutralFace | None = None
        self._track_id = NO_TRACK
        self._asked = False
        self._unsaved: NeutralFace | None = None
        self.origin = "none"

    def load(self, given: NeutralFace | None = None) -> NeutralFace | None:
        """Return the named person's neutral face if one has been saved, or one that is given.

        Args:
            given: Neutral face of everyone, which wins over a saved one; None for none.

        Raises:
            PersonError: The saved face cannot be read; a new calibration replaces it.
        """
        if given is not None:
            self._known, self.origin = given, "given"
            return given
        self._known = self._store.load(self._person) if self._person else None
        if self._known is not None:
            self.origin = "loaded"
        return self._known

    def ask(self) -> None:
        """Calibrate again, from the next image on."""
        self._asked = True
        self._calibrator.restart()

    def add(self, face: Face, now: float) -> NeutralFace | None:
        """Take a face; return the neutral face to be used from now on, if there is a new one.

        Args:
            face: Face in one image.
            now: Time of the image [s].
        """
        if face.state is FaceState.TRACKING and face.track_id != self._track_id:
            self._track_id = face.track_id
            if self._known is not None and not self._asked:
                return self._known
            if self.automatic or self._asked:
                self._calibrator.restart()
        neutral = self._calibrator.add(face, now)
        if neutral is None:
            return None
        self.origin = self._calibrator.stage.value
        if self._calibrator.stage is CalibrationStage.FINAL:
            self._asked = False
            if self._person:
                self._known = self._unsaved = neutral
        return neutral

    def save(self) -> str:
        """Save what has become final since the last time.

        Returns:
            The file written, or "" if there was nothing to save.

        Raises:
            PersonError: It cannot be written.
        """
        neutral, self._unsaved = self._unsaved, None
        return "" if neutral is None else str(self._store.save(self._person, neutral))

    @property
    def running(self) -> bool:
        """True while calibrating."""
        return self._calibrator.running

    @property
    def progress(self) -> float:
        """Of the calibration that is going on, 0 to 1."""
        return self._calibrator.progress
