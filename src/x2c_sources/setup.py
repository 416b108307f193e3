# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_sources."""

from setuptools import find_packages, setup

NAME = "x2c_sources"

setup(
    name=NAME,
    version="0.2.0",
    description="Sources of expressions beside imitation: puppeteers, idle life and speech.",
    maintainer="X2C maintainers",
    maintainer_email="maintainers@x2c.example.org",
    license="Apache-2.0",
    packages=find_packages(exclude=["test"]),
    package_data={NAME: ["py.typed", "data/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "blendshape_node = x2c_sources.blendshape_node:main",
            "idle_node = x2c_sources.idle_node:main",
            "speech_node = x2c_sources.speech_node:main",
        ],
    },
)
