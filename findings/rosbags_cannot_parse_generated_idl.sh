#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# rosbags 0.11.9: get_types_from_idl refuses the .idl files that rosidl generates and bags embed.
#
# Valid input: std_msgs/msg/Header.idl as the package ros-std-msgs 5.5.1 installs it. It begins with
# an #include line, as each generated file with a nested type does.
# Seen: "with #include: TypesysError; without: 1 type(s)": without its preprocessor lines the same
# text is parsed.
#
# Why it matters to a robot's face: bags whose schemas are ros2idl (rosbag2 writes them for interfaces
# defined as IDL) cannot be decoded with the standard Python reader until those lines are taken out.
# Exits non-zero if the generated file is parsed as it is.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rosbags==0.11.9
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ros-std-msgs==5.5.1
"$folder/venv/bin/python" - "$folder/venv" <<'PY'
import sys
from pathlib import Path

from rosbags.typesys import get_types_from_idl

text = (Path(sys.argv[1]) / "share/std_msgs/msg/Header.idl").read_text()
try:
    whole = f"{len(get_types_from_idl(text))} types"
except Exception as error:
    whole = type(error).__name__
bare = "".join(line for line in text.splitlines(True) if not line.startswith("#"))
count = len(get_types_from_idl(bare))
print(f"with #include: {whole}; without: {count} type(s)")
raise SystemExit(0 if whole.endswith("Error") and count else "generated IDL is parsed now")
PY
