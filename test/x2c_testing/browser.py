# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, operated over its debugging pipe.

`browser` is a started one; tests that ask for it are skipped where there is no Chromium:

    def test_page(browser, wait_until):
        page = browser.open("http://127.0.0.1:8766/", width=390, height=844)
        wait_until(lambda: page.evaluate("document.title"), what="a title")
        page.press(" ", "Space")
        png = page.screenshot()
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    *("--headless=new", "--disable-gpu", "--no-first-run", "--no-default-browser-check"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio", "--remote-debugging-pipe"),
    # Tests run as root in containers, where its sandbox cannot be made; pages are our own.
    "--no-sandbox",
)


class Browser:
    """A running Chromium.

    Args:
        program: Path of the program.
        folder: Folder for its profile.
    """

    def __init__(self, program: str, folder: Path) -> None:
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()

        def place() -> None:
            # Chromium reads commands from 3 and writes answers to 4.
            first, second = os.dup(commands), os.dup(answers)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self._process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            close_fds=False,
            preexec_fn=place,
        )
        os.close(commands)
        os.close(answers)
        self._reading = os.fdopen(self._answers, "rb")
        self._rest = b""
        self._number = 0

    def ask(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def open(self, url: str, width: int = 1280, height: int = 900, dark: bool = False) -> Page:
        """Return a new page."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.ask("Emulation.setEmulatedMedia", features=[feature])
        page.ask("Page.enable")
        page.ask("Page.navigate", url=url)
        return page

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait(20)
        os.close(self._commands)
        self._reading.close()

    def _next(self) -> bytes:
        while b"\0" not in self._rest:
            more = self._reading.read1(1 << 16)
            assert more, "Chromium has ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return message


class Page:
    """A page of a browser.

    Args:
        browser: The browser.
        session: Session of the page.
    """

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        return self._browser.ask(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression; None while the page is being loaded."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value") if "exceptionDetails" not in answer else None

    def text(self, identifier: str) -> str:
        """Return the text of an element."""
        return str(self.evaluate(f"document.getElementById({identifier!r}).textContent") or "")

    def press(self, key: str, code: str) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=code, text=key[:1])

    def screenshot(self) -> bytes:
        """Return the whole page as PNG."""
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start a headless Chromium."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip(f"there is no Chromium: {', '.join(_NAMES)}")
    made = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()
