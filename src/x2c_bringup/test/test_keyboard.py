# SPDX-License-Identifier: Apache-2.0
"""Keys that operate a run."""

import pytest
from std_srvs.srv import SetBool, Trigger

from x2c_bringup.run import keyboard
from x2c_bringup.run.keyboard import press


class Operated:
    """Nodes that note what they are asked for, and answer as they are told."""

    def __init__(self, answers=()):
        self.asked = []
        self.stop = []
        self.answers = dict(answers)

    def ask(self, name, service, request):
        self.asked.append((name, service, getattr(request, "data", None)))
        if name not in self.answers:
            return None
        answer = self.answers[name]
        return answer() if callable(answer) else answer

    def publish_stop(self, asserted):
        self.stop.append(asserted)


def test_space_stops_by_topic_and_by_service():
    operated = Operated({"actuation_node": SetBool.Response(success=True, message="stopped")})
    assert press(" ", operated) == "stop: stopped"
    assert operated.stop == [True]
    assert operated.asked == [("actuation_node", "~/estop", True)]


def test_a_reset_releases_first_and_waits_until_that_is_heard(monkeypatch):
    monkeypatch.setattr(keyboard, "_POLL", 0.0)
    tries = iter([False, False, True])

    def answer():
        done = next(tries, True)
        return Trigger.Response(success=done, message="reset" if done else "still asserted")

    operated = Operated({"actuation_node": SetBool.Response(success=True)})
    operated.answers["motor_driver_node"] = answer
    assert press("r", operated) == "reset: done, reset"
    assert operated.stop == [False]
    assert [one[:2] for one in operated.asked].count(("motor_driver_node", "~/reset")) == 3


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("e", ("actuation_node", "~/enable", True)),
        ("N", ("actuation_node", "~/neutral", None)),
        ("c", ("face_tracker_node", "~/calibrate_neutral", None)),
    ],
)
def test_other_keys_ask_one_node(key, asked):
    operated = Operated()
    assert press(key, operated).endswith("the node is not ready")
    assert operated.asked == [asked]


def test_other_keys_have_no_meaning():
    operated = Operated()
    assert press("x", operated) == ""
    assert not operated.asked
    assert not operated.stop
