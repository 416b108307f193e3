# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_bags."""

from setuptools import find_packages, setup

NAME = "x2c_bags"

setup(
    name=NAME,
    version="0.2.0",
    description="Recording, reading and replay of rosbag2 bags.",
    maintainer="X2C maintainers",
    maintainer_email="maintainers@x2c.example.org",
    license="Apache-2.0",
    packages=find_packages(exclude=["test"]),
    package_data={NAME: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "x2c.camera_sources": [
            "bag = x2c_bags.frames.bag_camera:BagCamera",
        ],
        "x2c.expression_sources": [
            "bag = x2c_bags.frames.bag_expression:BagExpression",
        ],
        "console_scripts": [
            "bag_player_node = x2c_bags.bag_player_node:main",
            "recorder_node = x2c_bags.recorder_node:main",
        ],
    },
)
