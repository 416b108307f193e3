# SPDX-License-Identifier: Apache-2.0
"""A clip that is played as a layer over the face: a table of control values or a bag."""

from __future__ import annotations

from dataclasses import dataclass

from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer
from x2c_core.control_space.regions import REGIONS, mask_from_text
from x2c_core.sources.expression_clip import ClipTiming, ExpressionClip
from x2c_core.sources.expression_source import EXPRESSION_SOURCES, ExpressionSource
from x2c_imitation.errors import MixerError
from x2c_imitation.face_mixer.held_expression import LONGEST, check_texts


@dataclass(frozen=True)
class PlayedClip:
    """A clip with its end.

    Attributes:
        source: Source of the clip, which is open.
        clip: Layers of the clip.
        intensity: Share of it, 0 to 1.
        began: Time of its begin by the clock of the caller [s].
        until: Time of its end [s].
    """

    source: ExpressionSource
    clip: ExpressionClip
    intensity: float
    began: float
    until: float

    @classmethod
    def opened(
        cls, name: str, intensity: float, seconds: float, regions: str, now: float
    ) -> PlayedClip:
        """Open a clip, which begins now; this may take as long as its file is.

        Args:
            name: Path of a table or of a bag, or another expression source.
            intensity: Share of it, 0 to 1.
            seconds: Longest duration [s]; 0 for the whole clip.
            regions: Regions to move, as in `mask_from_text`; empty for all.
            now: Present time [s].

        Raises:
            SourceError: There is no such source, or it cannot be read.
            ControlError: The regions cannot be.
            MixerError: Intensity or duration cannot be, or a text is too long.
        """
        check_texts(name, regions)
        if not 0.0 <= intensity <= 1.0:
            raise MixerError(f"intensity: expected 0 to 1, got {intensity:g}")
        if not 0.0 <= seconds <= LONGEST:
            raise MixerError(f"seconds: expected 0 to {LONGEST:g}, got {seconds:g}")
        mask = mask_from_text(regions or ",".join(REGIONS))
        kind, text = EXPRESSION_SOURCES.choose(name)
        source = EXPRESSION_SOURCES.make(kind, text, kind.Options())
        source.open()
        try:
            whole = source.duration
            if whole is None and not seconds:
                raise MixerError(f"seconds: expected above 0, since {name} has no end")
            end = seconds if whole is None else min(seconds or whole, whole)
            clip = ExpressionClip(source, mask, ClipTiming(end=end))
        except BaseException:
            source.close()
            raise
        return cls(source, clip, intensity, now, now + end)

    def layer_at(self, now: float) -> ControlLayer | None:
        """Return the layer at a time [s]; None after the end."""
        layer = self.clip.at(max(now - self.began, 0.0))
        if layer is None or self.intensity == 1.0:
            return layer
        whole = controls.to_deflection(layer.values)
        return ControlLayer(controls.from_deflection(self.intensity * whole), layer.mask)

    def close(self) -> None:
        """Let the source go."""
        self.source.close()
