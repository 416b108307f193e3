# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_training."""

from setuptools import find_packages, setup

NAME = "x2c_training"

setup(
    name=NAME,
    version="0.2.0",
    description="Training and evaluation of mapping networks on pairs of images and controls.",
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
)
