# SPDX-License-Identifier: Apache-2.0
"""Run `pip install` with the given arguments and say in one line how far it is.

pip's whole output goes to the log file named first. Runs with the interpreter to install into.
"""

import re
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

COLLECTED = re.compile(r"^(?:Collecting|Requirement already satisfied:) ([\w.-]+)")
ARCHIVE = re.compile(r"^\s*(?:Downloading|Processing|Using cached) (?:\S*/)?([\w.]+)-\d\S*")
BYTES = re.compile(r"^Progress (\d+) of (\d+)")
# pip 26.3 allows no import once it has begun, and itself imports this one late under Python 3.13:
# it failed where what was asked for is installed already.
PIP = (
    "import importlib.metadata._adapters, runpy; "
    "runpy.run_module('pip', run_name='__main__', alter_sys=True)"
)
INSTALLING = re.compile(r"^Installing collected packages: (.*)")


class Progress:
    """What pip's output lines tell about how far it is."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.current = "looking at the index"
        self.to_install = 0

    def read(self, line: str) -> None:
        """Take in one line of pip's output."""
        if match := INSTALLING.match(line):
            self.to_install = len(match[1].split(", "))
        elif match := BYTES.match(line):
            done, total = (int(size) / 1e6 for size in match.groups())
            name = self.current.split(" ")[0]
            self.current = f"{name} {done:.0f} of {total:.0f} MB" if total >= 1 else name
        elif match := COLLECTED.match(line) or ARCHIVE.match(line):
            name = match[1].replace("_", "-").lower()
            self.seen.add(name)
            self.current = name

    def status(self, installed: int) -> str:
        """Describe the progress, given how many packages were installed since the start."""
        if self.to_install:
            return f"installing {min(installed, self.to_install)} of {self.to_install} packages"
        return f"collecting {len(self.seen)} packages: {self.current}"


def installed_packages() -> int:
    """Count the packages in this interpreter's environment."""
    return len(list(Path(sysconfig.get_path("purelib")).glob("*.dist-info")))


def main(log_path: str, *arguments: str) -> int:
    """Install and return pip's exit status."""
    command = [sys.executable, "-c", PIP, "install", "--progress-bar", "raw", *arguments]
    live = sys.stderr.isatty()
    progress = Progress()
    before = installed_packages()
    started = time.monotonic()
    with (
        open(log_path, "w", encoding="utf-8") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as pip,
    ):

        def read_output() -> None:
            for line in pip.stdout or ():
                progress.read(line)
                if not BYTES.match(line):
                    log.write(line)

        reader = threading.Thread(target=read_output)
        reader.start()
        shown = started
        while pip.poll() is None:
            time.sleep(0.2)
            if not live and time.monotonic() - shown < 10:
                continue
            shown = time.monotonic()
            status = progress.status(installed_packages() - before)
            line = f"  {shown - started:3.0f} s  {status}"[:78]
            print(f"\r{line:78}" if live else line, end="" if live else "\n", file=sys.stderr)
            sys.stderr.flush()
        reader.join()
    if live:
        print(f"\r{'':78}\r", end="", file=sys.stderr)
    if pip.returncode:
        print(Path(log_path).read_text(encoding="utf-8")[-3000:], file=sys.stderr)
        print(f"error: pip failed; all of its output is in {log_path}", file=sys.stderr)
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
