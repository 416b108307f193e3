# SPDX-License-Identifier: Apache-2.0
import pytest
from rclpy.qos import DurabilityPolicy, QoSCompatibility, ReliabilityPolicy, qos_check_compatible

from x2c_node import qos


@pytest.mark.parametrize("publisher", [qos.IMAGE_PUBLISHER, qos.NEWEST])
def test_our_image_subscriber_hears_every_publisher(publisher):
    for reliability in (ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT):
        publisher.reliability, before = reliability, publisher.reliability
        compatibility, _ = qos_check_compatible(publisher, qos.IMAGE_SUBSCRIBER)
        publisher.reliability = before
        assert compatibility != QoSCompatibility.ERROR


def test_whoever_wants_every_image_can_have_it():
    assert qos.IMAGE_PUBLISHER.reliability is ReliabilityPolicy.RELIABLE


def test_only_the_newest_image_waits_to_be_processed():
    assert qos.IMAGE_SUBSCRIBER.depth == 1


def test_latched_topics_are_told_to_whoever_comes_later():
    assert qos.LATCHED.durability is DurabilityPolicy.TRANSIENT_LOCAL
    assert qos.LATCHED.reliability is ReliabilityPolicy.RELIABLE
    compatibility, _ = qos_check_compatible(qos.LATCHED, qos.LATCHED)
    assert compatibility != QoSCompatibility.ERROR
