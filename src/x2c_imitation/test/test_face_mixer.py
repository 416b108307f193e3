# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer, LayerMode
from x2c_core.control_space.regions import REGIONS, region_mask
from x2c_imitation.errors import MixerError
from x2c_imitation.face_mixer.face_mixer import FASTER, IMITATION, FaceMixer
from x2c_imitation.face_mixer.source_settings import (
    BUILT_IN,
    MOST_SOURCES,
    SourceSettings,
    read_sources,
)

SPAN = controls.MAXIMUM - controls.MINIMUM
JAW, HEAD = controls.index("Jaw Pitch"), controls.index("Head Yaw")
LIDS = REGIONS["lids"]
LOW = controls.MINIMUM + 0.25 * SPAN
HIGH = controls.MINIMUM + 0.75 * SPAN
NOTHING = np.zeros(controls.COUNT)
STEP = 0.01


def layer(values=HIGH, mask=None, mode=LayerMode.OVERRIDE):
    return ControlLayer(values, region_mask(["mouth"]) if mask is None else mask, mode)


class Stage:
    """A mixer with imitation that rests at LOW, and sources that publish at each step."""

    def __init__(self, **sources):
        self.mixer = FaceMixer()
        for name, declared in sources.items():
            self.mixer.declare(name, declared)
        self.now = 100.0
        self.imitation = LOW

    def run(self, seconds, **layers):
        """Return the faces (n, 30) of a while in which the named sources publish."""
        faces = []
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            if self.imitation is not None:
                self.mixer.take_imitation(self.imitation, self.now)
            for name, one in layers.items():
                self.mixer.take(name, one, self.now)
            faces.append(self.mixer.mix(self.now))
        return np.array(faces)


def test_imitation_alone_passes_unchanged_however_it_jumps():
    mixer, generator = FaceMixer(), np.random.default_rng(1)
    for now in (0.0, 0.03, 0.03, 5.0, 4.0, 100.0):
        values = controls.MINIMUM + generator.random(controls.COUNT) * SPAN
        mixer.take_imitation(values, now)
        assert (mixer.mix(now) == values).all()
    assert not mixer.active
    assert set(mixer.state().winners.values()) == {IMITATION}


def test_source_takes_its_controls_over_and_leaves_the_others():
    stage = Stage()
    face = stage.run(1.0, speech=layer())[-1]
    wanted = np.where(region_mask(["mouth"]) > 0.0, HIGH, LOW)
    assert face == pytest.approx(wanted)
    winners = stage.mixer.state().winners
    assert winners["mouth"] == "speech"
    assert {winners[region] for region in REGIONS if region != "mouth"} == {IMITATION}


@pytest.mark.parametrize("end", ["silence", "empty mask"])
def test_source_that_ends_is_faded_out_to_exactly_what_is_below(end):
    stage = Stage()
    stage.run(1.0, speech=layer())
    last = {"speech": layer(values=controls.NEUTRAL, mask=NOTHING)} if end == "empty mask" else {}
    faces = stage.run(3.0, **last)
    assert (faces[-1] == LOW).all()
    assert not stage.mixer.active
    # It goes back steadily: no value is passed twice, though the last message had others.
    assert (np.diff(faces[:, JAW]) * np.sign(LOW[JAW] - HIGH[JAW]) >= 0.0).all()


def test_higher_priority_is_seen_whichever_came_first():
    stage = Stage(low=SourceSettings(priority=1), high=SourceSettings(priority=2))
    stage.run(1.0, high=layer(values=HIGH))
    stage.run(1.0, high=layer(values=HIGH), low=layer(values=controls.NEUTRAL))
    assert stage.mixer.state().winners["mouth"] == "high"
    face = stage.run(2.0, low=layer(values=controls.NEUTRAL))[-1]
    assert face[JAW] == pytest.approx(controls.NEUTRAL[JAW])
    assert stage.mixer.conflicts == ()


def test_newest_of_equal_priority_keeps_control_until_it_ends_and_is_noted_once():
    stage = Stage(a=SourceSettings(priority=1), b=SourceSettings(priority=1))
    low, high = layer(values=LOW), layer(values=HIGH)
    stage.run(0.5, a=low)
    stage.run(1.0, a=low, b=high)
    assert stage.mixer.state().winners["mouth"] == "b"
    # The older one comes back while the newer one is still there: it does not take over.
    face = stage.run(1.0, a=low, b=high)[-1]
    assert face[JAW] == pytest.approx(HIGH[JAW])
    stage.run(2.0, a=low)
    assert stage.mixer.state().winners["mouth"] == "a"
    assert stage.mixer.conflicts == (("b", "a"),)


def test_additive_layer_is_seen_over_any_other_and_within_the_range():
    stage = Stage(play=SourceSettings(priority=1), blink=SourceSettings(priority=2))
    offset = np.zeros(controls.COUNT)
    offset[LIDS] = -10.0 * SPAN[LIDS]
    blink = layer(offset, region_mask(["lids"]), LayerMode.ADD)
    whole = layer(HIGH, region_mask(list(REGIONS)))
    face = stage.run(3.0, play=whole, blink=blink)[-1]
    assert (face[LIDS] == controls.MINIMUM[LIDS]).all()
    assert face[JAW] == pytest.approx(HIGH[JAW])
    state = stage.mixer.state()
    assert state.winners["lids"] == "play"
    assert state.additive == ("blink",)


def test_additive_layer_of_constant_mask_is_not_slowed_down():
    stage = Stage()
    mask = region_mask(["lids"])
    still = layer(NOTHING, mask, LayerMode.ADD)
    stage.run(1.0, blink=still)
    offset = np.zeros(controls.COUNT)
    offset[LIDS] = -0.25 * SPAN[LIDS]
    (face,) = stage.run(STEP, blink=layer(offset, mask, LayerMode.ADD))
    assert face[LIDS] == pytest.approx(LOW[LIDS] + offset[LIDS])


def test_additive_source_that_lets_go_in_the_other_mode_moves_nothing():
    stage = Stage(speech=SourceSettings(priority=2), idle=SourceSettings(priority=1))
    turned = NOTHING.copy()
    turned[HEAD] = 0.1
    idle = layer(turned, region_mask(["head"]), LayerMode.ADD)
    still = layer(NOTHING, region_mask(["head", "brows"]), LayerMode.ADD)
    stage.run(1.0, idle=idle, speech=still)
    faces = stage.run(1.0, idle=idle, speech=ControlLayer.nothing())
    assert np.abs(faces - (LOW + turned)).max() == pytest.approx(0.0, abs=1e-9)


def test_declared_regions_bound_what_a_source_moves():
    stage = Stage(speech=SourceSettings(regions="mouth,head=0.5"))
    face = stage.run(3.0, speech=layer(mask=region_mask(list(REGIONS))))[-1]
    assert face[JAW] == pytest.approx(HIGH[JAW])
    assert face[HEAD] == pytest.approx((LOW[HEAD] + HIGH[HEAD]) / 2)
    assert face[LIDS] == pytest.approx(LOW[LIDS])


def test_silent_imitation_eases_to_neutral_below_a_source_and_comes_back():
    stage = Stage()
    stage.run(1.0, speech=layer())
    stage.imitation = None
    face = stage.run(3.0, speech=layer())[-1]
    assert face[HEAD] == pytest.approx(controls.NEUTRAL[HEAD])
    stage.imitation = LOW
    faces = stage.run(3.0, speech=layer())
    assert faces[-1][HEAD] == pytest.approx(LOW[HEAD])
    assert (np.abs(np.diff(faces, axis=0)) <= STEP * SPAN * 1.001).all()


def test_imitation_that_comes_back_after_a_source_has_ended_does_not_snap():
    stage = Stage()
    stage.run(1.0, speech=layer())
    stage.imitation = None
    before = stage.run(4.0)[-1]
    assert not stage.mixer.active
    stage.imitation = HIGH
    faces = np.vstack([before, stage.run(4.0)])
    assert (faces[-1] == HIGH).all()
    assert (np.abs(np.diff(faces, axis=0)) <= STEP * SPAN * 1.001).all()


def test_source_works_without_any_imitation():
    stage = Stage()
    stage.imitation = None
    face = stage.run(2.0, express=layer())[-1]
    wanted = np.where(region_mask(["mouth"]) > 0.0, HIGH, controls.NEUTRAL)
    assert face == pytest.approx(wanted)


@pytest.mark.parametrize("leap", [-3600.0, 3600.0])
def test_clock_that_jumps_moves_nothing(leap):
    stage = Stage()
    before = stage.run(1.0, speech=layer())[-1]
    stage.now += leap
    faces = np.vstack([before, stage.run(0.5, speech=layer())])
    assert faces == pytest.approx(np.tile(before, (len(faces), 1)))
    assert stage.mixer.jumps == (leap < 0)
    assert (stage.run(3.0)[-1] == LOW).all()


def test_too_many_sources_are_refused():
    mixer = FaceMixer()
    for number in range(MOST_SOURCES):
        mixer.take(f"s{number}", layer(), 0.0)
    with pytest.raises(MixerError, match=f"there are {MOST_SOURCES} sources already: more is"):
        mixer.take("more", layer(), 0.0)


def test_a_forgotten_source_makes_room_and_one_that_is_seen_stays():
    stage = Stage()
    for number in range(MOST_SOURCES):
        stage.mixer.announce(f"s{number}")
    stage.run(1.0, s3=layer(), s4=layer())
    assert stage.mixer.conflicts == (("s4", "s3"),)
    assert not stage.mixer.forget("s3")
    stage.run(3.0)
    assert stage.mixer.forget("s3")
    assert stage.mixer.conflicts == ()
    face = stage.run(1.0, new=layer())[-1]
    assert face[JAW] == pytest.approx(HIGH[JAW])
    assert stage.mixer.state().winners["mouth"] == "new"
    assert len(stage.mixer.names) == MOST_SOURCES


def test_source_of_an_impossible_name_is_refused():
    with pytest.raises(MixerError, match="'1/x' is no name of a source"):
        FaceMixer().declare("1/x", SourceSettings())


def test_built_in_sources_are_declared_by_rank():
    built_in = read_sources(BUILT_IN)
    assert sorted(built_in, key=lambda name: built_in[name].priority) == [
        "idle",
        "speech_gestures",
        "blendshapes",
        "speech",
        "say",
        "play",
        "express",
        "sliders",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("speech: {}", "expected one key, 'sources'"),
        ("sources: [speech]", "expected names of sources"),
        ("sources: {speech: 3}", "speech: expected settings by name, got 3"),
        ("sources: {speech: {priority: high}}", "speech: priority: expected int, got 'high'"),
        ("sources: {speech: {volume: 3}}", "speech: unknown option 'volume'"),
        ("sources: {speech: {regions: ears}}", "speech: unknown region 'ears'"),
        ("sources: {a/b: {}}", "'a/b' is no name of a source"),
        ("sources: [", "cannot read the sources in"),
    ],
)
def test_file_of_sources_that_cannot_be_is_refused(tmp_path, text, reason):
    file = tmp_path / "sources.yaml"
    file.write_text(text)
    with pytest.raises(MixerError, match=reason):
        read_sources(file)


def test_missing_file_of_sources_is_refused(tmp_path):
    with pytest.raises(MixerError, match=r"cannot read the sources in .*gone\.yaml"):
        read_sources(tmp_path / "gone.yaml")


def random_source(random, number):
    """Return a source that publishes now and then, with masks and motion of its own."""
    return {
        "name": f"s{number}",
        "settings": SourceSettings(
            priority=int(random.integers(1, 3)),
            timeout=float(random.choice([0.02, 0.1, 0.5])),
            fade_in=float(random.choice([0.0, 0.05, 0.3])),
            fade_out=float(random.choice([0.02, 0.4])),
        ),
        "mode": LayerMode(random.integers(0, 2)),
        "first": random.integers(0, 60),
        "steps": random.integers(1, 80),
        "every": random.integers(1, 8),
        "speed": random.choice([0.0, 0.05, 0.4], controls.COUNT),
        "phase": random.random(controls.COUNT) * 6.0,
    }


def motion(generator, step):
    """Values (30,) of a source that moves now and then, and sometimes leaps."""
    wave = np.sin(step * generator["speed"] + generator["phase"])
    return controls.MINIMUM + SPAN * np.clip(0.5 + 0.6 * wave, 0.0, 1.0)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(0, 3))
def test_no_hand_over_is_faster_than_its_sources(seed, count, pause):
    mixer, random = FaceMixer(), np.random.default_rng(seed)
    own = random_source(random, 0)
    sources = [random_source(random, number) for number in range(count)]
    for one in sources:
        mixer.declare(one["name"], one["settings"])
    newest, base, before, now = {}, None, None, 10.0
    for step in range(120):
        # Steps are uneven, and the clock sometimes goes back.
        passed = STEP * random.uniform(0.5, 1.5) if step % 17 else -1.0
        now += passed
        overriding, adding = np.zeros(controls.COUNT), np.zeros(controls.COUNT)
        # Imitation is silent for a while in most runs, from the beginning in some.
        if step // 30 + 1 != pause:
            values = motion(own, step)
            if base is not None:
                overriding = np.abs(values - base)
            base = values
            mixer.take_imitation(values, now)
        for one in sources:
            since = step - one["first"]
            if not 0 <= since < one["steps"] or since % one["every"]:
                continue
            values = motion(one, step)
            if one["mode"] is LayerMode.ADD:
                values = values - controls.NEUTRAL
            mask = random.random(controls.COUNT) * (random.random(controls.COUNT) < 0.8)
            mixer.take(one["name"], ControlLayer(values, mask, one["mode"]), now)
            change = np.abs(values - newest.get(one["name"], values))
            if one["mode"] is LayerMode.ADD:
                adding = adding + change
            else:
                overriding = np.maximum(overriding, change)
            newest[one["name"]] = values
        face = mixer.mix(now)
        assert (face >= controls.MINIMUM).all()
        assert (face <= controls.MAXIMUM).all()
        if before is not None:
            resting = mixer.timing.handover_speed * SPAN * max(passed, 0.0)
            allowed = np.maximum(FASTER * (overriding + adding), resting)
            assert (np.abs(face - before) <= allowed + 1e-12).all()
        before = face
    base = LOW if base is None else base
    for _ in range(700):
        now += STEP
        mixer.take_imitation(base, now)
        face = mixer.mix(now)
    assert not mixer.active
    assert (face == base).all()
