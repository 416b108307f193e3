# SPDX-License-Identifier: Apache-2.0
"""The live page's program without nodes: its start, and whom it passes wishes on to."""

import sys
import urllib.request

import pytest

from x2c_bringup.errors import PageError
from x2c_bringup.page.newest import Newest
from x2c_bringup.page.sliders import Sliders
from x2c_bringup.page.wishes import SliderMove, Wish
from x2c_cli.page.door import PageDoor
from x2c_cli.page.face_operator import FaceOperator
from x2c_cli.page.operator import PageOperator


class Recordings(list):
    """Recordings that were begun."""

    def start(self, folder, *words):
        self.append(words)


class Link:
    """Link to the nodes of a robot, if one is chosen."""

    def __init__(self, namespace):
        self._namespace = namespace

    def robot(self):
        if self._namespace is None:
            raise PageError("There are several robots")
        return self._namespace


@pytest.mark.parametrize(("namespace", "words"), [("", ()), ("/left", ("--namespace", "/left"))])
def test_a_recording_is_of_the_robot_that_the_page_shows(namespace, words):
    begun = Recordings()
    PageOperator(Link(namespace), begun, ["--image-topic", "image"]).do(Wish("record"))
    assert begun == [("--image-topic", "image", *words)]


def test_nothing_is_recorded_while_no_robot_is_chosen():
    begun = Recordings()
    with pytest.raises(PageError, match="several robots"):
        PageOperator(Link(None), begun, []).do(Wish("record"))
    assert begun == []


PROGRAM = """
import os, socket, sys
door = socket.socket(fileno=int(sys.argv[3]))
door.setblocking(True)
browser, _ = door.accept()
browser.recv(4096)
words = [*sys.argv[4:], os.environ["X2C_PAGE_TOKEN"]]
browser.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + " ".join(words).encode())
"""


@pytest.mark.process
def test_the_program_of_the_page_starts_with_the_first_browser_and_again(tmp_path):
    program = tmp_path / "page.py"
    program.write_text(PROGRAM)
    command = (sys.executable, str(program))
    with PageDoor(["--namespace", "left"], 0, command) as door:
        assert door._process is None
        for _ in range(2):
            with urllib.request.urlopen(door.url, timeout=60) as answer:
                # Not among the arguments, which every user of the machine can read.
                token = door.url.partition("?token=")[2]
                assert answer.read().decode() == f"--namespace left {token}"
    assert door._process.poll() is not None


def test_a_face_alone_has_sliders_and_nothing_else():
    watched = []

    class Face:
        watch = staticmethod(watched.append)

    sliders = Sliders(Newest())
    operator = FaceOperator(sliders, Face())
    operator.watch(True)
    operator.move(SliderMove(expressions={"smile": 1.0}))
    operator.watch(False)
    assert (watched, sliders.layer.empty) == ([True, False], False)
    operator.stop()
    assert sliders.layer.empty
    operator.move(SliderMove(expressions={"smile": 1.0}))
    operator.do(Wish("let go"))
    assert sliders.layer.empty
    with pytest.raises(PageError, match="only a face"):
        operator.do(Wish("enable"))
