# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_imitation."""

from setuptools import find_packages, setup

NAME = "x2c_imitation"

setup(
    name=NAME,
    version="0.2.0",
    description="Imitators: from a tracked face to the 30 control values of a robot.",
    maintainer="X2C maintainers",
    maintainer_email="maintainers@x2c.example.org",
    license="Apache-2.0",
    packages=find_packages(exclude=["test"]),
    package_data={NAME: ["py.typed", "face_mixer/sources.yaml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "expression_source_node = x2c_imitation.expression_source_node:main",
            "face_mixer_node = x2c_imitation.face_mixer_node:main",
            "imitation_node = x2c_imitation.imitation_node:main",
        ],
        "x2c.imitation_backends": [
            "solver = x2c_imitation.solver.solver:Solver",
            "x2cnet = x2c_imitation.x2cnet.x2cnet:X2CNet",
        ],
        "x2c.motion_transfers": [
            (
                "liveportrait = x2c_imitation.x2cnet.liveportrait"
                ".liveportrait_transfer:LivePortraitTransfer"
            ),
            "warp = x2c_imitation.x2cnet.transfer.warp_transfer:WarpTransfer",
        ],
    },
)
