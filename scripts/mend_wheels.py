# SPDX-License-Identifier: Apache-2.0
"""Point the CMake files of the ROS 2 wheels to this machine's Python and numpy headers.

The wheels name the include folders of the machine that built them, and CMake stops on folders that
do not exist. Runs with the virtual environment's interpreter; running it again changes nothing.
"""

import re
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

NUMPY = re.compile(r'(?<=[";])[^";]*/numpy/_?core/include(?=[";])')
PYTHON = re.compile(r'(?<=[";])[^";]*/include/python3\.\d+(?=[";])')


def mend_text(text: str, folders: Mapping[re.Pattern[str], str]) -> str:
    """Replace every include folder that a pattern names, inside quotes or lists, by its own."""
    for pattern, folder in folders.items():
        # Without doubling, a backslash would be an escape.
        text = pattern.sub(folder.replace("\\", r"\\"), text)
    return text


def mend(prefix: Path, folders: Mapping[re.Pattern[str], str]) -> list[Path]:
    """Mend the CMake files below prefix/share in place and return those that changed."""
    changed = []
    for path in sorted(prefix.glob("share/*/cmake/*.cmake")):
        text = path.read_text(encoding="utf-8")
        mended = mend_text(text, folders)
        if mended != text:
            partial = path.with_name(path.name + ".partial")
            partial.write_text(mended, encoding="utf-8")
            partial.replace(path)
            changed.append(path)
    return changed


def main() -> int:
    """Mend the environment of the running interpreter."""
    import numpy

    folders = {PYTHON: sysconfig.get_path("include"), NUMPY: numpy.get_include()}
    missing = [folder for folder in folders.values() if not Path(folder).is_dir()]
    if missing:
        print(f"error: no such include folder: {', '.join(missing)}", file=sys.stderr)
        return 1
    changed = mend(Path(sys.prefix), folders)
    print(f"{len(changed)} CMake files of the ROS 2 wheels mended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
