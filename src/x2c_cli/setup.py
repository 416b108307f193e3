# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_cli."""

from setuptools import find_packages, setup

NAME = "x2c_cli"

setup(
    name=NAME,
    version="0.2.0",
    description="The x2c command: imitation, motors, data sets, networks, evaluation and checks.",
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
            "x2c = x2c_cli.cli:main",
        ],
    },
)
