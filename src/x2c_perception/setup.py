# SPDX-License-Identifier: Apache-2.0
"""Build and install x2c_perception."""

from setuptools import find_packages, setup

NAME = "x2c_perception"

setup(
    name=NAME,
    version="0.2.0",
    description="Camera sources and the face tracker: from images to landmarks and head pose.",
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
        "x2c.camera_sources": [
            "image = x2c_perception.cameras.image_files:StillImage",
            "image_sequence = x2c_perception.cameras.image_files:ImageSequence",
            "performer = x2c_perception.cameras.video.performer_video_source:PerformerVideo",
            "video = x2c_perception.cameras.video.video_file:VideoFile",
            "video_device = x2c_perception.cameras.video_device:VideoDevice",
        ],
        "console_scripts": [
            "camera_node = x2c_perception.camera_node:main",
            "face_frames_node = x2c_perception.face_frames_node:main",
            "face_tracker_node = x2c_perception.face_tracker_node:main",
            "humans_node = x2c_perception.humans_node:main",
        ],
    },
)
