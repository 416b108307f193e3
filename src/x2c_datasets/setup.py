# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_datasets."""

from setuptools import find_packages, setup

NAME = "x2c_datasets"

setup(
    name=NAME,
    version="0.2.0",
    description="Data sets of images with control values: formats, collection, export and fits.",
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
