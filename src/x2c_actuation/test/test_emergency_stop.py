# SPDX-License-Identifier: Apache-2.0
"""Who releases the stop, where rclpy tells who has published and where it does not (Jazzy)."""

from types import SimpleNamespace

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool

from x2c_actuation.safety.emergency_stop import EmergencyStop

QUALITY = QoSProfile(
    depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE
)


class Stage:
    """Stands for a node, and for the publishers that it would see."""

    def __init__(self, told, quality=QUALITY, shared=""):
        self.told = told
        self.quality = quality
        self.asked_for = []
        self.warnings = []
        self.there = []
        self.hear = {}
        mismatches = SimpleNamespace(callbacks=lambda topic, quality: None)
        self.stop = EmergencyStop(self, lambda who: None, shared, mismatches)

    def create_subscription(self, message_type, topic, callback, profile, event_callbacks):
        self.hear[topic] = callback
        self.asked_for.append((profile.reliability, profile.durability))

    def create_timer(self, period, callback, clock):
        pass

    def resolve_topic_name(self, name):
        return name if name.startswith("/") else f"/left/{name}"

    def get_logger(self):
        return SimpleNamespace(warning=lambda text, **how: self.warnings.append(text))

    def count_publishers(self, topic):
        return len(self.there)

    def get_publishers_info_by_topic(self, topic):
        return [
            SimpleNamespace(
                endpoint_gid=gid,
                qos_profile=self.quality,
                node_name="panel",
                node_namespace="/",
            )
            for gid in self.there
        ]

    def publish(self, publisher, asserted, topic="/left/estop"):
        info = {"source_timestamp": 0, "received_timestamp": 0}
        if self.told:
            info["publisher_gid"] = {"implementation_identifier": "", "data": publisher}
        self.hear[topic](Bool(data=asserted), info)


BUTTON, WATCHDOG = b"b" * 16, b"w" * 16


@pytest.mark.parametrize("told", [True, False])
def test_what_one_asserts_another_does_not_release(told):
    stage = Stage(told)
    stage.there = [BUTTON, WATCHDOG]
    stage.publish(WATCHDOG, False)
    stage.publish(BUTTON, True)
    stage.publish(WATCHDOG, False)
    assert stage.stop.asserted
    stage.stop.forget_the_gone()
    assert stage.stop.names == ("/left/estop (/panel)" if told else "/left/estop")


@pytest.mark.parametrize("told", [True, False])
def test_the_only_publisher_releases_what_it_asserted(told):
    stage = Stage(told)
    stage.there = [BUTTON]
    stage.publish(BUTTON, True)
    assert stage.stop.asserted
    stage.publish(BUTTON, False)
    assert not stage.stop.asserted


def test_a_release_that_may_be_anybody_s_is_ignored_aloud_until_one_is_left():
    stage = Stage(told=False)
    stage.there = [BUTTON, WATCHDOG]
    stage.publish(WATCHDOG, False)
    assert stage.warnings == [], "nothing is asserted"
    stage.publish(BUTTON, True)
    stage.publish(BUTTON, False)
    assert stage.stop.asserted
    assert "release on /left/estop is ignored" in stage.warnings[0]
    stage.there = [BUTTON]
    stage.publish(BUTTON, False)
    assert not stage.stop.asserted


@pytest.mark.parametrize("told", [True, False])
def test_whoever_is_gone_has_released(told):
    stage = Stage(told)
    stage.there = [BUTTON]
    stage.publish(BUTTON, True)
    stage.there = []
    stage.stop.forget_the_gone()
    assert not stage.stop.asserted


@pytest.mark.parametrize("told", [True, False])
def test_a_press_by_the_service_is_released_by_the_service_alone(told):
    stage = Stage(told)
    stage.there = [BUTTON]
    stage.stop.set(True)
    stage.publish(BUTTON, False)
    stage.stop.forget_the_gone()
    assert stage.stop.names == "~/estop"
    stage.stop.set(False)
    assert not stage.stop.asserted


@pytest.mark.parametrize("reliability", list(ReliabilityPolicy))
@pytest.mark.parametrize("durability", list(DurabilityPolicy))
def test_every_publisher_is_asked_for_no_more_than_it_offers(reliability, durability):
    stage = Stage(
        told=True,
        quality=QoSProfile(depth=1, reliability=reliability, durability=durability),
    )
    stage.there = [BUTTON]
    stage.stop.look()
    stage.stop.look()
    everybody = (ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE)
    if reliability is not ReliabilityPolicy.RELIABLE:
        assert stage.asked_for == [everybody]
        return
    volatile = durability is DurabilityPolicy.VOLATILE
    latched = DurabilityPolicy.VOLATILE if volatile else DurabilityPolicy.TRANSIENT_LOCAL
    assert stage.asked_for == [everybody, (ReliabilityPolicy.RELIABLE, latched)]


def test_a_graph_that_cannot_be_read_releases_nothing(monkeypatch):
    stage = Stage(told=True)
    stage.there = [BUTTON]
    stage.publish(BUTTON, True)

    def fail(topic):
        raise ValueError("9 is not a valid DurabilityPolicy")

    monkeypatch.setattr(stage, "get_publishers_info_by_topic", fail)
    stage.stop.look()
    stage.stop.forget_the_gone()
    assert stage.stop.asserted


@pytest.mark.parametrize("told", [True, False])
def test_what_is_asserted_for_all_robots_is_not_released_by_the_robot_s_own_stop(told):
    stage = Stage(told, shared="/estop")
    stage.there = [BUTTON]
    stage.publish(BUTTON, True, "/estop")
    stage.publish(BUTTON, False, "/left/estop")
    assert stage.stop.names.startswith("/estop")
    stage.publish(BUTTON, False, "/estop")
    assert not stage.stop.asserted


def test_a_shared_stop_that_is_the_robot_s_own_is_heard_once():
    assert len(Stage(True, shared="/left/estop").asked_for) == 1
    assert len(Stage(True, shared="").asked_for) == 1
    assert len(Stage(True, shared="/estop").asked_for) == 2


def test_a_latched_press_for_all_robots_is_asked_for_on_that_topic():
    latched = QoSProfile(
        depth=1,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    )
    stage = Stage(True, latched, shared="/estop")
    stage.there = [BUTTON]
    stage.stop.look()
    asked = (ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL)
    assert stage.asked_for.count(asked) == 2


def test_where_publishers_cannot_be_read_every_quality_is_heard(monkeypatch):
    stage = Stage(told=True)

    def fail(topic):
        raise ValueError("invalid durability")

    monkeypatch.setattr(stage, "get_publishers_info_by_topic", fail)
    for _ in range(2):
        stage.stop.look()
    reliable, latched = DurabilityPolicy.VOLATILE, DurabilityPolicy.TRANSIENT_LOCAL
    assert set(stage.asked_for[1:]) == {
        (ReliabilityPolicy.RELIABLE, reliable),
        (ReliabilityPolicy.RELIABLE, latched),
    }
    assert len(stage.asked_for) == 3
