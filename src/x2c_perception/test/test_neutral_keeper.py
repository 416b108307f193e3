# SPDX-License-Identifier: Apache-2.0
"""Whose neutral face is used when."""

import numpy as np
import pytest

from x2c_core.face.topology import REFERENCE
from x2c_perception.errors import PersonError
from x2c_perception.neutral.neutral_frames import NeutralFace
from x2c_perception.neutral.neutral_keeper import NeutralKeeper
from x2c_perception.neutral.person_store import PersonStore


@pytest.fixture
def store(tmp_path):
    return PersonStore(tmp_path)


class Clock:
    now = 0.0


def show(keeper, face, duration=3.0):
    given = []
    for _ in range(round(duration * 30)):
        Clock.now += 1.0 / 30.0
        neutral = keeper.add(face, Clock.now)
        if neutral is not None:
            given.append((neutral, keeper.origin))
    return given


def test_a_new_person_is_estimated_from_the_first_frame(store, make_face):
    keeper = NeutralKeeper(store, "", automatic=True)
    given = show(keeper, make_face(), 1.0 / 30.0)
    assert [origin for _, origin in given] == ["estimated"]
    assert 0.0 < keeper.sureness < 1.0
    assert not keeper.running
    assert len(show(keeper, make_face(track_id=1), 1.0 / 30.0)) == 1
    assert keeper.save() == ""


def test_a_calibration_on_request_wins_over_the_estimate(store, make_face):
    keeper = NeutralKeeper(store, "", automatic=True)
    show(keeper, make_face())
    keeper.ask()
    origins = [origin for _, origin in show(keeper, make_face())]
    assert origins[-1] == "final"
    assert set(origins) <= {"estimated", "provisional", "final"}
    assert not show(keeper, make_face(smile=0.1))
    assert keeper.sureness == 1.0


def test_nobody_is_calibrated_unasked_where_it_is_not_automatic(store, make_face):
    keeper = NeutralKeeper(store, "", automatic=False)
    assert not show(keeper, make_face())
    keeper.ask()
    assert keeper.running
    assert len(show(keeper, make_face())) == 2


def test_asking_before_anybody_is_there_waits_for_somebody(store, make_face):
    keeper = NeutralKeeper(store, "", automatic=False)
    keeper.ask()
    assert len(show(keeper, make_face(track_id=4))) == 2


def test_a_named_person_is_saved_once_seen_for_long_and_found_again(store, make_face):
    keeper = NeutralKeeper(store, "Ada", automatic=True)
    assert keeper.load() is None
    show(keeper, make_face(), 1.0)
    assert keeper.save() == ""
    show(keeper, make_face(), 3.0)
    assert keeper.save().endswith("Ada.npz")
    assert keeper.save() == ""

    again = NeutralKeeper(store, "Ada", automatic=True)
    assert again.load() is not None
    assert again.origin == "loaded"


def test_a_known_person_is_not_calibrated_but_told_of_for_each_track(store, make_face):
    known = NeutralFace(np.array(REFERENCE), make_face().pose, 640, 480)
    store.save("Ada", known)
    keeper = NeutralKeeper(store, "Ada", automatic=True)
    keeper.load()
    ((neutral, origin),) = show(keeper, make_face(mouth=0.2))
    assert np.array_equal(neutral.face, known.face)
    assert origin == "loaded"
    assert len(show(keeper, make_face(track_id=1))) == 1


def test_a_known_person_is_calibrated_anew_when_asked(store, make_face):
    store.save("Ada", NeutralFace(np.array(REFERENCE), make_face().pose, 640, 480))
    keeper = NeutralKeeper(store, "Ada", automatic=True)
    keeper.load()
    show(keeper, make_face())
    keeper.ask()
    given = show(keeper, make_face(smile=0.1))
    assert [origin for _, origin in given] == ["provisional", "final"]
    assert keeper.save()
    assert store.load("Ada").face[61, 2] > REFERENCE[61, 2] + 0.05


def test_a_damaged_file_is_told_and_the_person_estimated(store, make_face):
    store.path("Ada").write_bytes(b"damaged")
    keeper = NeutralKeeper(store, "Ada", automatic=True)
    with pytest.raises(PersonError, match=r"Ada\.npz"):
        keeper.load()
    assert show(keeper, make_face())
    keeper.ask()
    show(keeper, make_face())
    assert keeper.save()
    assert store.load("Ada") is not None


def test_what_is_known_is_saved_under_a_name_chosen_later(store, make_face):
    keeper = NeutralKeeper(store, "", automatic=True)
    show(keeper, make_face(), 5.0)
    assert keeper.choose("Ada") is None
    assert keeper.save().endswith("Ada.npz")
    # The estimate goes on, and is not written with every image.
    show(keeper, make_face(), 1.0)
    assert keeper.save() == ""
    keeper.ask()
    show(keeper, make_face(smile=0.1))
    assert keeper.save().endswith("Ada.npz")
    assert keeper.choose("Bert") is None
    keeper.save()
    np.testing.assert_array_equal(store.load("Bert").face, store.load("Ada").face)


def test_a_saved_person_who_is_chosen_counts_at_once(store, make_face):
    known = NeutralFace(np.array(REFERENCE), make_face().pose, 640, 480)
    store.save("Ada", known)
    keeper = NeutralKeeper(store, "", automatic=True)
    show(keeper, make_face(smile=0.1))
    keeper.ask()
    chosen = keeper.choose("Ada")
    np.testing.assert_array_equal(chosen.face, known.face)
    assert (keeper.origin, keeper.sureness, keeper.running) == ("loaded", 1.0, False)
    # What was known of the face before is not written over hers.
    assert not show(keeper, make_face(smile=0.1))
    assert keeper.save() == ""


@pytest.mark.parametrize("other", ["", "Bert"])
def test_a_loaded_face_is_not_taken_for_another_s(store, make_face, other):
    store.save("Ada", NeutralFace(np.array(REFERENCE), make_face().pose, 640, 480))
    keeper = NeutralKeeper(store, "Ada", automatic=True)
    keeper.load()
    show(keeper, make_face())
    assert keeper.choose(other) is None
    assert keeper.save() == ""
    assert {origin for _, origin in show(keeper, make_face(), 3.0)} == {"estimated"}
    assert bool(keeper.save()) == bool(other)


def test_a_damaged_file_of_the_chosen_is_told_and_replaced(store, make_face):
    store.path("Ada").write_bytes(b"damaged")
    keeper = NeutralKeeper(store, "", automatic=True)
    show(keeper, make_face(), 1.0)
    with pytest.raises(PersonError, match=r"Ada\.npz"):
        keeper.choose("Ada")
    show(keeper, make_face(), 3.0)
    assert keeper.save()
    assert store.load("Ada") is not None


def test_what_was_calibrated_replaces_a_damaged_file_of_the_chosen(store, make_face):
    store.path("Ada").write_bytes(b"damaged")
    keeper = NeutralKeeper(store, "", automatic=True)
    keeper.ask()
    show(keeper, make_face())
    with pytest.raises(PersonError, match=r"Ada\.npz"):
        keeper.choose("Ada")
    assert keeper.save().endswith("Ada.npz")
    assert store.load("Ada") is not None


def test_a_given_neutral_face_stays_that_of_everyone(store, make_face):
    given = NeutralFace(np.array(REFERENCE), make_face().pose, 640, 480)
    keeper = NeutralKeeper(store, "", automatic=True)
    keeper.load(given)
    show(keeper, make_face())
    assert keeper.choose("Ada") is None
    assert keeper.save() == ""
    assert keeper.origin == "given"
