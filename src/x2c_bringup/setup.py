# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_bringup."""

from pathlib import Path

from setuptools import find_packages, setup

NAME = "x2c_bringup"


def tree(folder: str) -> list[tuple[str, list[str]]]:
    """Install a folder, subfolders included, below this package's share."""
    installed: dict[str, list[str]] = {}
    for path in sorted(Path(folder).glob("**/*")):
        if path.is_file() and "__pycache__" not in path.parts:
            installed.setdefault(f"share/{NAME}/{path.parent}", []).append(str(path))
    return list(installed.items())


setup(
    name=NAME,
    version="0.2.0",
    description="Launch files, configuration, robots, and the graph of nodes in one process.",
    maintainer="X2C maintainers",
    maintainer_email="maintainers@x2c.example.org",
    license="Apache-2.0",
    packages=find_packages(exclude=["test"]),
    package_data={NAME: ["py.typed", "page/data/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        # Tells where robot folders are; any package may register its own the same way.
        ("share/ament_index/resource_index/x2c_robots", [f"resource/x2c_robots/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        *tree("launch"),
        *tree("config"),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "actuation_with_mixer = x2c_bringup.run.shared_process:actuation_with_mixer",
            "perception = x2c_bringup.run.shared_process:perception",
            "x2c = x2c_bringup.moved:x2c",
        ],
    },
)
