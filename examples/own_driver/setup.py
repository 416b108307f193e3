# SPDX-License-Identifier: Apache-2.0
"""Build and install own_driver."""

from setuptools import find_packages, setup

NAME = "own_driver"

setup(
    name=NAME,
    version="0.1.0",
    description="Example: a motor driver for X2C in a package of its own.",
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
    zip_safe=False,
    entry_points={
        # The name is what robot.yaml says: "type: line_bus".
        "x2c.motor_drivers": ["line_bus = own_driver.line_bus:LineBusDriver"],
        "x2c.motor_emulators": ["line_bus = own_driver.emulator:LineBus"],
    },
)
