# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_core."""

from setuptools import find_packages, setup

NAME = "x2c_core"

setup(
    name=NAME,
    version="0.2.0",
    description="Control space, face geometry, robot folders, files and images, without ROS.",
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
        "x2c.expression_sources": [
            "expression = x2c_core.sources.fixed_expression:FixedExpression",
            "table = x2c_core.sources.table_expression:TableExpression",
        ],
    },
)
