# SPDX-License-Identifier: Apache-2.0
"""Write docs/gallery: `python -m x2c_evaluation.gallery docs/gallery`."""

from __future__ import annotations

import argparse
from pathlib import Path

from x2c_evaluation.gallery.gallery import gallery_images, gallery_markdown
from x2c_evaluation.gallery.robot_card import robot_card
from x2c_node.robots import robot_folders


def main() -> None:
    """Write the Markdown page of the installed robots, with its images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder to write to")
    out = parser.parse_args().out
    cards = [robot_card(folder) for _, folder in sorted(robot_folders().items())]
    (out / "images").mkdir(parents=True, exist_ok=True)
    (out / "README.md").write_text(gallery_markdown(cards), encoding="utf-8")
    for name, data in gallery_images(cards).items():
        (out / name).write_bytes(data)


if __name__ == "__main__":
    main()
