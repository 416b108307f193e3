# SPDX-License-Identifier: Apache-2.0
"""Build and install own_backend."""

from setuptools import setup

NAME = "own_backend"

setup(
    name=NAME,
    version="0.1.0",
    description="Example of an imitation backend: opens the robot's mouth as the person does.",
    license="Apache-2.0",
    packages=[NAME],
    package_data={NAME: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    entry_points={
        # Name of the backend for the user, and its class.
        "x2c.imitation_backends": ["mouth_only = own_backend.mouth_only:MouthOnly"],
    },
)
