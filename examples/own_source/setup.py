# SPDX-License-Identifier: Apache-2.0
"""Build and install own_source."""

from setuptools import find_packages, setup

NAME = "own_source"

setup(
    name=NAME,
    version="0.1.0",
    description="Example: a camera source and an expression source for X2C.",
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
        # The name is what users write: "filename:=panning_image:photo.jpg".
        "x2c.camera_sources": ["panning_image = own_source.panning_image:PanningImage"],
        "x2c.expression_sources": ["blinking = own_source.blinking:Blinking"],
    },
)
