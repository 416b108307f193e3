# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_actuation."""

from setuptools import find_packages, setup

NAME = "x2c_actuation"

setup(
    name=NAME,
    version="0.2.0",
    description="From control values to safe joint commands: robot map, limits and safety.",
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
        "console_scripts": [
            "actuation_node = x2c_actuation.actuation_node:main",
            "motor_driver_node = x2c_actuation.moved:motor_driver_node",
        ],
    },
)
