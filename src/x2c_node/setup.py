# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_node."""

from setuptools import find_packages, setup

NAME = "x2c_node"

setup(
    name=NAME,
    version="0.2.0",
    description="Lifecycle, parameters, diagnostics, QoS and images, shared by the X2C nodes.",
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
