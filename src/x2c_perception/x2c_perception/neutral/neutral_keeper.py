# SPDX-License-Identifier: Apache-2.0
"""Neutral face of the person in front of the camera."""

from __future__ import annotations

from x2c_core.face.frames import NO_TRACK, Face, FaceState
from x2c_perception.neutral.neutral_calibrator import CalibrationStage, NeutralCalibrator
from x2c_perception.neutral.neutral_estimator import NeutralEstimator
from x2c_perception.neutral.neutral_frames import NeutralFace
from x2c_perception.neutral.person_store import PersonStore

ESTIMATED = "estimated"
"""Origin of a neutral face that was neither calibrated nor saved."""

_GIVEN, _LOADED, _NONE = "given", "loaded", "none"

_FIRST_SAVED = 2.0
"""Time for which a named person is seen before the estimate is saved; twice as long, again [s]."""


class NeutralKeeper:
    """Neutral face of each person: saved, calibrated on request, or else estimated.

    A saved one wins over the estimate, and a calibrated one over both.

    Args:
        store: Store of neutral faces.
        person: Name under which; "" keeps nothing.
        automatic: Whether the neutral face of a new person is estimated.
    """

    def __init__(self, store: PersonStore, person: str, automatic: bool) -> None:
        self._store = store
        self._person = person
        self.automatic = automatic
        self._calibrator = NeutralCalibrator()
        self._estimator = NeutralEstimator()
        self._known: NeutralFace | None = None
        self._track_id = NO_TRACK
        self._asked = False
        self._fixed = False
        self._save_after = _FIRST_SAVED
        self._estimated: NeutralFace | None = None
        self._calibration: NeutralFace | None = None
        self._unsaved: NeutralFace | None = None
        self.origin = _NONE

    def load(self, given: NeutralFace | None = None) -> NeutralFace | None:
        """Return the named person's neutral face if one has been saved, or one that is given.

        Args:
            given: Neutral face of everyone, which wins over a saved one; None for none.

        Raises:
            PersonError: The saved face cannot be read; a new one replaces it.
        """
        if given is not None:
            self._known, self.origin = given, _GIVEN
            return given
        self._known = self._store.load(self._person) if self._person else None
        if self._known is not None:
            self.origin = _LOADED
        return self._known

    def choose(self, person: str) -> NeutralFace | None:
        """Go on with another name: use what is saved under it, or save what is known now.

        A neutral face that was found in this person's images is then to be saved under the name.
        One that was loaded for another name is not: this person's is estimated.

        Args:
            person: Name under which; "" keeps nothing.

        Returns:
            The saved neutral face, to be used from now on; None if there is none.

        Raises:
            PersonError: The saved face cannot be read; a new one replaces it.
        """
        self._person, self._unsaved = person, None
        if self.origin == _GIVEN:
            return None
        self._known = None
        if self.origin == _LOADED:
            self._forget()
            self.origin = _NONE
        saved = None
        try:
            saved = self._store.load(person) if person else None
        finally:
            # A file that cannot be read is no better than none.
            if saved is None and person:
                self._known = self._calibration
                self._unsaved = self._calibration or self._estimated
                self._save_after = max(_FIRST_SAVED, 2.0 * self._estimator.seen)
        if saved is not None:
            self._known, self.origin = saved, _LOADED
            self._asked, self._calibrator, self._fixed = False, NeutralCalibrator(), True
        return saved

    def _forget(self) -> None:
        """Forget what is known of the person who was in front of the camera."""
        self._estimator.restart()
        self._estimated = self._calibration = None
        self._fixed, self._save_after = False, _FIRST_SAVED

    def ask(self) -> None:
        """Calibrate, from the next image on."""
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
            self._forget()
            if self._asked:
                self._calibrator.restart()
            elif self._known is not None:
                self._fixed = True
                return self._known
        calibrated = self._calibrator.add(face, now) if self._asked else None
        if calibrated is not None:
            return self._calibrated(calibrated)
        if self._fixed or not self.automatic:
            return None
        estimated = self._estimator.add(face, now)
        if estimated is not None:
            self.origin, self._estimated = ESTIMATED, estimated
        if self._person and self._estimated and self._estimator.seen >= self._save_after:
            self._save_after *= 2.0
            self._unsaved = self._estimated
            return self._estimated
        return estimated

    def _calibrated(self, neutral: NeutralFace) -> NeutralFace:
        self._fixed = True
        self.origin = self._calibrator.stage.value
        if self._calibrator.stage is CalibrationStage.FINAL:
            self._asked, self._calibration = False, neutral
            if self._person:
                self._known = self._unsaved = neutral
        return neutral

    def save(self) -> str:
        """Save what is worth it since the last time.

        Returns:
            The file written, or "" if there was nothing to save.

        Raises:
            PersonError: It cannot be written.
        """
        neutral, self._unsaved = self._unsaved, None
        return "" if neutral is None else str(self._store.save(self._person, neutral))

    @property
    def running(self) -> bool:
        """True while calibrating on request."""
        return self._calibrator.running

    @property
    def progress(self) -> float:
        """Of the calibration that is going on, 0 to 1."""
        return self._calibrator.progress

    @property
    def sureness(self) -> float:
        """Sureness of the neutral face, 0 to 1; 1 for a saved or calibrated one."""
        if self._fixed:
            return 1.0
        return self._estimator.sureness if self.origin == ESTIMATED else 0.0

    @property
    def confidence(self) -> float:
        """Confidence that the face is one of those that the prior knows, 0 to 1."""
        return 1.0 if self._fixed else self._estimator.confidence
